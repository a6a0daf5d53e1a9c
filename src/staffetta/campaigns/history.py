"""How a message was sent: pages of its sendings that have begun, the newest first."""

from datetime import datetime

from staffetta.campaigns import history_queries as queries
from staffetta.campaigns.history_queries import PastSending
from staffetta.campaigns.listing import Selection
from staffetta.campaigns.statistics import Page
from staffetta.campaigns.writing import find_message
from staffetta.db import Transaction
from staffetta.db.filtering import Kind, Property
from staffetta.outbox.tables import sendings

__all__ = ["PastSending", "list_history", "sender_email", "sender_name"]

# What interfaces may filter and order by.
ID = Property(sendings.c.id, Kind.INTEGER)
MESSAGE = Property(sendings.c.message_id, Kind.INTEGER)
BEGAN_AT = Property(queries.BEGAN_AT, Kind.INSTANT)
ENDED_AT = Property(sendings.c.ended_at, Kind.INSTANT)
RECIPIENTS = Property(sendings.c.addressed, Kind.INTEGER)
KILOBYTES = Property(queries.KILOBYTES, Kind.INTEGER)


def sender_name(of_list: str) -> Property:
    """Return the name that a sending says it is from; `of_list` where it has none of its own."""
    return Property(queries.or_else(sendings.c.sender_name, of_list), Kind.TEXT)


def sender_email(of_list: str) -> Property:
    """Return the address that a sending says it is from, likewise."""
    return Property(queries.or_else(sendings.c.sender_email, of_list), Kind.TEXT)


def list_history(
    tx: Transaction, list_id: int, message_id: int, selection: Selection, *, now: datetime
) -> Page[PastSending]:
    """Return a page of the sendings of a message that have begun.

    Raises:
        UnknownMessage: the list has no such message.

    """
    find_message(tx, list_id, message_id)
    total = queries.count(tx, message_id, selection, now=now)
    if selection.offset >= total:
        return Page((), total)
    return Page(queries.page(tx, message_id, selection, now=now), total)
