"""Every wire case is answered as it says, and every resource has a case."""

import re

import pytest

from staffetta.interfaces.rest.matching import PLACEHOLDER, spellings
from staffetta.interfaces.rest.table import ENDPOINTS
from wire.cases import BASE, read_cases, target_of
from wire.playing import play

CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_answer_is_that_of_the_case(whole, known, case):
    await play(whole, case, known)


def test_every_case_has_a_name_of_its_own_and_a_source():
    names = [str(case) for case in CASES]

    assert len(set(names)) == len(names)
    assert [str(case) for case in CASES if not case.source] == []


def test_every_spelling_of_every_resource_has_a_case():
    asked = {tuple(step.request.split("?")[0].split(" ")) for case in CASES for step in case.steps}
    asked_paths = [(method, target_of(target)) for method, target in asked]

    missing = [
        f"{endpoint.id}: {method} {path}"
        for endpoint in ENDPOINTS
        for method, path in spellings(endpoint)
        if not any(method == verb and shape(endpoint.root, path).fullmatch(target) for verb, target in asked_paths)
    ]

    assert missing == []


def shape(root: str, path: str) -> re.Pattern[str]:
    """Return what a request for a resource looks like."""
    return re.compile(f"{BASE}{root}/" + PLACEHOLDER.sub("[^/]+", path))
