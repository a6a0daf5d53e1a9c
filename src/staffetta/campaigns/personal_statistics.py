"""What somebody got of an account's messages and did with it: by message, the newest first.

One person has as many rows as they got messages: those are counted and sorted when somebody asks.
"""

from collections.abc import Sequence

from staffetta.campaigns import personal_queries as queries
from staffetta.campaigns.listing import Selection
from staffetta.campaigns.personal_queries import (
    BOUNCE_DETAILS,
    BOUNCES_BY_MESSAGE,
    CLICKS,
    DELIVERIES,
    LINKS,
    UNSUBSCRIPTIONS,
    VIEWS,
    Deed,
    View,
    bounce_property,
)
from staffetta.campaigns.statistics import Page
from staffetta.db import Transaction

__all__ = [
    "BOUNCES_BY_MESSAGE",
    "BOUNCE_DETAILS",
    "CLICKS",
    "DELIVERIES",
    "LINKS",
    "UNSUBSCRIPTIONS",
    "VIEWS",
    "Deed",
    "View",
    "bounce_property",
    "count_deeds",
    "list_deeds",
]

ALL = Selection()


def list_deeds(
    tx: Transaction, view: View, recipient_id: int, *, lists: Sequence[int] | None, selection: Selection
) -> Page[Deed]:
    """Return a page of what somebody did, of the messages of some lists, None for all; nobody has done nothing."""
    total = queries.count(tx, view, recipient_id, lists, selection)
    if selection.offset >= total:
        return Page((), total)
    return Page(queries.page(tx, view, recipient_id, lists, selection), total)


def count_deeds(tx: Transaction, view: View, recipient_id: int, *, lists: Sequence[int] | None) -> int:
    """Return how many rows such a page has in all."""
    return queries.count(tx, view, recipient_id, lists, ALL)
