"""What senders do with deliveries: claim them, record outcomes, and find what a crash left in doubt."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from staffetta.db import Connection
from staffetta.outbox import queries
from staffetta.outbox.model import Delivery, DeliveryState, Outcome
from staffetta.settings import InDoubtPolicy

AFTER_CRASH = {
    InDoubtPolicy.HOLD: DeliveryState.IN_DOUBT,
    InDoubtPolicy.RESEND: DeliveryState.DEFERRED,
    InDoubtPolicy.DROP: DeliveryState.DROPPED,
}


def take_lease(connection: Connection, *, alone: bool, lasting: timedelta, now: datetime) -> int:
    """Begin to send; return the number that this sender claims and records with.

    `alone` says that no other sender can be running (SQLite): every older lease has ended.
    """
    number = secrets.randbits(62)
    queries.delete_leases(connection, before=datetime.max.replace(tzinfo=now.tzinfo) if alone else now)
    queries.insert_lease(connection, number, expires_at=now + lasting)
    return number


def keep_lease(connection: Connection, lease: int, *, lasting: timedelta, now: datetime) -> None:
    """Stay a sender, or become it again under the same number where others have taken this one for dead.

    What it has in talk is claimed by that number, and recorded by it unless somebody else has claimed it since.
    """
    if not queries.renew_lease(connection, lease, expires_at=now + lasting):
        queries.insert_lease(connection, lease, expires_at=now + lasting)


def end_lease(connection: Connection, lease: int) -> None:
    """Stop sending: nothing may be in talk any more."""
    queries.delete_lease(connection, lease)


def settle_orphans(connection: Connection, policy: InDoubtPolicy, *, now: datetime) -> int:
    """Find what dead senders left in talk and treat it as the policy says; return how many deliveries that were.

    The relay may have accepted each of them, or not: nobody can know. Their number is bounded by the in-doubt window
    of each sender that died.
    """
    queries.delete_leases(connection, before=now)
    return queries.move_orphans(connection, to=AFTER_CRASH[policy], now=now)


def exchange(
    connection: Connection, outcomes: Sequence[Outcome], *, lease: int, most: int, now: datetime
) -> list[Delivery]:
    """Record a batch's outcomes and claim the next one, both with one commit."""
    if outcomes:
        queries.record(connection, outcomes, lease=lease, now=now)
    return queries.claim(connection, lease=lease, most=most, now=now) if most else []
