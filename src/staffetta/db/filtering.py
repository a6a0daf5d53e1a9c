"""Filters and orders of callers, as conditions of SQL: the same meaning on both databases as in memory.

What a caller names must stand in a list of properties, and every value is bound: no text of a caller becomes SQL.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    false,
    func,
    not_,
    or_,
)

from staffetta.db.filter_values import Constant, Kind, Value, as_condition, change, compare, compute, search
from staffetta.db.texts import by_code_point
from staffetta.kit.filters import Node, Order
from staffetta.kit.filters.nodes import (
    LARGEST_INTEGER,
    Comparison,
    Computation,
    Either,
    Every,
    Literal,
    Method,
    Not,
    Reference,
    UnknownProperty,
)

__all__ = ["Kind", "Property", "ordering", "where"]

FIELD = re.compile(r"campo[1-9][0-9]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Property:
    """A property that callers may filter and order by."""

    column: ColumnElement[Any]
    kind: Kind


Properties = Mapping[str, Property]
# Returns a personal data field by its name or as `campo1`, None where there is none.
Fields = Callable[[str], ColumnElement[Any] | None]


def where(node: Node, properties: Properties, *, fields: Fields | None = None) -> ColumnElement[bool]:
    """Return a filter as a condition; names are matched in any case.

    `fields` finds what is asked for as `Fields['name']` or `campo1`.

    Raises:
        UnknownProperty: the filter names none of the properties.
        InvalidArgument: it compares or computes with what cannot be.

    """
    return _Compiler(properties, fields).condition(node)


def ordering(
    orders: Iterable[Order], properties: Properties, *, fields: Fields | None = None
) -> list[ColumnElement[Any]]:
    """Return what to sort by, with nothing before anything, as in memory.

    Raises:
        UnknownProperty: an order names none of the properties.

    """
    compiler = _Compiler(properties, fields)
    found = [(compiler.property_of(order.reference), order.descending) for order in orders]
    return [term for property_, descending in found for term in _terms(property_, descending)]


class _Compiler:
    """Makes an expression out of each node."""

    def __init__(self, properties: Properties, fields: Fields | None) -> None:
        self._properties = {name.lower(): property_ for name, property_ in properties.items()}
        self._fields = fields

    def condition(self, node: Node) -> ColumnElement[bool]:
        """Return a condition that may be NULL where it does not hold."""
        match node:
            case Every(parts=parts):
                return and_(*map(self.condition, parts))
            case Either(parts=parts):
                return or_(*map(self.condition, parts))
            case Not(operand=operand):
                return not_(func.coalesce(self.condition(operand), false()))
            case Comparison(operator=operator, left=left, right=right):
                return compare(operator, self.value(left), self.value(right))
            case Method(name="contains" | "startswith" | "endswith" | "equals" as name):
                return search(name, self.value(node.subject), self.value(node.arguments[0]))
            case _:
                return as_condition(self.value(node))

    def value(self, node: Node) -> Value | Constant:
        match node:
            case Literal(value=value):
                return Constant(value)
            case Reference():
                return _of_property(self.property_of(node))
            case Computation(operator=operator, left=left, right=right):
                return compute(operator, self.value(left), self.value(right))
            case Method(name="trim" | "tolower" | "toupper" | "length" as name):
                return change(name, self.value(node.subject))
            case _:
                # A condition that is compared: `Name.Contains('x')==true`.
                return Value(case((self.condition(node), 1), else_=0), Kind.FLAG)

    def property_of(self, reference: Reference) -> Property:
        found = self._properties.get(reference.name.lower()) if reference.key is None else None
        return found or Property(self._field(reference), Kind.TEXT)

    def _field(self, reference: Reference) -> ColumnElement[Any]:
        name = reference.key if reference.name.lower() == "fields" else reference.name
        asked = reference.key is not None or FIELD.fullmatch(reference.name)
        column = self._fields(name) if self._fields and name and asked else None
        if column is None:
            raise UnknownProperty(reference)
        return column


def _terms(property_: Property, descending: bool) -> list[ColumnElement[Any]]:
    column = property_.column
    columns: list[ColumnElement[Any]] = [column]
    if property_.kind is Kind.TEXT:
        # People look for a name in one alphabet; the code points decide between those that differ in case alone.
        columns = [by_code_point(func.lower(column)), by_code_point(column)]
    terms = [term.desc() if descending else term.asc() for term in columns]
    # PostgreSQL sorts nothing last unless told otherwise, and does not use an index that is sorted so: an address is
    # missing on no list that mail is sent to.
    if property_.kind is not Kind.ADDRESS and getattr(column, "nullable", True):
        terms[0] = terms[0].nulls_last() if descending else terms[0].nulls_first()
    return list(terms)


def _of_property(property_: Property) -> Value:
    is_long = isinstance(property_.column.type, BigInteger)
    return Value(property_.column, property_.kind, LARGEST_INTEGER if is_long else 2**31)
