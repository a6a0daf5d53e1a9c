"""The queue of an account: what waits to be sent, runs or was stopped, and changing that for one sending or for all."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from staffetta import outbox
from staffetta.campaigns import queue_queries as queries
from staffetta.campaigns.ending import delete_sending, stop_sending
from staffetta.campaigns.launching import TooLate, launch_sending, message_of_account
from staffetta.campaigns.originating import SenderDisabled
from staffetta.campaigns.queue_queries import Queued
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition
from staffetta.lists import get_list
from staffetta.outbox import SendingState, UnknownSending

# One answer holds no more.
MOST_SENDINGS = 1_000


def queue_of_list(tx: Transaction, list_id: int, *, now: datetime) -> Sequence[Queued]:
    """Return what of a list waits, runs or was stopped, in the order of their times.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    return queries.of_list(tx, list_id, most=MOST_SENDINGS, now=now)


def queue_of_message(tx: Transaction, message_id: int) -> Sequence[Queued]:
    """Return the sendings of a message, also those that have ended, the newest first.

    Raises:
        UnknownMessage: the account has no such message.

    """
    message_of_account(tx, message_id)
    return queries.of_message(tx, message_id, most=MOST_SENDINGS)


def get_queued(tx: Transaction, sending_id: int) -> Queued:
    """Return a sending; of one that the platform writes itself it has ended when no mail of it is left.

    Raises:
        UnknownSending: the account has no such sending.

    """
    found = queries.find(tx, sending_id)
    if found is None:
        raise UnknownSending(f"there is no sending {sending_id}")
    if not found.message_id and found.starts_at and outbox.has_gone(tx, sending_id):
        return found._replace(begun_at=found.starts_at, ended_at=found.starts_at)
    return found


def stop_running(tx: Transaction, *, now: datetime) -> int:
    """Stop every sending of a message whose time has come; return how many. Those whose time is to come keep it."""
    found = queries.running(tx, now=now)
    for each in found:
        stop_sending(tx, each.id, now=now)
    return len(found)


def start_stopped(tx: Transaction, *, now: datetime) -> int:
    """Let every stopped sending of a message go on, or wait for its time again; return how many.

    One that must not begin any more, or whose sender was disabled, stays as it is.
    """
    started = 0
    for each in queries.stopped(tx):
        with suppress(TooLate, SenderDisabled):
            launch_sending(tx, each.id, starts_at=each.starts_at, now=now)
            started += 1
    return started


def add_to_queue(tx: Transaction, sending_id: int, *, immediate: bool, now: datetime) -> Queued:
    """Let a sending begin or go on, `immediate` at once, else at its time; one that runs goes on running.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it has ended, must not begin so late, or its sender was disabled.

    """
    queued = get_queued(tx, sending_id)
    if queued.ended_at or queued.state != SendingState.IMMEDIATE:
        launch_sending(tx, sending_id, starts_at=None if immediate else queued.starts_at, now=now)
    return get_queued(tx, sending_id)


def take_off_queue(tx: Transaction, sending_id: int, *, deletes: bool, now: datetime) -> Queued:
    """Stop a sending or, with `deletes`, give it up for good; what it has sent stays on record.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it has ended, or is none of a message.

    """
    queued = get_queued(tx, sending_id)
    if not queued.message_id:
        raise FailedPrecondition(f"sending {sending_id} is of no message: it can be launched, not taken off the queue")
    stop_sending(tx, sending_id, now=now)
    if deletes:
        delete_sending(tx, sending_id, now=now)
    return get_queued(tx, sending_id)
