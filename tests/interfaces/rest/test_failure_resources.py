"""What of a sending failed, over REST."""

import pytest

from campaigns.failing import failed_sending
from campaigns.happened import people
from campaigns.written import write
from staffetta.db import Database
from staffetta.outbox import add_sending
from trying import NOON


@pytest.fixture
def sending_id(database: Database, account) -> int:
    with database.transaction(account.id) as tx:
        people(tx, (1, 2, 3))
        replies = {1: "550 <p1@example.com>: unknown", 2: "554 spam", 3: "550 <p3@example.com>: unknown"}
        return failed_sending(tx, write(tx).id, replies)


async def test_reasons_are_told_with_how_many_people_the_most_frequent_first(rest, sending_id):
    answer = await rest.get(f"Console/Email/Sendings/{sending_id}/Failures")

    assert answer.json() == {
        "Failed": 3,
        "LookedAt": 3,
        "Reasons": [{"People": 2, "Reply": "550 … unknown"}, {"People": 1, "Reply": "554 spam"}],
    }


async def test_people_are_listed_to_the_end_by_what_each_stretch_names_as_next(rest, sending_id):
    path = f"Console/Email/Sendings/{sending_id}/Failures/Recipients?PageSize=2"

    first = (await rest.get(path)).json()
    second = (await rest.get(f"{path}&After={first['Next']}")).json()

    assert first["Recipients"][0] == {
        "IdRecipient": 1,
        "Email": "p1@example.com",
        "Date": "2026-06-01 12:00:00Z",
        "Attempts": 1,
        "Reply": "550 <p1@example.com>: unknown",
    }
    assert [each["IdRecipient"] for each in (*first["Recipients"], *second["Recipients"])] == [1, 2, 3]
    assert (first["Next"], second["Next"]) == (2, None)


async def test_a_page_has_as_many_reasons_as_asked_for(rest, sending_id):
    answer = await rest.get(f"Console/Email/Sendings/{sending_id}/Failures?PageSize=1")

    assert answer.json()["Reasons"] == [{"People": 2, "Reply": "550 … unknown"}]


@pytest.mark.parametrize(("after", "status"), [("9" * 18, 200), (str(2**31), 200), ("9" * 19, 400), ("x", 400)])
async def test_any_number_is_answered(rest, sending_id, after, status):
    answer = await rest.get(f"Console/Email/Sendings/{sending_id}/Failures/Recipients?After={after}")

    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"Recipients": [], "Next": None}


async def test_what_is_no_sending_of_a_message_is_not_found(rest, database, account):
    with database.transaction(account.id) as tx:
        other = add_sending(tx, kind="import_confirmation", list_id=1, subject="Confirm", now=NOON)

    for sending_id in (other, 4711):
        for path in ("Failures", "Failures/Recipients"):
            assert (await rest.get(f"Console/Email/Sendings/{sending_id}/{path}")).status_code == 404


async def test_failures_are_told_in_xml(rest, sending_id):
    answer = await rest.get(f"Console/Email/Sendings/{sending_id}/Failures", headers={"Accept": "application/xml"})

    assert answer.text.startswith("<SendingFailures ")
    assert answer.text.count("<People>") == 2
