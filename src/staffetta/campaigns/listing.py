"""Listing messages, newest first: of a list, of all lists that somebody sees, published or archived."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, false, literal_column, or_

from staffetta.campaigns import queries
from staffetta.campaigns.model import MessageHead
from staffetta.campaigns.tables import messages
from staffetta.db import Transaction
from staffetta.db.filtering import Kind, Property
from staffetta.lists import get_list

# What interfaces may filter and order by.
ID = Property(messages.c.id, Kind.INTEGER)
LIST = Property(messages.c.list_id, Kind.INTEGER)
SUBJECT = Property(messages.c.subject, Kind.TEXT)
NOTES = Property(messages.c.notes, Kind.TEXT)
SERVICE_TYPE = Property(messages.c.service_type, Kind.INTEGER)
CREATED_AT = Property(messages.c.created_at, Kind.INSTANT)
LAST_SENT_AT = Property(messages.c.last_sent_at, Kind.INSTANT)

PUBLISHED = messages.c.is_public == literal_column("1")
ARCHIVED = (messages.c.is_public == literal_column("0")) & messages.c.last_sent_at.is_not(None)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages a caller looks for, and in which order, over the properties above; of which page."""

    where: ColumnElement[bool] | None = None
    order: Sequence[ColumnElement[Any]] = ()
    offset: int = 0
    limit: int = 20

    @property
    def is_plain(self) -> bool:
        """Whether nothing is left out and nobody asks for another order."""
        return self.where is None and not self.order


class MessagesPage(NamedTuple):
    """Some messages, and how many there are in all."""

    messages: Sequence[MessageHead]
    total: int


def list_messages(tx: Transaction, list_id: int, *, tags: Sequence[str] = (), selection: Selection) -> MessagesPage:
    """Return messages of a list; with tags only those that have one of them.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    return _page(tx, selection, messages.c.list_id == list_id, *([queries.with_a_tag(tags, list_id)] if tags else ()))


def list_all_messages(tx: Transaction, *, lists: Sequence[int] | None, selection: Selection) -> MessagesPage:
    """Return messages of lists, None for all of them."""
    if lists is None:
        return _page(tx, selection)
    return _page(tx, selection, or_(false(), *(messages.c.list_id == each for each in lists)))


def list_published(tx: Transaction, list_id: int, *, selection: Selection) -> MessagesPage:
    """Return the messages of a list that everybody may read online; none if the list keeps them to itself.

    Raises:
        UnknownList: the account has no such list.

    """
    return _of_library(tx, list_id, selection, PUBLISHED)


def list_archived(tx: Transaction, list_id: int, *, selection: Selection) -> MessagesPage:
    """Return the messages of a list that were sent and are not online; none if the list has no library.

    Raises:
        UnknownList: the account has no such list.

    """
    return _of_library(tx, list_id, selection, ARCHIVED)


def _of_library(tx: Transaction, list_id: int, selection: Selection, condition: ColumnElement[bool]) -> MessagesPage:
    if not get_list(tx, list_id).settings.public:
        return MessagesPage((), 0)
    return _page(tx, selection, messages.c.list_id == list_id, condition)


def _page(tx: Transaction, selection: Selection, *conditions: ColumnElement[bool]) -> MessagesPage:
    if selection.where is not None:
        conditions = (*conditions, selection.where)
    total = queries.count_messages(tx, conditions)
    if total <= selection.offset:
        return MessagesPage((), total)
    found = queries.messages_page(tx, conditions, order=selection.order, offset=selection.offset, limit=selection.limit)
    return MessagesPage(found, total)
