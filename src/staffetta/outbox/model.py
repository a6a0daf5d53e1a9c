"""Deliveries and their states: a message to an address, from the change that called for it to its outcome."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec


class DeliveryState(IntEnum):
    """Where a delivery is; what is below TALKING waits to be sent."""

    PLANNED = 0
    DEFERRED = 1
    TALKING = 2
    SENT = 3
    FAILED = 4
    IN_DOUBT = 5
    SUPPRESSED = 6
    CANCELLED = 7
    HELD = 8
    # It was in doubt and was given up: nobody knows whether it arrived.
    DROPPED = 9


class SendingState(IntEnum):
    """Whether a sending was launched: not yet, at once, or for a time to come; and whether somebody has ended it."""

    UNDEFINED = 0
    IMMEDIATE = 1
    DEFERRED = 2
    STOPPED = 3
    DELETED = 4
    # It was to begin no later than a time that has passed.
    LATE = 5


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message to write and send: what kind, to whom, for which list, and what it needs beyond these."""

    kind: str
    address: str
    list_id: int
    recipient_id: int
    details: dict[str, Any]


class Delivery(NamedTuple):
    """A delivery that a sender has claimed; `attempts` counts the one that begins now."""

    account_id: int
    id: int
    kind: str
    address: str
    list_id: int
    recipient_id: int
    details: dict[str, Any]
    message_id: str
    attempts: int
    first_tried_at: datetime


class Outcome(NamedTuple):
    """What became of a claimed delivery: its next state, when it is due again, and the last words of the relay."""

    account_id: int
    delivery_id: int
    state: DeliveryState
    due_at: datetime
    attempts: int
    reply: str = ""


# RFC 5321 §4.5.4.1 asks for at least 30 minutes between tries and 4 to 5 days before giving up.
WAITS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
GIVE_UP_AFTER = timedelta(days=4)


def next_try_at(first_tried_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` tries, or None to give up."""
    next_try = now + WAITS[min(attempts, len(WAITS)) - 1]
    return next_try if next_try - first_tried_at < GIVE_UP_AFTER else None
