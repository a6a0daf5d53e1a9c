"""Sendings: held until somebody launches them."""

from datetime import timedelta
from typing import Any

import pytest

from outbox.planned import begin, plan
from staffetta.db import Connection, Transaction
from staffetta.errors import FailedPrecondition
from staffetta.outbox import (
    DeliveryState,
    NewDelivery,
    SendingState,
    UnknownSending,
    add_sending,
    deferred_sendings,
    exchange,
    get_sending,
    give_up,
    has_gone,
    in_state,
    launch,
    put_for_sending,
    running_sendings,
    stop,
    undefined_sendings,
)
from trying import NOON

LATER = NOON + timedelta(hours=1)
# More than all tests together have planned: what is due in other accounts goes first.
ALL = 100_000


def make(tx: Transaction) -> int:
    return add_sending(tx, kind="import_confirmation", list_id=1, subject="Really?", notes="Import 1", now=NOON)


def hold(tx: Transaction, sending_id: int, *recipients: int, now: Any = NOON) -> int:
    deliveries = [
        NewDelivery(
            kind="confirmation", address=f"{each}@example.org", list_id=1, recipient_id=each, details={"lists": [1]}
        )
        for each in recipients
    ]
    return put_for_sending(tx, sending_id, deliveries, host="news.example", now=now)


def claimed(tx: Transaction, now: Any) -> list[str]:
    connection = Connection(tx._session)
    lease = begin(connection, now=now)
    return sorted(
        each.address
        for each in exchange(connection, (), lease=lease, most=ALL, now=now)
        if each.account_id == tx.account_id
    )


def test_nothing_leaves_before_the_launch(tx):
    sending_id = make(tx)

    planned = hold(tx, sending_id, 5, 6)

    assert planned == 2
    assert claimed(tx, LATER) == []
    assert [each.id for each in undefined_sendings(tx)] == [sending_id]
    assert {row.message_id.partition("@")[2] for row in in_state(tx, DeliveryState.HELD, most=9)} == {"news.example>"}


def test_a_launch_lets_all_go(tx):
    sending_id = make(tx)
    hold(tx, sending_id, 5, 6)

    launched = launch(tx, sending_id, now=NOON)

    assert (launched.state, launched.starts_at) == (SendingState.IMMEDIATE, NOON)
    assert [each.id for each in running_sendings(tx, now=NOON)] == [sending_id]
    assert claimed(tx, NOON) == ["5@example.org", "6@example.org"]
    assert undefined_sendings(tx) == []


def test_a_launch_for_later_waits_until_then(tx):
    sending_id = make(tx)
    hold(tx, sending_id, 5)

    launch(tx, sending_id, starts_at=LATER, now=NOON)

    assert [each.state for each in deferred_sendings(tx, now=NOON)] == [SendingState.DEFERRED]
    assert claimed(tx, NOON) == []
    assert claimed(tx, LATER) == ["5@example.org"]
    assert deferred_sendings(tx, now=LATER) == []


def test_a_time_that_has_passed_means_at_once(tx):
    sending_id = make(tx)

    launched = launch(tx, sending_id, starts_at=NOON - timedelta(days=1), now=NOON)

    assert (launched.state, launched.starts_at) == (SendingState.IMMEDIATE, NOON)


@pytest.mark.parametrize("starts_at", [None, LATER])
def test_nothing_that_has_begun_is_launched_twice(tx, starts_at):
    sending_id = make(tx)
    launch(tx, sending_id, starts_at=starts_at, now=NOON)

    with pytest.raises(FailedPrecondition):
        launch(tx, sending_id, now=LATER)


def test_what_waits_for_its_time_is_put_off_and_brought_forward(tx):
    early, late = make(tx), make(tx)
    hold(tx, early, 5)
    hold(tx, late, 6)
    for sending_id in (early, late):
        launch(tx, sending_id, starts_at=LATER, now=NOON)

    launch(tx, early, now=NOON)
    launch(tx, late, starts_at=LATER + timedelta(hours=1), now=NOON)

    assert claimed(tx, NOON) == ["5@example.org"]
    assert [each.id for each in running_sendings(tx, now=NOON)] == [early]
    assert claimed(tx, LATER) == []
    assert claimed(tx, LATER + timedelta(hours=1)) == ["6@example.org"]


def test_what_comes_after_the_launch_is_held_no_more(tx):
    at_once, later = make(tx), make(tx)
    launch(tx, at_once, now=NOON)
    launch(tx, later, starts_at=LATER, now=NOON)

    hold(tx, at_once, 5)
    hold(tx, later, 6)

    assert claimed(tx, NOON) == ["5@example.org"]
    assert claimed(tx, LATER) == ["6@example.org"]


def test_nobody_gets_two_mails_of_one_sending(tx):
    sending_id, other = make(tx), make(tx)
    hold(tx, sending_id, 5)

    again = hold(tx, sending_id, 5, 6)
    elsewhere = hold(tx, other, 5)

    assert (again, elsewhere) == (1, 1)


def test_a_sending_without_mail_left_runs_no_more(tx):
    sending_id = make(tx)

    launch(tx, sending_id, now=NOON)

    assert running_sendings(tx, now=NOON) == []


def test_other_mail_is_left_alone(tx):
    sending_id = make(tx)
    hold(tx, sending_id, 5)
    plan(tx, now=LATER)

    launch(tx, sending_id, now=NOON)

    assert claimed(tx, NOON) == ["5@example.org"]


def test_another_account_s_sending_is_not_found(tx, stranger):
    make(tx)
    theirs = [make(stranger), make(stranger)][-1]
    hold(stranger, theirs, 5)

    with pytest.raises(UnknownSending):
        launch(tx, theirs, now=NOON)
    with pytest.raises(UnknownSending):
        hold(tx, theirs, 5)
    with pytest.raises(UnknownSending):
        get_sending(tx, theirs)

    assert theirs not in {each.id for each in undefined_sendings(tx)}
    assert claimed(stranger, LATER) == []


def test_what_is_stopped_is_held_until_the_next_launch(tx):
    sending_id = make(tx)
    hold(tx, sending_id, 5)
    launch(tx, sending_id, now=NOON)

    stop(tx, sending_id, now=NOON)
    stop(tx, sending_id, now=NOON)
    hold(tx, sending_id, 6)

    assert claimed(tx, LATER) == []
    assert [each.state for each in undefined_sendings(tx)] == [SendingState.STOPPED]
    assert running_sendings(tx, now=NOON) == []
    assert not has_gone(tx, sending_id)
    launch(tx, sending_id, now=NOON)
    assert claimed(tx, LATER) == ["5@example.org", "6@example.org"]


def test_one_that_nobody_launched_needs_no_stop(tx):
    sending_id = make(tx)

    stop(tx, sending_id, now=NOON)

    assert get_sending(tx, sending_id).state == SendingState.UNDEFINED


@pytest.mark.parametrize("when", [None, LATER, "stopped"])
def test_what_is_given_up_is_gone(tx, when):
    sending_id = make(tx)
    hold(tx, sending_id, 5)
    if when:
        launch(tx, sending_id, starts_at=LATER if when == LATER else None, now=NOON)
    if when == "stopped":
        stop(tx, sending_id, now=NOON)

    give_up(tx, sending_id, now=NOON)
    give_up(tx, sending_id, now=NOON)

    assert hold(tx, sending_id, 6) == 0
    assert claimed(tx, LATER) == []
    assert undefined_sendings(tx) == deferred_sendings(tx, now=NOON) == running_sendings(tx, now=LATER) == []
    assert len(in_state(tx, DeliveryState.CANCELLED, most=9)) == 1
    for again in (launch, stop):
        with pytest.raises(FailedPrecondition):
            again(tx, sending_id, now=NOON)


def test_what_runs_is_not_given_up(tx):
    sending_id = make(tx)
    hold(tx, sending_id, 5)
    launch(tx, sending_id, now=NOON)

    with pytest.raises(FailedPrecondition, match="stop it first"):
        give_up(tx, sending_id, now=NOON)


def test_sendings_of_another_account_are_neither_stopped_nor_given_up(tx, stranger):
    theirs = make(stranger)

    for operation in (stop, give_up):
        with pytest.raises(UnknownSending):
            operation(tx, theirs, now=NOON)
