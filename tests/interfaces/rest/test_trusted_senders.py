"""Trusted senders over REST: the seed's samples, from the request to the block."""

import re
from dataclasses import replace

import pytest

from interfaces.rest.calling import caller
from interfaces.rest.neighbours import make_neighbour
from staffetta.outbox import DeliveryState, in_state
from staffetta.senders import SenderState, block, confirm_sender, get_sender
from trying import NOON

MEMBERS = [
    "AuthorizationDate",
    "CreationDate",
    "EmailAddress",
    "IdTrustedSender",
    "StatusCode",
    "StatusDescription",
    "UpdateDate",
]
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")
JANE = "jane@example.com"


@pytest.fixture
def run(database, account):
    """Operations of the account."""

    def run_one(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run_one


@pytest.fixture
async def jane(rest):
    """An address that was asked about."""
    return (await rest.post("Console/TrustedSenders", json={"Email": JANE})).json()


async def test_an_address_is_asked_for_and_the_sender_is_woken(unlimited, account, run):
    woken = []
    rest = caller(replace(unlimited, wake_sender=lambda: woken.append(True)), account)

    asked = await rest.post("Console/TrustedSenders", json={"Email": " Jane@Example.com"})

    answer = asked.json()
    assert (asked.status_code, list(answer)) == (200, MEMBERS)
    assert (answer["EmailAddress"], answer["AuthorizationDate"]) == (JANE, "")
    assert (answer["StatusCode"], answer["StatusDescription"]) == (0, "Not confirmed (status: NotConfirmed)")
    assert re.fullmatch("[A-Za-z0-9]{16}", answer["IdTrustedSender"])
    assert DATE.fullmatch(answer["CreationDate"])
    assert answer["UpdateDate"] == answer["CreationDate"]
    assert woken == [True]
    [mail] = run(in_state, DeliveryState.PLANNED, most=9)
    assert (mail.kind, mail.address) == ("sender_verification", JANE)


async def test_a_repeat_begins_anew_under_the_same_id(rest, run, jane):
    run(confirm_sender, jane["IdTrustedSender"], now=NOON)

    again = (await rest.post("Console/TrustedSenders", json={"Email": JANE})).json()

    assert (again["IdTrustedSender"], again["StatusCode"]) == (jane["IdTrustedSender"], 0)
    assert again["AuthorizationDate"] == ""
    assert len(run(in_state, DeliveryState.PLANNED, most=9)) == 1


@pytest.mark.parametrize("body", [{}, {"Email": None}, {"Email": ""}, {"Email": "nobody"}, [], None])
async def test_what_is_no_address_is_refused(rest, body):
    refused = await rest.post("Console/TrustedSenders", json=body)

    assert (refused.status_code, refused.json()["ErrorName"]) == (400, "BadRequest")


async def test_a_confirmed_address_shows_when_it_was(rest, run, jane):
    run(confirm_sender, jane["IdTrustedSender"], now=NOON)

    shown = (await rest.get(f"Console/TrustedSenders/{jane['IdTrustedSender']}")).json()

    assert (shown["StatusCode"], shown["StatusDescription"]) == (1, "Confirmed (status: Confirmed)")
    assert (shown["AuthorizationDate"], shown["UpdateDate"]) == ("2026-06-01 12:00:00Z", "2026-06-01 12:00:00Z")


async def test_senders_are_listed_filtered_and_ordered(rest, jane):
    await rest.post("Console/TrustedSenders", json={"Email": "mike@example.com"})

    page = (await rest.get("Console/TrustedSenders")).json()
    found = await rest.get("Console/TrustedSenders?filterby=\"EmailAddress=='JANE@example.com'\"")
    upward = await rest.get("Console/TrustedSenders?orderby=EmailAddress+asc")

    assert page["TotalElementsCount"] == 2
    assert {each["EmailAddress"] for each in page["Items"]} == {JANE, "mike@example.com"}
    assert found.json()["Items"] == [jane]
    assert [each["EmailAddress"] for each in upward.json()["Items"]] == [JANE, "mike@example.com"]


async def test_there_may_be_no_senders(rest):
    page = (await rest.get("Console/TrustedSenders")).json()

    assert (page["Items"], page["TotalElementsCount"], page["PageSize"]) == ([], 0, 20)


@pytest.mark.parametrize("spelling", ["jane@example.com", '"JANE@example.com"'])
async def test_a_sender_is_disabled_by_who_knows_its_address(rest, run, jane, spelling):
    path = f"Console/TrustedSenders/{jane['IdTrustedSender']}"

    blocked = await rest.delete(path, headers={"If-Match": spelling})

    answer = blocked.json()
    assert (blocked.status_code, list(answer)) == (200, MEMBERS)
    assert (answer["StatusCode"], answer["StatusDescription"]) == (2, "Blocked (status: Blocked)")
    assert (answer["AuthorizationDate"], answer["CreationDate"]) == ("", jane["CreationDate"])
    assert run(get_sender, jane["IdTrustedSender"]).state == SenderState.BLOCKED
    refused = await rest.post("Console/TrustedSenders", json={"Email": JANE})
    assert (refused.status_code, refused.json()["ErrorName"]) == (403, "Forbidden")


async def test_the_seeds_words_refuse_another_address(rest, run, jane):
    path = f"Console/TrustedSenders/{jane['IdTrustedSender']}"

    missing = await rest.delete(path)
    others = [await rest.delete(path, headers={"If-Match": value}) for value in ("mike@example.com", "nobody", "*")]

    assert missing.status_code == 403
    assert missing.json() == {
        "ErrorCode": "403",
        "ErrorDescription": "Missing If-Match header.",
        "ErrorName": "Forbidden",
        "ErrorStack": "",
    }
    for other in others:
        assert other.status_code == 412
        assert other.json() == {
            "ErrorCode": "412",
            "ErrorDescription": "Invalid [EmailAddress] from If-Match header field.",
            "ErrorName": "PreconditionFailed",
            "ErrorStack": "",
        }
    assert run(get_sender, jane["IdTrustedSender"]).state == SenderState.NOT_CONFIRMED


async def test_an_address_beyond_ascii_is_known_by_its_utf_8(rest):
    asked = (await rest.post("Console/TrustedSenders", json={"Email": "è@esempio.example"})).json()

    path = f"Console/TrustedSenders/{asked['IdTrustedSender']}"
    blocked = await rest.delete(path, headers={"If-Match": "è@esempio.example".encode()})

    assert blocked.json()["StatusCode"] == 2


async def test_a_sender_of_another_account_is_not_found(rest, rest_of, account, database, jane):
    stranger = make_neighbour(database, account)
    theirs = (await rest_of(stranger).post("Console/TrustedSenders", json={"Email": JANE})).json()

    path = f"Console/TrustedSenders/{theirs['IdTrustedSender']}"
    answers = [await rest.get(path), await rest.delete(path, headers={"If-Match": JANE})]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await rest.get("Console/TrustedSenders")).json()["Items"] == [jane]
    with database.transaction(stranger.id) as tx:
        assert get_sender(tx, theirs["IdTrustedSender"]).state == SenderState.NOT_CONFIRMED
        block(tx, theirs["IdTrustedSender"], now=NOON)
