"""Views and clicks that are kept as they come in, and counted afterwards: each once."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from campaigns.happening import EVENTS, counts, engaged, links, person, send, time_lines
from conftest import make_account
from staffetta.campaigns import (
    Actor,
    EventKind,
    Recorder,
    Visit,
    accounts_with_kept,
    delete_message,
    keep_visits,
    record_kept,
)
from staffetta.campaigns.keeping import is_rush
from staffetta.campaigns.keeping_queries import DELETE, KEEP
from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Connection, to_microseconds
from staffetta.kit.clock import utc_now
from staffetta.outbox import DeliveryState
from trying import NOON


def visit(message_id: int, recipient_id: int, *, link_id: int = 0, actor: Actor = Actor.PERSON) -> Visit:
    kind = EventKind.CLICK if link_id else EventKind.VIEW
    return Visit(message_id, 1, recipient_id, kind, link_id, actor, "a reason", "192.0.2.1")


def keep(tx, *visits: Visit, now=NOON) -> None:
    keep_visits(tx, {tx.account_id: visits}, now=now)


def count_all(tx) -> None:
    while record_kept(tx, most_rows=1, now=NOON):
        pass


def test_what_is_kept_is_counted_later_as_of_the_moment_when_it_happened(tx):
    message, ada = send(tx), person(tx)
    keep(tx, visit(message, ada), now=NOON - timedelta(minutes=1))
    assert counts(tx, message) == {}

    count_all(tx)

    assert counts(tx, message) == {"viewers": 1, "views": 1}
    [entry] = tx.all(EVENTS)
    assert (entry.kind, entry.actor, entry.reason, entry.ip) == (
        EventKind.VIEW,
        Actor.PERSON,
        "a reason",
        "192.0.2.1",
    )
    assert entry.happened_at == NOON - timedelta(minutes=1)


def test_nothing_is_counted_twice(tx):
    message, ada, bob = send(tx), person(tx), person(tx, "bob")
    keep(tx, visit(message, ada), visit(message, ada, link_id=1))
    keep(tx, visit(message, bob), visit(message, 0))

    assert [record_kept(tx, most_rows=1, now=NOON) for _ in range(3)] == [2, 2, 0]

    assert counts(tx, message) == {"viewers": 2, "views": 2, "clickers": 1, "clicks": 1, "untracked_views": 1}
    assert engaged(tx) == [("VIEW", ada, 1), ("VIEW", bob, 1), ("CLICK", ada, 1)]
    assert links(tx) == [(1, 1, 1)]


def test_as_many_rows_are_counted_at_once_as_is_said(tx):
    message, ada = send(tx), person(tx)
    for _ in range(5):
        keep(tx, visit(message, ada))

    assert [record_kept(tx, most_rows=3, now=NOON) for _ in range(3)] == [3, 2, 0]


def test_what_has_piled_up_is_kept_in_rows_that_can_be_counted_at_once(tx):
    message, ada = send(tx), person(tx)

    keep(tx, *[visit(message, ada)] * 2_500)

    assert [record_kept(tx, most_rows=1, now=NOON) for _ in range(4)] == [1_000, 1_000, 500, 0]
    assert counts(tx, message) == {"viewers": 1, "views": 2_500}


def test_it_is_a_rush_while_what_was_kept_right_now_is_not_counted(tx, stranger):
    message, ada = send(tx), person(tx)
    assert not is_rush(tx, now=NOON)

    keep(tx, visit(message, ada))
    assert is_rush(tx, now=NOON + timedelta(milliseconds=99))
    assert not is_rush(stranger, now=NOON)
    assert not is_rush(tx, now=NOON + timedelta(milliseconds=100))

    count_all(tx)
    assert not is_rush(tx, now=NOON)


def test_what_is_gone_meanwhile_is_dropped(tx):
    message, ada = send(tx), person(tx)
    keep(tx, visit(message, ada), visit(message, 77_777))
    delete_message(tx, 1, message)

    count_all(tx)

    assert time_lines(tx) == engaged(tx) == []


def test_accounts_keep_and_count_for_themselves(tx, stranger):
    ours, theirs, ada, eve = send(tx), send(stranger), person(tx), person(stranger)
    keep_visits(tx, {tx.account_id: [visit(ours, ada)], stranger.account_id: [visit(theirs, eve)]}, now=NOON)
    assert {tx.account_id, stranger.account_id} <= set(accounts_with_kept(Connection(tx._session)))

    count_all(tx)

    assert counts(tx, ours) == {"viewers": 1, "views": 1}
    assert counts(stranger, theirs) == {}
    assert time_lines(stranger) == []


@pytest.mark.parametrize(
    ("seconds", "actor"), [(-0.5, "MACHINE"), (0, "MACHINE"), (1.9, "MACHINE"), (2, "PERSON"), (3600, "PERSON")]
)
def test_what_comes_right_after_the_delivery_comes_from_a_program(tx, seconds, actor):
    message, ada, bob = send(tx), person(tx), person(tx, "bob")
    deliver(tx, message, ada)

    keep(tx, visit(message, ada, link_id=1), visit(message, bob, link_id=1), now=NOON + timedelta(seconds=seconds))
    count_all(tx)

    assert time_lines(tx) == [(ada, "CLICK", actor), (bob, "CLICK", "PERSON")]


def deliver(tx, message_id: int, recipient_id: int) -> None:
    at = to_microseconds(NOON)
    row = {
        "message_id": message_id,
        "recipient_id": recipient_id,
        "sending_id": 1,
        "state": int(DeliveryState.SENT),
        "attempts": 1,
        "due_at": at,
        "first_tried_at": at,
        "changed_at": at,
        "lease": 1,
        "reply": "",
    }
    tx.load(campaign_deliveries, tuple(row), [tuple(row.values())])


async def test_the_recorder_counts_what_is_kept_until_it_is_stopped(database, account):
    with database.transaction(account.id) as tx:
        message, ada = send(tx), person(tx)
        for _ in range(40):
            keep(tx, visit(message, ada), visit(message, ada, link_id=1))
    recorder = Recorder(database)
    work = asyncio.create_task(recorder.run())

    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            while counted(database, account, message).get("clicks") != 40:  # noqa: ASYNC110 - it says nothing
                await asyncio.sleep(0.02)
    recorder.stop()
    await work

    assert counted(database, account, message) == {"viewers": 1, "views": 40, "clickers": 1, "clicks": 40}


async def test_the_recorder_serves_other_accounts_while_one_has_more_and_more_to_count(own_database):
    database = own_database
    account, other = make_account(database), make_account(database)
    busy, message = (sent_to_ada(database, each) for each in (account, other))
    pours = True

    async def pour() -> None:
        while pours:
            await database.write_across(keep_visits, {account.id: [visit(*busy)]}, now=utc_now())

    pouring = asyncio.create_task(pour())
    recorder = Recorder(database)
    work = asyncio.create_task(recorder.run())
    async with asyncio.timeout(30):
        while not counted(database, account, busy[0]):  # noqa: ASYNC110 - it says nothing
            await asyncio.sleep(0.02)

    with database.transaction(other.id) as tx:
        keep(tx, visit(*message))

    try:
        async with asyncio.timeout(30):
            while not counted(database, other, message[0]):  # noqa: ASYNC110 - it says nothing
                await asyncio.sleep(0.02)
        assert not pouring.done()
    finally:
        pours = False
        await pouring
        recorder.stop()
        await work


async def test_an_account_that_cannot_be_counted_holds_up_nobody_and_is_tried_again(own_database, monkeypatch):
    monkeypatch.setattr("staffetta.campaigns.recorder.RETRY_SECONDS", 0.1)
    database = own_database
    account, other = make_account(database), make_account(database)
    broken, message = (sent_to_ada(database, each) for each in (account, other))
    with database.transaction(account.id) as tx:
        tx.run(KEEP, id=0, visits=[["no visit"]], happened_at=NOON)
        keep(tx, visit(*broken))
    with database.transaction(other.id) as tx:
        keep(tx, visit(*message))
    recorder = Recorder(database)
    work = asyncio.create_task(recorder.run())
    async with asyncio.timeout(30):
        while not counted(database, other, message[0]):  # noqa: ASYNC110 - it says nothing
            await asyncio.sleep(0.02)
        assert counted(database, account, broken[0]) == {}

        with database.transaction(account.id) as tx:
            tx.run(DELETE, ids=[0])

        while not counted(database, account, broken[0]):  # noqa: ASYNC110 - it says nothing
            await asyncio.sleep(0.02)
    recorder.stop()
    await work
    assert counted(database, other, message[0]) == counted(database, account, broken[0]) == {"viewers": 1, "views": 1}


def sent_to_ada(database, account) -> tuple[int, int]:
    with database.transaction(account.id) as tx:
        return send(tx), person(tx)


async def test_a_recorder_that_is_stopped_counts_what_there_is_first(database, account):
    with database.transaction(account.id) as tx:
        message, ada = send(tx), person(tx)
        keep(tx, visit(message, ada))
    recorder = Recorder(database)
    work = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)

    recorder.stop()
    await work

    assert counted(database, account, message) == {"viewers": 1, "views": 1}


def counted(database, account, message: int) -> dict[str, int]:
    with database.transaction(account.id) as tx:
        return counts(tx, message)
