"""The order of a collection: `idList desc`, `Name asc;idGroup desc`, with the spellings that clients use."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from staffetta.errors import InvalidArgument
from staffetta.kit.filters.nodes import LONGEST_ECHO, Order, UnknownProperty

T = TypeVar("T")

LONGEST_ORDER = 1_000
MOST_TERMS = 10
TERM = re.compile(
    r"(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?:\[\s*(?P<quote>['\"])(?P<key>[^'\"\x00]*)(?P=quote)\s*\])?"
    r"(?:\s+(?P<direction>asc|desc)(?:ending)?)?\s*(?:[;,]\s*|$)",
    re.IGNORECASE,
)


def parse_order(text: str) -> tuple[Order, ...]:
    """Read what to sort by; no text, or delimiters alone, say nothing.

    Raises:
        InvalidArgument: not a name and a direction, or more than ten of them.

    """
    if len(text) > LONGEST_ORDER:
        raise InvalidArgument(f"orderby has more than {LONGEST_ORDER} characters")
    terms = _without_delimiters(text.replace("+", " ").strip()).strip(" ;,")
    orders: list[Order] = []
    position = 0
    while position < len(terms):
        term = TERM.match(terms, position)
        if term is None:
            raise InvalidArgument(f"orderby cannot be read: {terms[position : position + LONGEST_ECHO]}")
        descending = (term["direction"] or "").lower() == "desc"
        orders.append(Order(term["name"], descending, term["key"]))
        position = term.end()
    if len(orders) > MOST_TERMS:
        raise InvalidArgument(f"orderby names more than {MOST_TERMS} properties")
    return tuple(orders)


def sorted_by(items: Iterable[T], orders: Iterable[Order], getters: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """Return the items in order, nothing before anything; those that are equal stay as they stood.

    Raises:
        UnknownProperty: the items have no such property.

    """
    known = {name.lower(): getter for name, getter in getters.items()}
    ordered = list(items)
    for order in reversed(tuple(orders)):
        getter = known.get(order.name.lower())
        if getter is None:
            raise UnknownProperty(order.reference)
        ordered.sort(key=_sort_key(getter, order.key), reverse=order.descending)
    return ordered


def _sort_key(getter: Callable[[T], Any], key: str | None) -> Callable[[T], Any]:
    def key_of(item: T) -> Any:
        value = getter(item)
        if key is not None:
            value = value.get(key)
        if value is None:
            return (False,)
        return (True, value.lower(), value) if isinstance(value, str) else (True, value)

    return key_of


def _without_delimiters(text: str) -> str:
    start = 1 if text[:1] in {'"', "["} else 0
    # The bracket of Fields['name'] closes what it opened.
    ends = text.endswith('"') or (text.endswith("]") and text.count("]") > text.count("[", start))
    return text[start : len(text) - ends]
