"""Views and clicks as they come in: kept at once, in the order in which they come, and counted soon afterwards.

Counting changes rows all over the database, a page or more for each person and table. A commit of 64 clicks then writes
more than a megabyte, which is what people who follow a link would wait for. So what they wait for is a row or two.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from staffetta.campaigns import keeping_queries as queries
from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.recording import Happening, record_events
from staffetta.db import Connection, Transaction, brief

# Nobody has read a mail so soon after it was handed over, which is when its delivery last changed.
HURRY = timedelta(seconds=2)
HURRIED = "came within two seconds of the delivery"
RIGHT_NOW = timedelta(milliseconds=100)
# What is in a row is counted at once; only what has piled up is more.
MOST_IN_A_ROW = 1_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Visit(NamedTuple):
    """Somebody who looked at a message or followed a link; the members are those of `Happening`."""

    message_id: int
    sending_id: int
    recipient_id: int
    kind: EventKind
    link_id: int
    actor: Actor
    reason: str
    ip: str


@brief
def keep_visits(connection: Connection, visits: Mapping[int, Sequence[Visit]], *, now: datetime) -> None:
    """Keep the visits of accounts, all of one moment, until `record_kept` counts them."""
    for account_id, theirs in visits.items():
        tx = connection.for_account(account_id)
        for first in range(0, len(theirs), MOST_IN_A_ROW):
            queries.keep(tx, theirs[first : first + MOST_IN_A_ROW], now=now)


@brief
def record_kept(tx: Transaction, *, now: datetime, most_rows: int) -> int:
    """Count what was kept first of an account, each visit exactly once.

    Returns:
        How many there were; 0 when nothing is left, or another process is at it.

    """
    kept = queries.oldest(tx, most=most_rows)
    events = [_happening(tx.account_id, visit, at) for _, visits, at in kept for visit in visits]
    if kept:
        record_events(tx, _judged(tx, events), now=now)
        queries.delete_kept(tx, [row[0] for row in kept])
    return len(events)


@brief
def is_rush(tx: Transaction, *, now: datetime) -> bool:
    """Tell whether visits come in faster than they are counted: some were kept right now, and are not counted."""
    newest_at = queries.newest_at(tx)
    return newest_at is not None and now - newest_at < RIGHT_NOW


def accounts_with_kept(connection: Connection) -> list[int]:
    """Return the accounts of which something is kept."""
    return queries.accounts(connection)


def _judged(tx: Transaction, events: Sequence[Happening]) -> list[Happening]:
    """Take for programs what has come faster than people: gateways look at a mail before they let it pass."""
    asked = {_mail(each) for each in events if each.recipient_id and each.actor != Actor.MACHINE}
    if not asked:
        return list(events)
    delivered = queries.delivered(tx, asked, since=min(each.happened_at for each in events) - HURRY)
    return [
        replace(each, actor=Actor.MACHINE, reason=HURRIED)
        if each.actor != Actor.MACHINE and each.happened_at < delivered.get(_mail(each), LONG_AGO) + HURRY
        else each
        for each in events
    ]


def _mail(event: Happening) -> tuple[int, int, int]:
    return event.message_id, event.recipient_id, event.sending_id


def _happening(account_id: int, kept: Sequence[Any], at: datetime) -> Happening:
    message_id, sending_id, recipient_id, kind, link_id, actor, reason, ip = kept
    return Happening(
        account_id=account_id,
        message_id=message_id,
        sending_id=sending_id,
        recipient_id=recipient_id,
        kind=EventKind(kind),
        link_id=link_id,
        actor=Actor(actor),
        reason=reason,
        ip=ip,
        happened_at=at,
    )
