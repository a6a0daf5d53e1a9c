"""R3 to R8 and D5 to D10: importing over REST, and launching what an import has prepared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from interfaces.rest.calling import caller
from staffetta.accounts import Account
from staffetta.db import Transaction
from staffetta.imports import Importer
from staffetta.interfaces.platform import Platform
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import add_group
from staffetta.outbox import DeliveryState, in_state
from staffetta.recipients import Profile, Status, check_status, get_profile
from staffetta.recipients.queries import recipient_by_email, recipient_by_mobile
from trying import NOON

ADA = {"Email": "ada@example.org", "Name": "Ada", "Fields": [{"Id": 1, "Description": "", "Value": "Ada"}]}
BOB = {"Email": "bob@example.org"}
NEVER = "0001-01-01 00:00:00Z"


@pytest.fixture
def importing(unlimited: Platform, account: Account) -> "Importing":
    """`await importing.bring(…)`: calls of the account's API user, and a worker that is woken by them."""
    return Importing(unlimited, account)


class Importing:
    """A caller who waits for imports."""

    def __init__(self, platform: Platform, account: Account) -> None:
        self._importer: Importer | None = None
        self._database = platform.database
        self._rest = caller(replace(platform, wake_importer=self._wake), account)

    def _wake(self) -> None:
        assert self._importer
        self._importer.wake()

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        self._importer = Importer(self._database)
        task = asyncio.create_task(self._importer.run())
        try:
            yield
        finally:
            self._importer.stop()
            await task

    async def bring(self, body: Any, path: str = "Console/List/1/Recipients") -> dict[str, Any]:
        """Import and poll as clients do; return the last status."""
        async with self._running():
            answer = await self._rest.post(path, json=body)
            assert answer.status_code == 200, answer.text
            for _ in range(500):
                status = (await self._rest.get(f"Console/Import/{int(answer.text)}")).json()
                if status["Completed"]:
                    return status
                await asyncio.sleep(0.02)
        raise AssertionError(status)


def standing(database: Any, account: Account, email: str = ADA["Email"]) -> Status:
    with database.transaction(account.id) as tx:
        return check_status(tx, 1, EmailAddress.parse(email))


def profile(tx: Transaction, email: str = ADA["Email"]) -> Profile:
    return get_profile(tx, recipient_by_email(tx, email).id)


async def test_an_import_is_a_bare_number_and_becomes_completed(importing, database, account):
    status = await importing.bring([ADA, BOB, {"Email": "nobody"}])

    assert status == {
        "Completed": True,
        "CreatedRecipients": 2,
        "ImportedRecipients": 2,
        "NotValidRecipients": 1,
        "UpdatedRecipients": 0,
        "ValidRecipients": 2,
        "idImport": 1,
    }
    assert standing(database, account) == Status.SUBSCRIBED


@pytest.mark.parametrize("body", [[], None, [{}], [None], [{"Email": ""}, {"Email": "x", "Fields": None}]])
async def test_an_import_of_nobody_is_completed_too(importing, body):
    status = await importing.bring(body)

    assert (status["Completed"], status["ImportedRecipients"]) == (True, 0)


async def test_a_single_recipient_is_as_good_as_an_array(importing):
    status = await importing.bring(ADA)

    assert status["CreatedRecipients"] == 1


async def test_members_are_read_as_clients_write_them(importing, database, account):
    person = {
        "idRecipient": "17",
        "idList": 1,
        "Email": " ADA@example.org",
        "Name": None,
        "MobileNumber": 3351234567,
        "MobilePrefix": "0039",
        "Fields": [
            None,
            {"Id": "1", "Description": "cognome", "Value": "Ada"},
            {"Id": None, "Description": "COGNOME", "Value": "Lovelace"},
            {"Description": "campo3", "Value": 12},
            {"Id": "x", "Value": "lost"},
            {"Id": 4, "Value": None},
        ],
    }

    await importing.bring([person])

    with database.transaction(account.id) as tx:
        recipient = recipient_by_mobile(tx, "393351234567")
    assert (recipient.email, recipient.name) == ("ada@example.org", "")
    assert recipient.fields == {"1": "Ada", "2": "Lovelace", "3": "12"}


IN, OUT, WAIT = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING
# What becomes of somebody new, subscribed, unsubscribed (contract 7.5).
QUERIES = {
    "": (IN, IN, OUT),
    "importType=asOptout": (OUT, OUT, OUT),
    "importType='ASOPTOUT'": (OUT, OUT, OUT),
    'importType="asOptin"': (IN, IN, IN),
    "importtype=asPending": (IN, IN, OUT),
    "ConfirmEmail=true": (WAIT, WAIT, OUT),
    "confirmMessage=True": (WAIT, WAIT, OUT),
    "ConfirmEmail=true&importType=asOptin": (WAIT, WAIT, WAIT),
    "ConfirmEmail=false&PageNumber=0": (IN, IN, OUT),
}


@pytest.mark.parametrize(("query", "expected"), QUERIES.items())
async def test_the_query_says_what_becomes_of_statuses(importing, database, account, query, expected):
    people = [{"Email": f"{name}@example.org"} for name in ("new", "in", "out")]
    await importing.bring(people[1:2])
    await importing.bring(people[2:], "Console/List/1/Recipients?importType=asOptout")

    await importing.bring(people, f"Console/List/1/Recipients?{query}")

    assert tuple(standing(database, account, each["Email"]) for each in people) == expected


async def test_an_unknown_import_type_is_refused(rest):
    answer = await rest.post("Console/List/1/Recipients?importType=asNobody", json=[ADA])

    assert answer.status_code == 400


async def test_an_import_into_a_group_joins_it_and_leaves_the_others(importing, database, account):
    with database.transaction(account.id) as tx:
        old, new = add_group(tx, 1, "Old", now=NOON), add_group(tx, 1, "New", now=NOON)
    await importing.bring([ADA], f"Console/Group/{old.id}/Recipients")

    await importing.bring([ADA], f"Console/Group/{new.id}/Recipients?removeFromPrevGroups=true&ignoreMobile=true")

    with database.transaction(account.id) as tx:
        assert set(profile(tx).groups) == {new.id}
        assert profile(tx).recipient.fields == {"1": "Ada"}


async def test_fields_are_blanked_where_that_is_asked(importing, database, account):
    await importing.bring([ADA])

    await importing.bring([{"Email": ADA["Email"]}], "Console/List/1/Recipients?clearMissingOrEmptyFields=true")

    with database.transaction(account.id) as tx:
        assert profile(tx).recipient.fields == {}


async def test_many_recipients_go_in_one_call(importing):
    status = await importing.bring([{"Email": f"person{number}@example.org"} for number in range(1_500)])

    assert status["CreatedRecipients"] == 1_500


async def test_imports_are_listed_and_shown_with_their_counts(importing, rest):
    await importing.bring([])
    await importing.bring(
        [ADA, ADA, {"Email": "x"}, {"MobileNumber": "1"}], "Console/List/1/Recipients?importType=asOptin"
    )

    page = (await rest.get("Console/Imports")).json()
    found = (await rest.get('Console/Imports?filterby="StatusCode==3"&orderby=IdImport asc&PageSize=1')).json()
    detail = (await rest.get("Console/Imports/2")).json()

    assert [each["IdImport"] for each in page["Items"]] == [2, 1]
    assert {**page["Items"][0], "StartDate": ""} == {
        "Filename": "",
        "IdImport": 2,
        "IdList": 1,
        "Rows": 4,
        "StartDate": "",
        "StatusCode": 3,
    }
    assert ([each["IdImport"] for each in found["Items"]], found["TotalElementsCount"]) == ([1], 2)
    assert detail["Rows"] == {
        "Invalid": {
            "InvalidEmail": 1,
            "InvalidNumber": 1,
            "Total": 2,
            "WithoutEmail": 0,
            "WithoutNumber": 0,
            "WithoutPrefix": 0,
        },
        "Total": 4,
        "Valid": {
            "EmailNew": 1,
            "EmailUpdate": 0,
            "NumberNew": 0,
            "NumberUpdate": 0,
            "RepeatedEmail": 1,
            "RepeatedNumber": 0,
            "Total": 2,
        },
    }
    assert detail["EndDate"] >= detail["StartDate"] > "2020"
    assert list(detail) == sorted(detail)


async def test_a_confirmation_is_prepared_found_and_launched(importing, rest, database, account):
    await importing.bring([ADA, BOB], "Console/List/1/Recipients?ConfirmEmail=true")

    prepared = (await rest.get("Console/Import/1/Sending")).json()
    (undefined,) = (await rest.get("Console/Email/Sendings/Undefined")).json()["Items"]
    sending = f"Console/Email/Sendings/{prepared['idSending']}"
    first = (await rest.get(f"{sending}/Deferred")).json()
    launched = await rest.post(f"{sending}/Immediate")
    again = await rest.post(f"{sending}/Immediate")

    assert undefined["Id"] == prepared["idSending"]
    assert (undefined["State"], undefined["StartDate"], undefined["IdList"]) == ("Undefined", NEVER, 1)
    assert len(first) == len(NEVER)
    assert launched.json() == {**undefined, "State": "Immediate", "StartDate": launched.json()["StartDate"]}
    assert again.status_code == 400
    with database.transaction(account.id) as tx:
        assert len(in_state(tx, DeliveryState.PLANNED, most=10)) == 2
    assert (await rest.get("Console/Email/Sendings/Undefined")).json()["Items"] == []
    assert [each["Id"] for each in (await rest.get("Console/Email/Sendings/Immediate")).json()["Items"]] == [
        undefined["Id"]
    ]


@pytest.mark.parametrize(
    "date", ["2099-01-31 09:00:00Z", "2099-01-31 09:00:00", '"2099-01-31 09:00:00Z"', "2099-01-31T10:00:00+01:00"]
)
async def test_a_sending_is_deferred_to_a_time(importing, rest, date):
    await importing.bring([ADA], "Console/List/1/Recipients?ConfirmEmail=true")
    number = (await rest.get("Console/Import/1/Sending")).json()["idSending"]

    deferred = await rest.post(f"Console/Email/Sendings/{number}/Deferred", json={"Date": date})

    assert (deferred.json()["State"], deferred.json()["StartDate"]) == ("Deferred", "2099-01-31 09:00:00Z")
    assert (await rest.get("Console/Email/Sendings/Deferred")).json()["Items"] == [deferred.json()]


@pytest.mark.parametrize(
    "body", [{}, {"Date": "soon"}, {"Date": None}, {"Date": "9999-99-99"}, {"Date": "0001-01-01 00:00:00+14:00"}]
)
async def test_a_date_that_is_none_is_refused(importing, rest, body):
    await importing.bring([ADA], "Console/List/1/Recipients?ConfirmEmail=true")
    number = (await rest.get("Console/Import/1/Sending")).json()["idSending"]

    answer = await rest.post(f"Console/Email/Sendings/{number}/Deferred", json=body)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "Console/List/99/Recipients"),
        ("POST", "Console/Group/9999/Recipients"),
        ("GET", "Console/Import/99"),
        ("GET", "Console/Imports/99"),
        ("GET", "Console/Import/99/Sending"),
        ("GET", "Console/Import/1/Sending"),
        ("POST", "Console/Email/Sendings/99/Immediate"),
        ("GET", "Console/Email/Sendings/99/Deferred"),
        ("GET", "Console/Email/Sending/99/Deferred"),
    ],
)
async def test_what_is_not_there_is_404(rest, method, path):
    await rest.post("Console/List/1/Recipients", json=[])

    answer = await rest.request(method, path, json=[])

    assert answer.status_code == 404


async def test_another_account_sees_nothing_of_it(importing, rest_of, other_account):
    await importing.bring([ADA], "Console/List/1/Recipients?ConfirmEmail=true")
    stranger = rest_of(other_account)

    assert (await stranger.get("Console/Imports")).json()["Items"] == []
    assert (await stranger.get("Console/Import/1")).status_code == 404
    assert (await stranger.get("Console/Email/Sendings/Undefined")).json()["Items"] == []
    assert (await stranger.post("Console/Email/Sendings/1/Immediate")).status_code == 404
