"""Pages of collections: what a query asks for (contract 5), and the page that answers it."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import Parameters
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.kit.filters import (
    Node,
    Order,
    exact_values,
    parse_filter,
    parse_order,
    predicate,
    sorted_by,
)

DEFAULT_SIZE = 20
# Clients read whole collections by pages of 1,000; more makes an answer of megabytes.
LARGEST_SIZE = 1_000
# `Skipped` is an integer of 32 bits to .NET clients, and so is an OFFSET to no database a problem.
LARGEST_OFFSET = 2**31 - 1
MOST_DIGITS = 10
# No number as long is beyond 64 bits.
LONGEST_CURSOR = 18
# Compared without regard to case, whatever the collection.
ADDRESSES = frozenset({"email", "emailaddress"})

Getter = Callable[[Any], Any]


class PageRequest(msgspec.Struct, frozen=True):
    """The page that a query asks for, counted from zero."""

    number: int = 0
    size: int = DEFAULT_SIZE

    @property
    def offset(self) -> int:
        """How many items lie before the page."""
        return self.number * self.size


class Paged(msgspec.Struct, frozen=True):
    """The items of one page, and how many there are on all of them."""

    items: Sequence[Any]
    total: int
    request: PageRequest


def page_request(query: Parameters) -> PageRequest:
    """Return the page that a query asks for; what is no number above zero is the default.

    Pages have at most 1,000 items, and none begins beyond what 32 bits can count.
    """
    size = min(_number(query, "pagesize") or DEFAULT_SIZE, LARGEST_SIZE)
    return PageRequest(min(_number(query, "pagenumber"), LARGEST_OFFSET // size), size)


def cursor_of(query: Parameters, name: str) -> int | None:
    """Return where a page goes on that the one before has named as `Next`, None for the first one.

    Raises:
        InvalidArgument: it is no number: whoever took it for the first page would read that for ever.

    """
    text = query.first(name.lower()).strip(' "')
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_CURSOR):
        raise InvalidArgument(f"{name}: the Next of the page before is wanted.")
    return int(text)


def filter_of(query: Parameters) -> Node | None:
    """Return the filter of a query, None where there is none.

    Raises:
        InvalidArgument: it cannot be read.

    """
    text = query.first("filterby")
    return parse_filter(text) if text else None


def order_of(query: Parameters) -> tuple[Order, ...]:
    """Return what a query asks to sort by, perhaps nothing.

    Raises:
        InvalidArgument: it cannot be read.

    """
    # One client builds `orderby[]=…` of a list; the first value counts.
    text = query.first("orderby") or query.first("orderby[]")
    return parse_order(text) if text else ()


def page_of(
    query: Parameters,
    items: Sequence[Any],
    *,
    key: str,
    aliases: Mapping[str, str] = {},
    of: type[msgspec.Struct] | None = None,
) -> Paged:
    """Filter, order and cut a whole collection of structs, by the names that their members have on the wire.

    Without an order the newest stand first, by descending `key`, but after an address that the filter asks for.
    `aliases` are further names: `{"idTag": "Id"}`. `of` is the items' type, for when there may be none of them.

    Raises:
        InvalidArgument: the filter or the order cannot be read, or names what the items do not have.

    """
    request, condition, orders = page_request(query), filter_of(query), order_of(query)
    type_ = of or (type(items[0]) if items else None)
    if type_ is None:
        return Paged((), 0, request)
    getters = _getters(type_, aliases)
    if condition is not None:
        items = list(filter(predicate(condition, getters, addresses=ADDRESSES), items))
    items = sorted_by(items, (*(orders or _exact_first(condition, getters)), Order(key, descending=True)), getters)
    return Paged(items[request.offset : request.offset + request.size], len(items), request)


def envelope(paged: Paged) -> Page[Any]:
    """Return a page as it stands on the wire."""
    request = paged.request
    return Page(
        IsPaginated=paged.total > request.size,
        Items=paged.items,
        PageNumber=request.number,
        PageSize=request.size,
        Skipped=request.offset,
        TotalElementsCount=paged.total,
    )


def _getters(type_: type[msgspec.Struct], aliases: Mapping[str, str]) -> dict[str, Getter]:
    names = zip(type_.__struct_encode_fields__, type_.__struct_fields__, strict=True)
    getters: dict[str, Getter] = {name: attrgetter(field) for name, field in names}
    return getters | {alias: getters[name] for alias, name in aliases.items()}


def _exact_first(condition: Node | None, getters: dict[str, Getter]) -> tuple[Order, ...]:
    """Order an address that is asked for before those that contain it: clients take the first item (trap K21)."""
    asked = {
        (name, value.lower())
        for name in getters
        if name.lower() in ADDRESSES
        for value in exact_values(condition, name)
    }
    if not asked:
        return ()
    # A name that no filter can spell.
    getters["*"] = lambda item: any(str(getters[name](item)).lower() == value for name, value in asked)
    return (Order("*", descending=True),)


def _number(query: Parameters, name: str) -> int:
    text = query.first(name).strip(' "')
    if not (text.isascii() and text.isdigit()):
        return 0
    return int(text[:MOST_DIGITS]) if len(text) <= MOST_DIGITS else LARGEST_OFFSET
