"""Listing: pages of those who stand on a list or are in a group, however many there are."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement

from staffetta.db import Transaction
from staffetta.db.filtering import Kind, Property, ordering, where
from staffetta.kit.filters import Node, Order, exact_values
from staffetta.lists import get_list
from staffetta.recipients import counting, counting_queries
from staffetta.recipients import listing_queries as queries
from staffetta.recipients.grouping import group_of
from staffetta.recipients.listing_queries import NEWEST, SHOWN, Chosen, Listed, Place, Standing
from staffetta.recipients.model import Channel, Status
from staffetta.recipients.profiles import numbers_by_name
from staffetta.recipients.tables import recipients, subscriptions

T = TypeVar("T")


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a caller looks for, and in which order; empty is everybody, newest first.

    `properties` are what the caller may name; a personal data field is named as `Fields['name']` or `campo1`. With
    `groups` only their members are looked for.
    """

    filter: Node | None = None
    order: tuple[Order, ...] = ()
    groups: tuple[int, ...] = ()
    properties: Mapping[str, Property] = msgspec.field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether everybody is looked for, newest first."""
        return self.is_everybody and not self.order

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is left out."""
        return self.filter is None and not self.groups


EVERYBODY = Selection()
ID = Property(recipients.c.id, Kind.INTEGER)
EMAIL = Property(recipients.c.email, Kind.ADDRESS)
NAME = Property(recipients.c.name, Kind.TEXT)
MOBILE_NUMBER = Property(queries.mobile_part(prefix=False), Kind.TEXT)
MOBILE_PREFIX = Property(queries.mobile_part(prefix=True), Kind.TEXT)
SUBSCRIBED_AT = Property(queries.changed_when(Status.SUBSCRIBED), Kind.INSTANT)
ASKED_AT = Property(queries.changed_when(Status.PENDING), Kind.INSTANT)
LEFT_AT = Property(queries.changed_when(Status.UNSUBSCRIBED), Kind.INSTANT)
CAUSE = Property(subscriptions.c.cause, Kind.INTEGER)


def status_property(words: Mapping[Status, str]) -> Property:
    """Return the status as a property whose values are an interface's own words."""
    return Property(queries.status_word(words), Kind.TEXT)


class Listing(NamedTuple, Generic[T]):
    """A page and how many there are on all pages."""

    rows: Sequence[T]
    total: int


def list_recipients(
    tx: Transaction,
    list_id: int,
    channel: Channel,
    status: Status,
    *,
    selection: Selection = EVERYBODY,
    offset: int,
    limit: int,
) -> Listing[Listed]:
    """Return a page of those who stand on a list with a status, newest first if not told otherwise.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    if not selection.is_plain:
        return _found(tx, list_id, channel, selection, Place(offset, limit), statuses=(status,), row_type=Listed)
    total = _count(tx, list_id, channel, (status,))
    if offset >= total:
        return Listing((), total)
    before, skipped = counting.locate(tx, list_id, channel, status, offset)
    place = Place(skipped, limit, NEWEST if before is None else before)
    return Listing(queries.page(tx, list_id, channel, status, place), total)


def list_standings(
    tx: Transaction, list_id: int, channel: Channel, *, selection: Selection = EVERYBODY, offset: int, limit: int
) -> Listing[Standing]:
    """Return a page of everybody on a list with where they stand, newest first if not told otherwise.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    if not selection.is_plain:
        return _found(tx, list_id, channel, selection, Place(offset, limit), statuses=SHOWN, row_type=Standing)
    total = _count(tx, list_id, channel, SHOWN)
    if offset >= total:
        return Listing((), total)
    return Listing(
        queries.standings_page(tx, list_id, channel, _locate_any(tx, list_id, channel, offset, limit)), total
    )


def list_members(
    tx: Transaction, group_id: int, *, selection: Selection = EVERYBODY, offset: int, limit: int
) -> Listing[Listed]:
    """Return a page of a group's members who are subscribed to its list by e-mail.

    Raises:
        UnknownGroup: the account has no such group.

    """
    group = group_of(tx, group_id)
    place = Place(offset, limit)
    if selection.is_plain:
        rows = queries.group_page(tx, group, Channel.EMAIL, Status.SUBSCRIBED, place)
        total = _total(rows, place) or queries.group_count(tx, group, Channel.EMAIL, Status.SUBSCRIBED)
        return Listing(rows, total)
    selection = msgspec.structs.replace(selection, groups=(group_id,))
    return _found(tx, group.list_id, Channel.EMAIL, selection, place, statuses=(Status.SUBSCRIBED,), row_type=Listed)


def _found(
    tx: Transaction,
    list_id: int,
    channel: Channel,
    selection: Selection,
    place: Place,
    *,
    statuses: Sequence[Status],
    row_type: type[Listed] | type[Standing],
) -> Listing[Any]:
    chosen = _chosen(tx, selection)
    rows = queries.found_page(tx, list_id, channel, chosen, place, statuses=statuses, row_type=row_type)
    total = _total(rows, place)
    if total is None and selection.is_everybody:
        total = _count(tx, list_id, channel, statuses)
    elif total is None:
        total = queries.found_count(tx, list_id, channel, chosen, statuses=statuses)
    return Listing(rows, total)


def _count(tx: Transaction, list_id: int, channel: Channel, statuses: Sequence[Status]) -> int:
    return sum(counting.count(tx, list_id, channel, status) for status in statuses)


def _chosen(tx: Transaction, selection: Selection) -> Chosen:
    def field(name: str) -> ColumnElement[str] | None:
        number = numbers_by_name(tx).get(name.strip().casefold())
        return None if number is None else queries.field_value(number)

    properties = selection.properties
    of_email = next((name for name, each in properties.items() if each is EMAIL), "")
    return Chosen(
        where=None if selection.filter is None else where(selection.filter, properties, fields=field),
        order=ordering(selection.order, properties, fields=field),
        exact=exact_values(selection.filter, of_email),
        groups=selection.groups,
    )


def _total(rows: Sequence[object], place: Place) -> int | None:
    """Return how many there are if the page itself says so: it is not full, and not past the end."""
    return place.skipped + len(rows) if 0 < len(rows) < place.most else None


def _locate_any(tx: Transaction, list_id: int, channel: Channel, offset: int, limit: int) -> Place:
    if offset < counting.BLOCK:
        return Place(offset, limit)
    members: dict[int, int] = {}
    for status in SHOWN:
        for block, count in counting_queries.blocks(tx, list_id, channel, status):
            members[block] = members.get(block, 0) + count
    before = NEWEST
    for block in sorted(members, reverse=True):
        if offset < members[block]:
            return Place(offset, limit, (block + 1) * counting.BLOCK)
        offset -= members[block]
        before = block * counting.BLOCK
    return Place(offset, limit, before)
