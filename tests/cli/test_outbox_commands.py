"""`outbox`: what leaves, and what a crash left in doubt."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.db import open_database
from staffetta.outbox import NewDelivery, exchange, put, settle_orphans, take_lease
from staffetta.settings import InDoubtPolicy, read_settings

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def in_doubt(staffetta, shop) -> list[int]:
    """Two deliveries whose sender died in talk, and one that waits."""
    database = open_database(read_settings())
    with database.connection() as connection:
        ids = [plan(connection, address) for address in ("ada@example.com", "bob@example.com")]
        lease = take_lease(connection, alone=True, lasting=timedelta(seconds=1), now=NOON)
        exchange(connection, [], lease=lease, most=10, now=NOON)
        settle_orphans(connection, InDoubtPolicy.HOLD, now=NOON + timedelta(minutes=1))
        plan(connection, "eve@example.com")
    database.close()
    return ids


def plan(connection, address: str) -> int:
    delivery = NewDelivery(kind="welcome", address=address, list_id=1, recipient_id=1, details={})
    return put(connection.for_account(7132), delivery, host="shop.example", now=NOON)


def states(staffetta, *words: object) -> dict[str, int]:
    return {name: count for name, count in staffetta("outbox", "show", *words, "--json").json.items() if count}


def test_deliveries_are_counted_by_state(staffetta, in_doubt):
    staffetta("account", "add", "--id", 7133)

    assert states(staffetta) == {"planned": 1, "in-doubt": 2}
    assert states(staffetta, "--account", 7132) == {"planned": 1, "in-doubt": 2}
    assert states(staffetta, "--account", 7133) == {}


def test_those_in_doubt_are_shown(staffetta, in_doubt):
    shown = staffetta("outbox", "show", "--state", "in-doubt", "--json").json

    assert [each["id"] for each in shown] == in_doubt[::-1]
    assert shown[0]["address"] == "bob@example.com"
    assert len(staffetta("outbox", "show", "--state", "in-doubt", "--most", 1, "--json").json) == 1


def test_one_is_sent_again_and_the_others_are_dropped(staffetta, in_doubt):
    assert staffetta("outbox", "settle", "--resend", in_doubt[0], "--json").json == {"settled": 1, "state": "deferred"}

    staffetta("outbox", "settle", "--drop")

    assert states(staffetta) == {"planned": 1, "deferred": 1, "dropped": 1}


def test_a_delivery_that_is_not_in_doubt_is_left_alone(staffetta, in_doubt):
    done = staffetta("outbox", "settle", "--drop", in_doubt[1] + 1)

    assert (done.code, "is not in doubt" in done.err) == (1, True)
    assert states(staffetta) == {"planned": 1, "in-doubt": 2}


def test_another_account_s_deliveries_are_left_alone(staffetta, in_doubt):
    staffetta("account", "add", "--id", 7133)

    assert staffetta("outbox", "settle", "--drop", "--account", 7133, "--json").json["settled"] == 0
    assert states(staffetta) == {"planned": 1, "in-doubt": 2}


@pytest.mark.parametrize("words", [(), ("--resend", "--drop"), ("--drop", "-1")])
def test_settling_needs_one_decision(staffetta, shop, words):
    assert staffetta("outbox", "settle", *words).code == 2


def test_a_state_that_deliveries_do_not_have_is_a_mistake_of_usage(staffetta, shop):
    assert staffetta("outbox", "show", "--state", "lost").code == 2
