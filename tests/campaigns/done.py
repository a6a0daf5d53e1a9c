"""What people did with messages, as the database keeps it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.tables import engagements, events, link_clicks, message_counters, message_links
from staffetta.db import Transaction, to_microseconds
from trying import NOON

_ids = count(1)


def add_links(tx: Transaction, message_id: int, *links: tuple[str, int]) -> list[int]:
    """Give a message links, each with how often it was followed; return their ids."""
    rows = [(message_id, number, url, clicks, clicks) for number, (url, clicks) in enumerate(links, start=1)]
    tx.load(message_links, ("message_id", "id", "url", "clicks", "clickers"), rows)
    return [row[1] for row in rows]


def add_views(tx: Transaction, message_id: int, views: int) -> None:
    """Say how often a message was opened."""
    names = tuple(each.name for each in message_counters.columns if each.name not in ("account_id", "message_id"))
    row = (message_id, *(views if name == "views" else 0 for name in names))
    tx.load(message_counters, ("message_id", *names), [row])


def add_engagements(
    tx: Transaction,
    message_id: int,
    people: Sequence[tuple[int, int]],
    *,
    kind: EventKind = EventKind.VIEW,
    last_at: datetime = NOON,
) -> None:
    """Say who did something, and how often."""
    at = to_microseconds(last_at)
    columns = ("message_id", "kind", "recipient_id", "times", "first_at", "last_at", "detail")
    tx.load(engagements, columns, [(message_id, int(kind), each, times, at, at, "") for each, times in people])


def add_clicks(tx: Transaction, message_id: int, link_id: int, people: Sequence[tuple[int, int]]) -> None:
    """Say who followed a link, and how often."""
    at = to_microseconds(NOON)
    columns = ("message_id", "link_id", "recipient_id", "times", "first_at", "last_at")
    tx.load(link_clicks, columns, [(message_id, link_id, each, times, at, at) for each, times in people])


def add_event(
    tx: Transaction,
    message_id: int,
    recipient_id: int,
    *,
    link_id: int = 0,
    hours: int = 0,
    actor: Actor = Actor.PERSON,
) -> None:
    """Add an open, or with a link a click, to somebody's time line."""
    kind = EventKind.CLICK if link_id else EventKind.VIEW
    columns = (
        *("recipient_id", "id", "kind", "message_id", "sending_id", "link_id", "actor", "reason", "ip", "happened_at"),
    )
    at = to_microseconds(NOON + timedelta(hours=hours))
    row = (recipient_id, next(_ids), int(kind), message_id, 1, link_id, int(actor), "", "192.0.2.9", at)
    tx.load(events, columns, [row])
