"""What no client would send: calls made from our OpenAPI document, and bodies and filters that are meant to hurt."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from interfaces.rest.calling import CONSOLE, IP, Caller, token_of
from interfaces.rest.house import House, make_house
from provisioning.asking import register
from staffetta.accounts import Account
from staffetta.db import Database
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.rest.endpoints import By, Endpoint
from staffetta.interfaces.rest.matching import BASE
from staffetta.interfaces.rest.openapi import openapi_of
from staffetta.interfaces.rest.table import ENDPOINTS
from wire.playing import Answered, exchange

SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi_of(ENDPOINTS)))
OPERATIONS = {each.ok().definition.raw["operationId"]: each.ok() for each in SCHEMA.get_all_operations()}
CALLS = settings(
    max_examples=8,  # of what is allowed, and as many of what is not
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# What the documentation answers with 500, and a server that is told so.
DOCUMENTED = {"L9"}
ERROR = {"ErrorCode", "ErrorDescription", "ErrorName", "ErrorStack"}

LONGEST_REFUSAL = 2_000

DEEP = 10_000
MEGABYTE = b"x" * 1_048_576
MEGABYTES = 50
# Ours is done in a fraction of a second; this tells slow from endless on a slow machine, no more.
SECONDS = 30.0
HOSTILE = {
    "not JSON": b"%PDF-1.7",
    "half of JSON": b'{"Email":"ada@example.com"',
    "octets": bytes(range(256)) * 4,
    "a deep array": b"[" * DEEP,
    "a deep array that ends": b"[" * DEEP + b"]" * DEEP,
    "a deep object": b'{"Fields":' * DEEP,
    "a deep object that ends": b'{"Fields":' * DEEP + b"1" + b"}" * DEEP,
    "deep under a known member": b'{"Email":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep XML": b"<a>" * DEEP,
    "deep XML that ends": b"<a>" * DEEP + b"</a>" * DEEP,
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "a number of a million digits": b'{"idRecipient":' + b"9" * 1_000_000 + b"}",
    "a number beyond floats": b'{"idRecipient":1e999999}',
    "a text of a megabyte": b'{"Email":"' + MEGABYTE + b'"}',
    "a million commas": b"[" + b"," * 1_000_000 + b"]",
    "a hundred thousand members": b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}",
    "one member a hundred thousand times": b"{" + b",".join([b'"Email":"x"'] * 100_000) + b"}",
    "a form of a hundred thousand": b"&".join(b"%d=1" % n for n in range(100_000)),
    "lone surrogates": rb'{"Email":"\ud800@example.com","Name":"\udfff"}',
    "controls": b'{"Email":"a\x00b@example.com"}',
    "wrong types": b'{"Email":[1],"Name":{},"Fields":"x","idRecipient":[],"MobileNumber":true}',
}
BY_APPLICATIONS = {each.id for each in ENDPOINTS if each.by == By.APPLICATION}
BODIED = [each for each in ENDPOINTS if each.body is not None]
FILTERS = {
    "deep brackets": "(" * DEEP + "1==1" + ")" * DEEP,
    "deep brackets that do not end": "(" * DEEP,
    "deep nots": "!" * DEEP + "true",
    "deep minus": "idRecipient==" + "-" * DEEP + "1",
    "a long chain": "&&".join(["idRecipient==1"] * DEEP),
    "a long sum": "idRecipient==" + "+".join(["1"] * DEEP),
    "a long text": "Email=='" + "x" * 100_000 + "'",
    "deep calls": "Email" + ".Trim()" * DEEP,
    "SQL": "Email=='x' OR 1=1; DROP TABLE recipients; --'",
    "SQL in a name": "Email) OR (1=1",
    "quotes": "Email=='''''",
    "comments": "/**/1==1--",
    "a wildcard": "Email.Contains('%')",
    "underscores": "Email.StartsWith('_____')",
    "a backslash": "Email.EndsWith('\\')",
    "a null": "Email=='\x00'",
    "dunder": "Email.__class__.__mro__",
    "a column of ours": "account_id==1",
    "a table of ours": "recipients.account_id==1",
    "division by zero": "idRecipient/0==1",
    "a great number": "idRecipient==" + "9" * 5_000,
    "a great decimal": "idRecipient==1" + "0" * 400 + ".5",
    "a great product": "*".join(["idRecipient"] * 60) + "==1",
    "curly": "{{7*7}}${7*7}",
    "a path": "../../etc/passwd",
    "a script": "<script>alert(1)</script>",
}
# Whose body is a text, which need not stand in quotes.
TAKE_ANY_TEXT = {"M17", "M20D"}
PAGES = (
    "List/1/Recipients/Subscribed",
    "List/1/Recipients/EmailOptins",
    "Group/1/Recipients",
    "List/1/Groups",
    "Imports",
    "TrustedSenders",
    "List/1/Emails",
    "List/1/Tags",
    "List/1/Templates",
    "User/Emails",
)


@pytest.fixture
def house(database: Database, account: Account) -> House:
    return make_house(database, account)


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_what_the_document_allows_and_forbids_is_answered_as_it_says(
    unlimited: Platform, house: House, operation_id: str
):
    operation = OPERATIONS[operation_id]
    is_called_by_applications = operation_id in BY_APPLICATIONS
    credentials = basic_of(unlimited.database) if is_called_by_applications else bearer_of(unlimited.database, house)
    application = Rest(unlimited)

    with asyncio.Runner() as runner:

        def call(case: schemathesis.Case, *, reaches: bool) -> None:
            if reaches and case.path_parameters:
                case.path_parameters.update({name: house.ids[name] for name in case.path_parameters})
            sent = case.as_transport_kwargs(base_url=f"http://{house.account.host}{BASE}")
            prepared = requests.Request(**sent).prepare()
            prepared.headers.update({"Authorization": credentials, "If-Match": house.guid})
            answer = runner.run(send(application, prepared))
            case.validate_response(answer, checks=[content_type_conformance, response_schema_conformance])
            assert_no_fault(answer, operation_id)

        for mode in modes(operation):
            CALLS(given(case=operation.as_strategy(mode), reaches=st.booleans())(call))()


def called(endpoint: Endpoint, rest: Caller, house: House) -> tuple[str, dict[str, str]]:
    """Return where a resource is, and the credentials that it wants."""
    database = rest.application._platform.database
    is_called_by_applications = endpoint.by == By.APPLICATION
    credentials = basic_of(database) if is_called_by_applications else f"Bearer {rest.token}"
    return f"{BASE}/{endpoint.root}/{house.path(endpoint.path)}", {"Authorization": credentials}


def bearer_of(database: Database, house: House) -> str:
    return f"Bearer {token_of(database, house.account)}"


def basic_of(database: Database) -> str:
    with database.connection() as connection:
        new = register(connection)
    return "Basic " + b64encode(f"{new.application.client_id}:{new.client_secret}".encode()).decode()


def modes(operation: Any) -> list[GenerationMode]:
    """Return what can be made of an operation: where it takes nothing, there is nothing to get wrong."""
    takes_something = operation.body or any(True for _ in operation.iter_parameters())
    return list(GenerationMode) if takes_something else [GenerationMode.POSITIVE]


async def send(application: Any, prepared: requests.PreparedRequest) -> httpx.Response:
    transport = httpx.ASGITransport(application, client=(IP, 4711), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        answer = await client.request(
            prepared.method or "", prepared.url or "", headers=dict(prepared.headers), content=prepared.body
        )
        await answer.aread()
        return answer


def assert_no_fault(answer: httpx.Response, endpoint_id: str = "") -> None:
    """Check that a call was answered, or refused as all refusals are."""
    assert answer.headers["content-type"] in {
        "application/json; charset=utf-8",
        "application/javascript; charset=utf-8",
    }
    if answer.status_code == 200:
        return
    assert answer.status_code < 500 or endpoint_id in DOCUMENTED, answer.text
    error = answer.json()
    assert set(error) == ERROR
    assert error["ErrorCode"] == str(answer.status_code)
    assert error["ErrorDescription"]
    assert len(answer.content) < LONGEST_REFUSAL


@pytest.mark.parametrize("endpoint", BODIED, ids=lambda endpoint: endpoint.id)
async def test_hostile_bodies_are_refused_or_mean_nothing(rest: Caller, house: House, endpoint: Any):
    path, headers = called(endpoint, rest, house)

    async with asyncio.timeout(SECONDS):
        answers = {
            name: await rest.request(endpoint.method, path, content=body, headers=headers)
            for name, body in HOSTILE.items()
        }

    for name, answer in answers.items():
        assert_no_fault(answer, endpoint.id)
        if endpoint.id in TAKE_ANY_TEXT:
            continue
        if "JSON" in name or "deep array" in name or name == "octets":
            assert answer.status_code == 400, (name, answer.text)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
@pytest.mark.parametrize("endpoint", BODIED, ids=lambda endpoint: endpoint.id)
async def test_a_body_of_fifty_megabytes_is_refused_and_not_read(
    rest: Caller, house: House, endpoint: Any, *, announced: bool
):
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(MEGABYTES):
            taken += 1
            yield MEGABYTE

    path, headers = called(endpoint, rest, house)
    if announced:
        headers["Content-Length"] = str(MEGABYTES * len(MEGABYTE))
    async with asyncio.timeout(SECONDS):
        answer = await rest.request(endpoint.method, path, content=body(), headers=headers)

    assert (answer.status_code, answer.json()["ErrorName"]) == (400, "BadRequest")
    assert taken <= (1 if announced else 40)


@pytest.mark.parametrize("name", ["filterby", "orderby"])
@pytest.mark.parametrize("path", PAGES)
async def test_hostile_filters_and_orders_are_refused_or_find_nothing(rest: Caller, house: House, path: str, name: str):
    before = house.rows()

    async with asyncio.timeout(SECONDS):
        answers = {what: await ask(rest, f"{path}?PageSize=5&{name}={quote(text)}") for what, text in FILTERS.items()}

    for what, answer in answers.items():
        assert answer.status < 500, what
        assert answer.status == 200 or set(json.loads(answer.text)) == ERROR, what
        assert answer.status == 200 or len(answer.text) < LONGEST_REFUSAL, what
    refused = {what for what, answer in answers.items() if answer.status == 400}
    assert refused >= {"deep brackets", "deep nots", "SQL", "SQL in a name", "a column of ours", "dunder", "a script"}
    assert house.rows() == before


@pytest.mark.parametrize(
    "path",
    [
        "List/" + "9" * DEEP,
        "List/1/" + "Groups/" * DEEP,
        "TrustedSenders/" + "x" * DEEP,
        "TrustedSenders/%00",
        "TrustedSenders/%27%20OR%201=1--",
        "List/%31%27--/Groups",
        "../../../../etc/passwd",
        "List/%2e%2e/%2e%2e",
        "%F0%9F%92%A9",
        "%ff%fe",
    ],
)
async def test_hostile_paths_lead_nowhere(rest: Caller, path: str):
    answers = [await ask(rest, path, method) for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "X")]

    assert {answer.status for answer in answers} <= {404, 405}
    assert all(set(json.loads(answer.text)) == ERROR for answer in answers)


async def ask(caller: Caller, target: str, method: str = "GET") -> Answered:
    """Send a target that is longer or stranger than what clients can send."""
    headers = {"Host": caller.account.host, "Authorization": f"Bearer {caller.token}"}
    return await exchange(caller.application, method, f"{CONSOLE}Console/{target}", headers)
