"""The reference page of the form pages says what the code does."""

import ast
import inspect
import re
import shlex
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qsl

import pytest

from interfaces.frontend.calls import Site, location_of
from interfaces.frontend.test_codes import CAUSES
from staffetta.interfaces import parameters
from staffetta.interfaces.frontend import LANDING, codes, form_page, pages, requests, xml_pages
from staffetta.lists import Page
from staffetta.recipients import signing_up
from staffetta.settings import Settings

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "form-pages.md"
TEXT = REFERENCE.read_text("utf-8")
SECTIONS = {
    head.strip(): body
    for head, _, body in (section.partition("\n") for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:])
}
NOT_REGISTERED = -1011


def rows(section: str, first: str) -> list[list[str]]:
    """Return the rows of a section's table whose first column is called so."""
    table = SECTIONS[section].partition(f"| {first} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("page", CAUSES)
def test_the_codes_of_a_page_are_those_that_it_answers(page):
    documented = [int(quoted(row[0])[0]) for row in rows(page, "code")]

    assert sorted(documented) == sorted({code for code, _ in CAUSES[page].values()} | {NOT_REGISTERED})


def test_every_code_there_is_has_a_row():
    documented = {int(quoted(row[0])[0]) for page in CAUSES for row in rows(page, "code")}

    assert {int(code) for code in codes.Code} <= documented <= set(codes.BODIES)


def test_every_page_has_its_names():
    overview = TEXT.partition("\n## ")[0]
    named = {name.lower() for name in quoted(overview) if name.endswith(".aspx")}

    assert named == set(pages.FrontEnd.names)


def strings(*modules: ModuleType) -> set[str]:
    """Return the texts that the code of some modules holds."""
    trees = [ast.parse(inspect.getsource(module)) for module in modules]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def asked_for() -> set[str]:
    """Return the parameters that the code reads by their names."""
    sources = "".join(inspect.getsource(module) for module in (codes, pages, requests, form_page, xml_pages))
    return set(re.findall(r'\.(?:first|get)\("(\w+)"\)', sources)) | {"sms", "number"}


def test_the_parameters_are_those_that_the_code_reads():
    sections = ("subscribe.aspx", "xmlSubscribe.aspx", "xmlChkSubscriber.aspx", "xmlUpdSubscriber.aspx")
    documented = {name.lower() for section in sections for row in rows(section, "parameter") for name in quoted(row[0])}

    numbered = {name for name in documented if name.startswith("campo")}
    assert documented - numbered == asked_for()
    assert documented - numbered <= strings(codes, pages, requests, form_page, xml_pages)
    assert numbered == {"campo1", "campo2"}


def test_the_landing_pages_are_those_of_a_sign_up():
    documented = [quoted(row[0])[0] for row in rows("subscribe.aspx", "page")]

    assert documented == [
        LANDING + page for page in (Page.PENDING, Page.SUBSCRIBED, Page.ALREADY, Page.INVALID, Page.ERROR)
    ]


def test_the_limits_are_those_in_force():
    defaults = Settings()
    numbers = [
        [int(digits.replace(",", "")) for digits in re.findall(r"\d[\d,]*", row[1])] for row in rows("Limits", "limit")
    ]

    assert numbers == [
        [defaults.subscribe_per_minute, defaults.subscribe_per_hour, defaults.subscribe_per_day],
        [defaults.confirmation_interval_minutes],
        [defaults.confirmations_per_day],
        [defaults.confirmations_per_network_per_hour],
        [defaults.body_octets],
        [parameters.MOST_PAIRS],
        [parameters.MOST_IDS],
        [signing_up.LONGEST_VALUE],
    ]


async def curl(site: Site, line: str) -> str:
    """Do what a command line of the page does; return what a person would see."""
    words = iter(shlex.split(line.removeprefix("$ curl ")))
    url, request, shows_address = "", {"method": "GET"}, False
    for word in words:
        if word == "-d":
            request = {"method": "POST", "data": dict(parse_qsl(next(words)))}
        elif word == "-F":
            name, _, value = next(words).partition("=")
            request = {"method": "POST", "files": {**request.get("files", {}), name: (None, value)}}
        elif word == "-w":
            shows_address = next(words) == "%{redirect_url}"
        else:
            url = word
    response = await site.request(page=url.removeprefix(f"http://{site.account.host}"), **request)
    return location_of(response) if shows_address else response.text.strip()


async def test_the_examples_answer_what_they_say(site: Site):
    block = SECTIONS["Examples"].partition("```console\n")[2].partition("```")[0]
    lines = block.replace("HOST", site.account.host).replace("GUID", site.mailing_list().guid).splitlines()

    answers = [await curl(site, line) for line in lines[::2]]

    assert answers == lines[1::2]
    assert site.groups("ada@example.com") == {1, 3}
