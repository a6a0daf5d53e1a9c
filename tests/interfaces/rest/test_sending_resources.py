"""Sending messages over REST, as far as wire cases do not show it."""

import pytest
from sqlalchemy import bindparam, update

from campaigns.happened import sent
from recipients.people import ADA, EVIDENCE
from staffetta.campaigns import get_campaign_sending, get_message
from staffetta.db import Statement
from staffetta.kit.clock import utc_now
from staffetta.outbox import DeliveryState, SendingState
from staffetta.outbox.tables import sendings
from staffetta.recipients import Cause, suppress
from staffetta.senders import block, trust
from trying import NOON

MESSAGE = {"Subject": "Spring", "Content": "<p>Hello</p>"}
PATH = "Console/List/1/Email/1/Send"
BEGUN = Statement(
    update(sendings)
    .where(sendings.c.account_id == bindparam("account_id"), sendings.c.id == bindparam("of_id"))
    .values(begun_at=bindparam("at", type_=sendings.c.begun_at.type))
)

ENDED = Statement(
    update(sendings)
    .where(sendings.c.account_id == bindparam("account_id"), sendings.c.id == bindparam("of_id"))
    .values(
        state=bindparam("state", type_=sendings.c.state.type), ended_at=bindparam("at", type_=sendings.c.ended_at.type)
    )
)


@pytest.fixture
async def written(rest):
    """Message 1 of list 1, on which Ada and Bob are; their ids."""
    await rest.post("Console/List/1/Email", json=MESSAGE)
    return [
        (await rest.post("Console/List/1/Recipient", json={"Email": f"{name}@example.org"})).json()
        for name in ("ada", "bob")
    ]


def sending(database, rest, number):
    with database.transaction(rest.account.id) as tx:
        return get_campaign_sending(tx, number)


@pytest.mark.usefixtures("written")
async def test_a_call_with_a_key_can_be_repeated(rest):
    first = await rest.post(f"{PATH}?onceKey=spring-2026")
    again = await rest.post(f"{PATH}?oncekey=spring-2026")
    other = await rest.post(f"{PATH}?onceKey=summer-2026")

    assert first.json() == again.json()
    assert other.json()["Id"] != first.json()["Id"]


async def test_a_message_to_one_is_repeated_when_the_person_has_left(rest, written):
    body = {"Email": "ada@example.org", "idMessage": 1}
    first = await rest.post("Console/Email/Send?onceKey=hello", json=body)
    left = await rest.delete(f"Console/List/1/Unsubscribe/{written[0]}")

    again = await rest.post("Console/Email/Send?onceKey=hello", json=body)
    other = await rest.post("Console/Email/Send?onceKey=hello", json=body | {"Email": "bob@example.org"})

    assert (left.status_code, again.json(), again.json()["Sent"]) == (200, first.json(), 1)
    assert (other.status_code, other.json()["ErrorName"]) == (400, "BadRequest")


async def test_those_who_were_not_reached_get_it_again(rest, database, written):
    first = (await rest.post(PATH)).json()["Id"]
    with database.transaction(rest.account.id) as tx:
        message = get_message(tx, 1, 1).message
        sent(tx, message, written[:1], sending=first)
        sent(tx, message, written[1:], sending=first, state=DeliveryState.FAILED)
    early = await rest.post(f"{PATH}?notReachedBy={first}")
    with database.transaction(rest.account.id) as tx:
        tx.run(ENDED, of_id=first, state=SendingState.IMMEDIATE, at=NOON)

    again = await rest.post(f"{PATH}?notReachedBy={first}")

    assert (early.status_code, again.json()["Sent"]) == (400, 1)
    assert f"sending {first} has not ended" in early.json()["ErrorDescription"]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("date", "starts"),
    [
        ("2099-01-31 09:00:00Z", "2099-01-31 09:00:00Z"),
        ("2099-01-31+09:00:00Z", "2099-01-31 09:00:00Z"),
        ('"2099-01-31 09:00:00"', "2099-01-31 09:00:00Z"),
        ("2099-01-31T10:00:00+01:00", "2099-01-31 09:00:00Z"),
    ],
)
async def test_a_sending_begins_at_the_time_asked_for(rest, date, starts):
    answer = await rest.post(f"{PATH}?datetime={date}&notAfter=2099-02-01")

    [deferred] = (await rest.get("Console/Email/Sendings/Deferred")).json()["Items"]
    assert (deferred["Id"], deferred["StartDate"]) == (answer.json()["Id"], starts)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("query", ["", "?datetime=", "?datetime=2015-10-20 05:00:00Z"])
async def test_a_time_that_is_past_means_at_once(rest, query):
    answer = await rest.post(PATH + query)

    [running] = (await rest.get("Console/Email/Sendings/Immediate")).json()["Items"]
    assert (running["Id"], running["State"]) == (answer.json()["Id"], "Immediate")
    assert running["StartDate"] > "2026"


@pytest.mark.usefixtures("written")
async def test_a_sending_says_whom_it_is_from(rest, database):
    number = (await rest.post(f"{PATH}?SenderName=Die+M%C3%BCllers&SenderAddress=news@example.com")).json()["Id"]

    made = sending(database, rest, number)

    assert (made.sender_name, made.sender_email) == ("Die Müllers", "news@example.com")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, None),
        ("Console/Group/1/Email/1/Send", None),
        ("Console/Email/Send", {"Email": "ada@example.org", "idMessage": 1}),
    ],
)
async def test_a_sending_says_what_becomes_of_what_is_in_doubt(rest, database, path, body):
    made = await rest.post(f"{path}?inDoubt=resend", json=body)
    refused = await rest.post(f"{path}?indoubt=perhaps", json=body)

    assert sending(database, rest, made.json()["Id"]).in_doubt == "resend"
    assert refused.status_code == 400
    assert refused.json()["ErrorDescription"] == "what happens to what is in doubt is one of hold, resend, drop"


@pytest.mark.usefixtures("written")
async def test_a_sender_that_was_disabled_sends_nothing(rest, database):
    with database.transaction(rest.account.id) as tx:
        sender = trust(tx, ADA, base_url="http://x.example", host="x.example", now=NOON)
        block(tx, sender.id, now=NOON)

    answer = await rest.post(f"{PATH}?SenderAddress={ADA.text.upper()}")

    assert (answer.status_code, answer.json()["ErrorName"]) == (400, "BadRequest")


@pytest.mark.usefixtures("written")
async def test_who_must_not_be_written_to_is_told_and_not_put_on_the_list(rest, database):
    with database.transaction(rest.account.id) as tx:
        suppress(tx, "gone@example.org", cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    answer = await rest.post("Console/Email/Send", json={"Email": "gone@example.org", "idMessage": 1})

    assert answer.json() == {
        "Id": 0,
        "InvalidRecipients": [],
        "Sent": 0,
        "UnprocessedRecipients": ["gone@example.org"],
        "idMessage": 1,
    }
    assert (await rest.get("Console/Recipients?email=gone@example.org")).json()["Items"] == []


@pytest.mark.usefixtures("written")
async def test_values_stand_in_a_message_for_one_sending(rest, database):
    body = {
        "Email": "ada@example.org",
        "idMessage": "1",
        "Fields": [{"Id": "1", "Description": "x", "Value": "Ada"}, {"Description": "Cognome", "Value": "King"}, None],
    }

    number = (await rest.post("Console/Email/Send?SenderName=Us&onceKey=k", json=body)).json()["Id"]

    made = sending(database, rest, number)
    assert (dict(made.audience.values), made.sender_name, made.once_key) == ({1: "Ada", 2: "King"}, "Us", "k")


@pytest.mark.usefixtures("written")
async def test_a_sending_that_runs_must_be_stopped_before_it_is_deleted(rest, database):
    number = (await rest.post(PATH)).json()["Id"]
    with database.transaction(rest.account.id) as tx:
        tx.run(BEGUN, of_id=number, at=utc_now())

    path = f"Console/Email/Sendings/{number}"
    refused = await rest.delete(path)
    stopped = await rest.post(f"{path}/Stop", json={})
    waiting = (await rest.get("Console/Email/Sendings/Undefined")).json()["Items"]
    resumed = await rest.post(f"{path}/Immediate")
    await rest.post(f"{path}/Stop")
    deleted = await rest.delete(path)
    again = await rest.post(f"{path}/Stop")

    assert (refused.status_code, "stop it first" in refused.json()["ErrorDescription"]) == (400, True)
    assert (stopped.status_code, stopped.content) == (200, b"")
    assert [(each["Id"], each["State"]) for each in waiting] == [(number, "Stopped")]
    assert resumed.json()["State"] == "Immediate"
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert again.status_code == 400
    assert (await rest.get("Console/Email/Sendings/Undefined")).json()["Items"] == []


@pytest.mark.usefixtures("written")
async def test_a_message_of_another_list_is_not_sent_to_a_group(rest):
    made = await rest.post(
        "Console/User/Lists", json={"Name": "Other", "useDefaultSettings": True, "owneremail": "a@b.it"}
    )
    group = await rest.post(f"Console/List/{made.json()}/Group", json={"Name": "Friends", "Notes": ""})

    answer = await rest.post(f"Console/Group/{group.json()['idGroup']}/Email/1/Send")

    assert answer.status_code == 404


@pytest.mark.usefixtures("written")
async def test_what_never_began_has_no_history(rest, database):
    late, deleted, begun = [(await rest.post(PATH)).json()["Id"] for _ in range(3)]
    with database.transaction(rest.account.id) as tx:
        tx.run(ENDED, of_id=late, state=SendingState.LATE, at=utc_now())
        tx.run(BEGUN, of_id=begun, at=utc_now())
    await rest.post(f"Console/Email/Sendings/{deleted}/Stop")
    await rest.delete(f"Console/Email/Sendings/{deleted}")

    history = (await rest.get("Console/List/1/Email/1/SendHistory")).json()

    assert [each["Id"] for each in history["Items"]] == [begun]
    assert sending(database, rest, deleted).state == SendingState.DELETED


@pytest.mark.usefixtures("written")
async def test_a_sending_is_not_put_off_beyond_the_time_to_begin(rest):
    number = (await rest.post(f"{PATH}?datetime=2099-01-01&notAfter=2099-01-02")).json()["Id"]

    refused = await rest.post(f"Console/Email/Sendings/{number}/Deferred", json={"Date": "2099-01-03 00:00:00Z"})
    put_off = await rest.post(f"Console/Email/Sendings/{number}/Deferred", json={"Date": "2099-01-02 00:00:00Z"})

    assert (refused.status_code, put_off.status_code) == (400, 200)
    assert refused.json()["ErrorDescription"] == f"sending {number} must not begin after 2099-01-02 00:00:00 UTC"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("?filterby=SenderName=='News'", 1), ("?filterby=Recipients==2 and idMessage==1", 2), ("?PageSize=1", 2)],
)
async def test_the_history_of_a_message_is_filtered(rest, query, count):
    await rest.post(PATH)
    await rest.post(f"{PATH}?SenderName=News")
    await rest.post(f"{PATH}?datetime=2099-01-01")

    answer = (await rest.get(f"Console/List/1/Email/1/SendHistory{query}")).json()

    assert answer["TotalElementsCount"] == count
    assert [each["Id"] for each in answer["Items"]] == sorted((each["Id"] for each in answer["Items"]), reverse=True)
    assert answer["Items"][0]["EndDate"] == "0001-01-01 00:00:00Z"
