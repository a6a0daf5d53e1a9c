"""Every error is an object that clients can read, and says nothing that it should not (contract 4.1)."""

from http import HTTPStatus
from xml.etree import ElementTree as ET

import pytest
from structlog.testing import capture_logs

from interfaces.rest.calling import Caller, caller
from interfaces.rest.small_table import ENDPOINTS
from staffetta.accounts import Account, AccountState, change_state
from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Refusal, ResourceExhausted
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.rest.errors import NAMES, STATUSES, TooManyCalls, error_object, error_of

EXPIRED = "Authorization error: Access token is expired"
TERMS = "Authorization error: Contract not signed, please login in console and accept terms of service."
FAILURE = "The platform could not do it; the failure is on our side and has been recorded."


@pytest.fixture
def small(unlimited: Platform, account: Account) -> Caller:
    """Calls of the small table."""
    return caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))


@pytest.mark.parametrize(
    ("number", "status", "name", "text", "stack"),
    [
        (1, 400, "BadRequest", "Name: at most 50 characters.", None),
        (2, 403, "Forbidden", "list 2 is not visible to this user", None),
        (3, 404, "NotFound", "there is no list 3", None),
        (4, 400, "BadRequest", "the list sends at this moment", None),
        (5, 429, None, "no room", None),
        (6, 403, "Forbidden", "Missing If-Match header.", None),
        (7, 403, "Forbidden", "Missing If-Match header.", ""),
        (8, 412, "PreconditionFailed", "Invalid [EmailAddress] from If-Match header field.", ""),
        (9, 500, "InternalServerError", "The sender data is empty.", None),
        (10, 503, "ServiceUnavailable", "The platform cannot do it at the moment; try again.", None),
        (11, 500, "InternalServerError", FAILURE, None),
    ],
)
async def test_a_refusal_is_told_by_its_status_and_an_object(small, number, status, name, text, stack):  # noqa: PLR0917 - a table
    answer = await small.get(f"Console/Refusal/{number}")

    assert answer.status_code == status
    assert list(answer.json().items()) == [
        ("ErrorCode", str(status)),
        ("ErrorDescription", text),
        ("ErrorName", name),
        ("ErrorStack", stack),
    ]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["Console/Refusal/1", "Console/Refusal/5", "Console/Refusal/11", "Console/Nothing"])
async def test_an_error_is_xml_for_who_asks_for_xml(small, path):
    answer = await small.get(path, headers={"Accept": "text/xml"})

    root = ET.fromstring(answer.text)
    assert [child.tag.partition("}")[2] for child in root] == [
        "ErrorCode",
        "ErrorDescription",
        "ErrorName",
        "ErrorStack",
    ]
    assert root[0].text == str(answer.status_code)


@pytest.mark.parametrize("family", [InvalidArgument, PermissionDenied, NotFound, FailedPrecondition, ResourceExhausted])
def test_every_family_has_a_status_and_every_status_a_name(family):
    status, error = error_of(family("why"))

    assert error == error_object(status, "why")
    assert {status for _, status in STATUSES} <= set(NAMES)
    assert STATUSES[-1] == (Refusal, HTTPStatus.BAD_REQUEST)


def test_too_many_calls_are_told_as_documented():
    status, error = error_of(TooManyCalls(most=5, actual=10))

    assert status == 429
    assert error.ErrorDescription == (
        "Authorization error (too_many_requests): Too many requests. Max:5 calls per second , actual:10."
    )


async def test_a_fault_of_ours_is_recorded_without_what_the_caller_sent(small):
    with capture_logs() as logs:
        await small.get("Console/Refusal/11")

    (entry,) = [log for log in logs if log["event"] == "a call failed"]
    assert (entry["error"], entry["endpoint"], entry["account"]) == ("ZeroDivisionError", "T9", small.account.id)
    assert "ada@example.com" not in str(entry)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer unknown",
        "Bearer " + "x" * 10_000,
        "Basic dXNlcjpwYXNz",
        "unknown",
        "Bearer \xe9\xff",
        "Bearer a b",
    ],
)
async def test_without_a_good_token_there_is_401_that_a_browser_can_see(small, authorization):
    answer = await small.get("Console/List/7", headers={"Authorization": authorization.encode("latin-1")})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["ErrorDescription"] == EXPIRED
    assert answer.json()["ErrorName"] == "Unauthorized"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "MailUp", "Bearer  "])
async def test_the_token_may_have_a_scheme_in_any_letter_case(small, scheme):
    answer = await small.get("Console/List/7", headers={"Authorization": f"{scheme} {small.token}"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (AccountState.TERMS_NOT_ACCEPTED, TERMS),
        (AccountState.SUSPENDED, "Authorization error: the account is suspended."),
        (AccountState.EXPIRED, "Authorization error: the account is expired."),
        (AccountState.INACTIVE, "Authorization error: the account is inactive."),
    ],
)
async def test_an_account_that_is_closed_may_not_call(small, database, state, text):
    before = await small.get("Console/List/7")
    with database.transaction(small.account.id) as tx:
        change_state(tx, state)

    answer = await small.get("Console/List/7")

    assert before.status_code == 200
    assert answer.status_code == 403
    assert answer.json()["ErrorDescription"] == text


async def test_a_token_is_good_for_its_own_account_only(small, unlimited, other_account):
    other = caller(unlimited, other_account, application=small.application)

    mine, theirs = await small.get("Console/Who"), await other.get("Console/Who")

    assert mine.json()[0] == str(small.account.id)
    assert theirs.json()[0] == str(other.account.id)
