from datetime import timedelta

import pytest

from staffetta.access import end_or_remind
from staffetta.accounts import (
    AccountState,
    Owner,
    Plan,
    Turn,
    accept_terms,
    create_account,
    get_account,
)
from staffetta.db import Statement
from staffetta.kit.languages import Language
from staffetta.outbox.tables import deliveries
from trying import NOON

DAY = timedelta(days=1)


def create(connection, *, email="ada@example.com"):
    owner = Owner(name="Ada", email=email, one_time_hash="!", plan=Plan(), expires_at=NOON + 30 * DAY)
    made = create_account(
        connection,
        account_id=None,
        name="Shop",
        hosts=("shop.example",) if email else (),
        password=None,
        now=NOON,
        language=Language.IT,
        owner=owner,
    )
    tx = connection.for_account(made.id)
    accept_terms(tx, login="m1", ip="", version=0, language=Language.IT, now=NOON)
    return tx


def look(tx, now):
    return end_or_remind(tx, console_url=lambda account: f"https://{account.host}/console/", now=now)


def mails(connection):
    rows = connection.all(Statement(deliveries.select().order_by(deliveries.c.account_id, deliveries.c.id)))
    return [(row.account_id, row.kind, row.address, row.details) for row in rows]


def test_the_owner_is_reminded_once_with_what_the_mail_says(connection):
    tx = create(connection)

    turns = [look(tx, NOON + 22 * DAY), look(tx, NOON + 23 * DAY), look(tx, NOON + 23 * DAY)]

    assert turns == [Turn.NOTHING, Turn.REMINDED, Turn.NOTHING]
    assert mails(connection) == [
        (
            tx.account_id,
            "trial_reminder",
            "ada@example.com",
            {
                "language": "it",
                "name": "Ada",
                "company": "Shop",
                "login": f"m{tx.account_id}",
                "console_url": "https://shop.example/console/",
                "expires_on": "2026-07-01",
                "days": "7",
            },
        )
    ]


@pytest.mark.parametrize(("to_go", "days"), [(7 * DAY, "7"), (4.5 * DAY, "5"), (DAY, "1"), (DAY / 24, "1")])
def test_the_days_that_are_left_are_those_of_the_moment(connection, to_go, days):
    tx = create(connection)

    look(tx, NOON + 30 * DAY - to_go)

    assert [details["days"] for *_, details in mails(connection)] == [days]


def test_the_owner_is_told_of_the_end_and_the_account_is_closed(connection):
    tx = create(connection)
    bystander = create(connection, email="")

    assert look(tx, NOON + 30 * DAY) == Turn.EXPIRED
    assert look(tx, NOON + 31 * DAY) == Turn.NOTHING

    [(account_id, kind, address, details)] = mails(connection)
    assert (account_id, kind, address) == (tx.account_id, "trial_expired", "ada@example.com")
    assert set(details) == {"language", "name", "company", "login", "console_url", "expires_on"}
    assert get_account(connection, tx.account_id).state == AccountState.EXPIRED
    assert get_account(connection, bystander.account_id).state == AccountState.ACTIVE


def test_an_account_without_anybody_to_write_to_ends_all_the_same(connection):
    tx = create(connection, email="")

    assert [look(tx, NOON + 29 * DAY), look(tx, NOON + 30 * DAY)] == [Turn.REMINDED, Turn.EXPIRED]
    assert mails(connection) == []
