"""Whatever a client sends to any resource, it is told what is wrong: no failure of ours (contract 4.1)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from interfaces.rest.calling import CONSOLE
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.matching import PLACEHOLDER
from staffetta.interfaces.rest.openapi import paging_of
from staffetta.interfaces.rest.table import ENDPOINTS

NASTY = [
    None,
    "",
    "x",
    "\x00",
    "a\u0000b@example.com",
    "x" * 20_000,
    "ada@example.com",
    "\U0001f600\u202e",
    "'; DROP TABLE lists; --",
    "%_\\",
    True,
    0,
    -1,
    1.5,
    2**31 - 1,
    2**31,
    2**70,
    "9" * 30,
    "0001-01-01 00:00:00Z",
    "9999-12-31 23:59:59Z",
    [],
    {},
    [None],
    [[]],
    ["x"],
    [1],
    {"x": 1},
    [{"Id": 2**31 - 1, "Description": "x" * 1_000, "Value": "y\u0000"}],
]
IDS = ("1", "2147483647", "0", "x", "%00", "%E2%80%AE", "9" * 40, "1%20or%201=1")
QUERIES = (
    "",
    "0",
    "-1",
    "9" * 30,
    "\x00",
    "x" * 3_000,
    "'",
    "a==b",
    "Email=='\x00'",
    "idRecipient==" + "9" * 40,
    "((((",
    "Name.Contains('%')",
    "Id desc",
    "true",
    "[1,2,,x]",
    '"a@example.com"',
)
# What the documentation answers with 500, and a server that is told so.
DOCUMENTED = {"L9"}


def structs(type_: Any) -> Iterator[type[msgspec.Struct]]:
    """Return the struct of a body, or that of the items of an array."""
    for each in (type_, *getattr(type_, "__args__", ())):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            yield each


def bodies(endpoint: Endpoint) -> Iterator[Any]:
    yield from NASTY
    names = [name for struct in structs(endpoint.body) for name in struct.__struct_encode_fields__]
    for number, value in enumerate(NASTY):
        yield dict.fromkeys(names, value)
        for name in names[number % 9 :: 9]:
            yield {"Name": "Ada", "Email": f"ada{number}@example.com", name: value}


def urls(endpoint: Endpoint) -> Iterator[str]:
    path = f"{CONSOLE}{endpoint.path}"
    plain = PLACEHOLDER.sub("1", path)
    yield plain
    if PLACEHOLDER.search(path):
        yield from (PLACEHOLDER.sub(lambda _, value=value: value, path) for value in IDS)
    for parameter in (*endpoint.query, *paging_of(endpoint)):
        yield from (f"{plain}?{parameter.name}={quote(value)}" for value in QUERIES)


@pytest.mark.parametrize("subject", sorted({endpoint.id[0] for endpoint in ENDPOINTS}))
async def test_no_call_makes_a_failure_of_ours(rest, subject):
    calls: list[tuple[Endpoint, str, dict[str, Any]]] = []
    for endpoint in [each for each in ENDPOINTS if each.id[0] == subject]:
        calls += [(endpoint, url, {}) for url in urls(endpoint)]
        if endpoint.body is not None:
            url = next(urls(endpoint))
            calls += [(endpoint, url, {"content": msgspec.json.encode(body)}) for body in bodies(endpoint)]

    answers = [
        (endpoint, await rest.request(endpoint.method, url, **request), url, request)
        for endpoint, url, request in calls
    ]

    failed = [
        (endpoint.id, answer.status_code, url[:200], str(request)[:200])
        for endpoint, answer, url, request in answers
        if answer.status_code >= 500 and (endpoint.id not in DOCUMENTED or "our side" in answer.text)
    ]
    assert not failed
