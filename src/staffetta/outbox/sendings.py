"""Sendings: mail to many that waits, held, until somebody launches it, at once or for a time to come."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from staffetta.db import Transaction, to_microseconds
from staffetta.errors import FailedPrecondition, NotFound
from staffetta.kit.hosts import mail_domain
from staffetta.outbox import sending_queries as queries
from staffetta.outbox.model import GIVE_UP_AFTER, DeliveryState, NewDelivery, SendingState
from staffetta.outbox.sending_queries import Sending

# Sendings older than this have no mail left: the last one was given up before.
LONGEST_RUN = GIVE_UP_AFTER + timedelta(days=1)


class UnknownSending(NotFound):
    """The account has no such sending."""


def add_sending(tx: Transaction, *, kind: str, list_id: int, subject: str, notes: str = "", now: datetime) -> int:
    """Make a sending that waits to be launched, and return its id."""
    sending = Sending(
        id=tx.take_id("sending"),
        kind=kind,
        list_id=list_id,
        subject=subject,
        notes=notes,
        state=SendingState.UNDEFINED,
        starts_at=None,
        created_at=now,
    )
    queries.insert_sending(tx, sending)
    return sending.id


def get_sending(tx: Transaction, sending_id: int) -> Sending:
    """Return a sending, locked for this transaction, or raise UnknownSending."""
    sending = queries.find_sending(tx, sending_id)
    if sending is None:
        raise UnknownSending(f"there is no sending {sending_id}")
    return sending


def launch(tx: Transaction, sending_id: int, *, starts_at: datetime | None = None, now: datetime) -> Sending:
    """Let a sending begin or, if it was stopped, go on: at once or at an instant to come; a past one means at once.

    What it holds is due then, and so is what an import still plans for it. One that has not begun can be put off, or
    brought forward.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it has begun, or has ended.

    """
    sending = get_sending(tx, sending_id)
    if sending.ended_at or not (
        sending.state in (SendingState.UNDEFINED, SendingState.STOPPED) or _waits(sending, now)
    ):
        raise FailedPrecondition(f"sending {sending_id} was launched before")
    waits = starts_at is not None and starts_at > now
    begins = starts_at if starts_at is not None and waits else now
    state = SendingState.DEFERRED if waits else SendingState.IMMEDIATE
    queries.launch(tx, sending_id, state=state, starts_at=begins)
    queries.release(tx, sending_id, due_at=begins, now=now)
    return sending._replace(state=state, starts_at=begins)


def _waits(sending: Sending, now: datetime) -> bool:
    """Tell whether a sending was launched and has not begun: of a message it is written down, of others it is due."""
    if sending.state != SendingState.DEFERRED:
        return False
    if sending.message_id is None:
        return sending.starts_at is not None and sending.starts_at > now
    return not sending.begun_at


def stop(tx: Transaction, sending_id: int, *, now: datetime) -> None:
    """Hold what a sending has not sent yet; a launch lets it go on, and a repeat changes nothing. Of campaigns none.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it has come to its end.

    """
    sending = get_sending(tx, sending_id)
    if sending.state in (SendingState.UNDEFINED, SendingState.STOPPED):
        return
    if sending.state == SendingState.DELETED or queries.has_gone(tx, sending_id):
        raise FailedPrecondition(f"sending {sending_id} has ended")
    queries.set_state(tx, sending_id, SendingState.STOPPED, waiting=DeliveryState.HELD, now=now)


def give_up(tx: Transaction, sending_id: int, *, now: datetime) -> None:
    """Give a sending up for good, and what it holds; a repeat changes nothing. Of campaigns none.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it is running; it must be stopped first.

    """
    sending = get_sending(tx, sending_id)
    has_begun = sending.starts_at is not None and sending.starts_at <= now and sending.state != SendingState.STOPPED
    if has_begun and not (sending.state == SendingState.DELETED or queries.has_gone(tx, sending_id)):
        raise FailedPrecondition(f"sending {sending_id} is running: stop it first")
    queries.set_state(tx, sending_id, SendingState.DELETED, waiting=DeliveryState.CANCELLED, now=now)


def put_for_sending(
    tx: Transaction, sending_id: int, deliveries: Sequence[NewDelivery], *, host: str, now: datetime
) -> int:
    """Plan mail of a sending, held until it is launched; return how many are new.

    Whoever has a mail of this sending gets no second one; of one that was given up nobody gets any.
    """
    sending = get_sending(tx, sending_id)
    if sending.state == SendingState.DELETED:
        return 0
    planned = queries.planned_among(tx, sending_id, (each.recipient_id for each in deliveries))
    new = [each for each in deliveries if each.recipient_id not in planned]
    if not new:
        return 0
    waits = sending.state in (SendingState.UNDEFINED, SendingState.STOPPED)
    state = DeliveryState.HELD if waits else DeliveryState.PLANNED
    planned_at = to_microseconds(now)
    due_at = max(planned_at, to_microseconds(sending.starts_at)) if sending.starts_at else planned_at
    domain = mail_domain(host)
    rows = [
        (
            delivery_id,
            each.kind,
            each.address,
            each.list_id,
            each.recipient_id,
            sending_id,
            msgspec.json.encode(each.details).decode(),
            f"<{tx.account_id}.{delivery_id}.{secrets.token_hex(6)}@{domain}>",
            int(state),
            due_at,
            0,
            "",
            planned_at,
            planned_at,
        )
        for delivery_id, each in zip(tx.take_ids("delivery", len(new)), new, strict=True)
    ]
    queries.insert_deliveries(tx, rows)
    return len(rows)


def has_gone(tx: Transaction, sending_id: int) -> bool:
    """Tell whether a sending was launched and has no mail left to send."""
    return queries.has_gone(tx, sending_id)


def undefined_sendings(tx: Transaction) -> list[Sending]:
    """Return the sendings that nobody has launched, and those that were stopped, newest first."""
    return queries.undefined(tx)


def deferred_sendings(tx: Transaction, *, now: datetime) -> list[Sending]:
    """Return the sendings whose time is to come, newest first."""
    return queries.deferred(tx, now=now)


def running_sendings(tx: Transaction, *, now: datetime) -> list[Sending]:
    """Return the launched sendings that have mail left to send, newest first."""
    return queries.running(tx, since=now - LONGEST_RUN, now=now)
