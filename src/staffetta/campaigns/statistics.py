"""What came of messages: in numbers that are counted as things happen, and in pages of the people behind them.

Figures are of all sendings of a message. Of a message that there is not there are none: that is no refusal (contract
rest.md 7.10).
"""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from staffetta.campaigns import sought_queries as sought
from staffetta.campaigns import statistics_queries as queries
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.landmarks import locate
from staffetta.campaigns.listing import Selection
from staffetta.campaigns.statistics_queries import (
    BOUNCES,
    CLICKS,
    UNSUBSCRIPTIONS,
    VIEWS,
    Addressed,
    Counters,
    Engaged,
    FollowedLink,
    Follower,
    Kinds,
    exact_first,
    kind_property,
)
from staffetta.campaigns.tables import campaign_deliveries, engagements, link_clicks, message_links
from staffetta.db import Transaction, brief
from staffetta.db.filtering import Kind, Property
from staffetta.recipients.tables import recipients

__all__ = [
    "BOUNCES",
    "CLICKS",
    "UNSUBSCRIPTIONS",
    "VIEWS",
    "Addressed",
    "Counters",
    "Engaged",
    "FollowedLink",
    "Follower",
    "exact_first",
    "kind_property",
]

T = TypeVar("T")

# What interfaces may filter and order by: of who got a message, who did something with it, who followed its links.
EMAIL = Property(recipients.c.email, Kind.ADDRESS)
RECIPIENT = Property(campaign_deliveries.c.recipient_id, Kind.INTEGER)
MESSAGE = Property(campaign_deliveries.c.message_id, Kind.INTEGER)
ENGAGED = Property(engagements.c.recipient_id, Kind.INTEGER)
ENGAGED_MESSAGE = Property(engagements.c.message_id, Kind.INTEGER)
TIMES = Property(engagements.c.times, Kind.INTEGER)
LAST_AT = Property(engagements.c.last_at, Kind.INSTANT)
FOLLOWER = Property(link_clicks.c.recipient_id, Kind.INTEGER)
FOLLOWED_MESSAGE = Property(link_clicks.c.message_id, Kind.INTEGER)
FOLLOWED_TIMES = Property(link_clicks.c.times, Kind.INTEGER)
URL = Property(message_links.c.url, Kind.TEXT)

# Which column counts the people of a kind.
COUNTED = {
    EventKind.VIEW: "viewers",
    EventKind.CLICK: "clickers",
    EventKind.HARD_BOUNCE: "hard_bounces",
    EventKind.SOFT_BOUNCE: "soft_bounces",
    EventKind.UNSUBSCRIPTION: "unsubscriptions",
}


class Page(NamedTuple, Generic[T]):
    """Some rows, and how many there are in all."""

    rows: Sequence[T]
    total: int


@brief
def list_of_message(tx: Transaction, message_id: int) -> int | None:
    """Return the list that a message is of, None where there is no such message."""
    return queries.list_of_message(tx, message_id)


@brief
def counters_of(tx: Transaction, message_id: int) -> Counters:
    """Return what came of a message in numbers; nothing came of what has not been sent."""
    return queries.counters(tx, message_id)


@brief
def followed_links(tx: Transaction, message_id: int) -> list[FollowedLink]:
    """Return the links of a message that somebody followed, the newest first."""
    return queries.followed_links(tx, message_id)


def list_recipients(tx: Transaction, message_id: int, selection: Selection) -> Page[Addressed]:
    """Return a page of who got a message, each once, the newest recipients first."""
    total = queries.counters(tx, message_id).recipients
    if not selection.is_plain:
        return _found(tx, sought.FOUND_RECIPIENTS, message_id, selection, total)
    if selection.offset >= total:
        return Page((), total)
    before, skipped = locate(tx, message_id, selection.offset, counted=total)
    return Page(queries.recipients_page(tx, message_id, before=before, skipped=skipped, most=selection.limit), total)


def list_engaged(tx: Transaction, message_id: int, kinds: Kinds, selection: Selection) -> Page[Engaged]:
    """Return a page of who did something with a message: `kinds` is VIEWS, CLICKS, BOUNCES or UNSUBSCRIPTIONS."""
    total = people(queries.counters(tx, message_id), kinds)
    if not selection.is_plain:
        return _found(tx, sought.FOUND_ENGAGED[kinds], message_id, selection, total)
    if selection.offset >= total:
        return Page((), total)
    rows = queries.engaged_page(tx, message_id, kinds, skipped=selection.offset, most=selection.limit)
    return Page(rows, total)


def list_followers(tx: Transaction, message_id: int, selection: Selection) -> Page[Follower]:
    """Return a page of who followed which link of a message, the newest links first."""
    total = queries.count_followers(tx, message_id)
    if not selection.is_plain:
        return _found(tx, sought.FOUND_FOLLOWERS, message_id, selection, total)
    if selection.offset >= total:
        return Page((), total)
    return Page(queries.followers_page(tx, message_id, skipped=selection.offset, most=selection.limit), total)


def people(counters: Counters, kinds: Kinds) -> int:
    """Return how many people did one of these with a message; a person whose mail bounced both ways is two."""
    return sum(int(getattr(counters, COUNTED[kind])) for kind in kinds)


def _found(tx: Transaction, found: sought.Found, message_id: int, selection: Selection, total: int) -> Page[Any]:
    if selection.where is not None:
        total = sought.found_count(tx, found, message_id, selection)
    if selection.offset >= total:
        return Page((), total)
    return Page(sought.found_page(tx, found, message_id, selection), total)
