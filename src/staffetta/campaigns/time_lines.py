"""What is known of one person: their time line, by which message they left, and forgetting it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from staffetta.campaigns import time_line_queries as queries
from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.time_line_queries import Event
from staffetta.db import Transaction

__all__ = ["Event", "actor_of", "forget_person", "forget_visits", "left_by", "time_line"]

# What takes people off lists.
DEPARTURES = (EventKind.UNSUBSCRIPTION, EventKind.COMPLAINT, EventKind.HARD_BOUNCE)
# A bounce stands in the time line with the moment of its own; statuses change when it is read.
SOON = timedelta(minutes=1)


def time_line(tx: Transaction, recipient_id: int, *, most: int, before: int | None = None) -> list[Event]:
    """Return what a person, and programs with their mail, did last, the newest first.

    `before` is the id of the last event of the page before; without it the page is the first.
    """
    return queries.line(tx, recipient_id, most=most, before=before)


def actor_of(event: Event) -> Actor | None:
    """Return who is taken to have done something in a time line; nobody does a bounce."""
    return None if event.kind in (EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE) else event.actor


def left_by(tx: Transaction, left_at: Mapping[int, datetime]) -> dict[int, int]:
    """Return by which message people left a list, of those who left by one; `left_at` is when, by recipient."""
    found: dict[int, int] = {}
    for each in queries.departures(tx, left_at, DEPARTURES) if left_at else []:
        if abs(each.last_at - left_at[each.recipient_id]) <= SOON:
            found[each.recipient_id] = each.message_id
    return found


def forget_person(tx: Transaction, recipient_id: int) -> None:
    """Forget what somebody did with their mail; what was counted stays so. They are erased already: nothing follows."""
    queries.forget(tx, recipient_id)


def forget_visits(tx: Transaction, recipient_id: int) -> None:
    """Forget what somebody has opened and followed; what was counted stays so."""
    queries.forget_visits(tx, recipient_id)
