"""The queue of an account: what waits, and changing it for one sending or for all."""

from datetime import timedelta

import pytest

from campaigns.written import write
from recipients.people import make_list
from staffetta.campaigns import (
    Audience,
    UnknownMessage,
    add_to_queue,
    get_campaign_sending,
    get_queued,
    queue_of_list,
    queue_of_message,
    send_message,
    start_stopped,
    stop_running,
    take_off_queue,
)
from staffetta.errors import FailedPrecondition
from staffetta.lists import UnknownList
from staffetta.outbox import SendingState, UnknownSending, add_sending, launch
from trying import NOON

LATER = NOON + timedelta(hours=1)


def launched(tx, starts_at=None, list_id=1):
    message = write(tx, list_id)
    return send_message(tx, list_id, message.id, audience=Audience(), starts_at=starts_at, now=NOON).sending_id


def test_a_queue_is_in_the_order_of_times(tx):
    later, now = launched(tx, LATER), launched(tx)
    launched(tx, list_id=make_list(tx).id)
    held = add_sending(tx, kind="import_confirmation", list_id=1, subject="?", now=NOON)

    assert [each.id for each in queue_of_list(tx, 1, now=NOON)] == [now, later, held]


def test_what_was_given_up_is_in_no_queue_but_is_among_those_of_its_message(tx):
    sending_id = launched(tx)

    queued = take_off_queue(tx, sending_id, deletes=True, now=NOON)

    assert queue_of_list(tx, 1, now=NOON) == []
    assert queue_of_message(tx, queued.message_id) == [queued]
    assert (queued.state, queued.ended_at) == (SendingState.DELETED, NOON)


def test_confirmations_wait_until_their_time_and_leave_the_queue_then(tx):
    sending_id = add_sending(tx, kind="import_confirmation", list_id=1, subject="?", now=NOON)
    launch(tx, sending_id, starts_at=LATER, now=NOON)

    assert [each.id for each in queue_of_list(tx, 1, now=NOON)] == [sending_id]
    assert queue_of_list(tx, 1, now=LATER) == []


def test_stopping_and_starting_leaves_alone_what_is_to_come(tx):
    running, later = launched(tx), launched(tx, LATER)

    stopped = stop_running(tx, now=NOON)
    states = [get_campaign_sending(tx, each).state for each in (running, later)]
    started = start_stopped(tx, now=NOON)

    assert (stopped, started) == (1, 1)
    assert states == [SendingState.STOPPED, SendingState.DEFERRED]
    assert get_campaign_sending(tx, running).state == SendingState.IMMEDIATE
    assert stop_running(tx, now=LATER) == 2


def test_starting_leaves_stopped_what_must_not_begin_any_more(tx):
    message = write(tx)
    late = send_message(tx, 1, message.id, audience=Audience(), not_after=LATER, now=NOON).sending_id
    other = launched(tx)
    stop_running(tx, now=NOON)

    started = start_stopped(tx, now=LATER + timedelta(hours=1))

    assert started == 1
    assert get_campaign_sending(tx, late).state == SendingState.STOPPED
    assert get_campaign_sending(tx, other).state == SendingState.IMMEDIATE


def test_stopping_what_was_stopped_leaves_it_stopped(tx):
    sending_id = launched(tx)

    for _ in range(2):
        assert take_off_queue(tx, sending_id, deletes=False, now=NOON).state == SendingState.STOPPED


def test_what_is_over_is_neither_added_nor_taken_off(tx):
    sending_id = launched(tx)
    take_off_queue(tx, sending_id, deletes=True, now=NOON)

    with pytest.raises(FailedPrecondition):
        add_to_queue(tx, sending_id, immediate=True, now=NOON)
    with pytest.raises(FailedPrecondition):
        take_off_queue(tx, sending_id, deletes=True, now=NOON)


def test_the_queue_of_another_account_is_its_own(tx, stranger):
    list_id = make_list(tx).id
    sending_id = launched(tx, list_id=list_id)
    message_id = get_campaign_sending(tx, sending_id).message_id

    assert (stop_running(stranger, now=NOON), start_stopped(stranger, now=NOON)) == (0, 0)
    with pytest.raises(UnknownList):
        queue_of_list(stranger, list_id, now=NOON)
    with pytest.raises(UnknownMessage):
        queue_of_message(stranger, message_id)
    for operation in (
        lambda: get_queued(stranger, sending_id),
        lambda: add_to_queue(stranger, sending_id, immediate=True, now=NOON),
        lambda: take_off_queue(stranger, sending_id, deletes=True, now=NOON),
    ):
        with pytest.raises(UnknownSending):
            operation()
