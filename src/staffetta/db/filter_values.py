"""What the values of a filter are in SQL, and how they are compared, searched and computed with.

Texts are searched by functions, not by LIKE, which SQLite matches in any case and which has wildcards.
"""

import enum
from dataclasses import dataclass
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    true,
    type_coerce,
)

from staffetta.db.texts import by_code_point, position, trimmed
from staffetta.db.types import Instant, LongInteger
from staffetta.errors import InvalidArgument
from staffetta.kit.filters.nodes import (
    LARGEST_INTEGER,
    no_condition,
)
from staffetta.kit.filters.values import (
    BLANKS,
    COMPARISONS,
    FLIPPED,
    MOST_SHIFTED_BITS,
    Moment,
    as_flag,
    as_moment,
    as_number,
    as_text,
    bad_shift,
    called,
    coerced,
    compared,
    computed,
    not_a_text,
    not_whole,
    too_large,
    truth,
)


class Kind(enum.Enum):
    """What the values of a property are, and so what they can be compared with."""

    INTEGER = enum.auto()
    TEXT = enum.auto()
    ADDRESS = enum.auto()  # kept in lower case, and compared in any
    FLAG = enum.auto()
    INSTANT = enum.auto()


TEXTS = (Kind.TEXT, Kind.ADDRESS)


@dataclass(frozen=True, slots=True)
class Value:
    """An expression; `largest` is what its numbers do not exceed, up or down."""

    expression: ColumnElement[Any]
    kind: Kind
    largest: int = 0


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known beforehand: what has no property in it is worked out here, not by the database."""

    value: Any


def as_condition(value: Value | Constant) -> ColumnElement[bool]:
    """Return a value that is a condition by itself."""
    if isinstance(value, Constant):
        return true() if truth(value.value) else _never()
    if value.kind is not Kind.FLAG:
        raise no_condition()
    return value.expression == _integer(1)


def compare(operator: str, left: Value | Constant, right: Value | Constant) -> ColumnElement[bool]:
    """Return how two values must stand to each other; a literal becomes of the other's kind."""
    match left, right:
        case Constant(value=first), Constant(value=second):
            return true() if compared(operator, first, coerced(second, first)) else _never()
        case Constant(value=first), Value():
            return _compare_to_constant(FLIPPED[operator], right, first)
        case Value(), Constant(value=second):
            return _compare_to_constant(operator, left, second)
        case Value(), Value():
            return _compare_values(operator, left, right)
    raise TypeError(operator)  # pragma: no cover


def _compare_to_constant(operator: str, left: Value, constant: Any) -> ColumnElement[bool]:
    if constant is None:
        absent = left.expression.is_(None)
        return {"==": absent, "!=": left.expression.is_not(None)}.get(operator, _never())
    match left.kind:
        case Kind.INTEGER:
            number = as_number(constant)
            bound = _integer(number) if isinstance(number, int) else literal(number, Double())
            return _compared(operator, left.expression, bound)
        case Kind.FLAG:
            return _compared(operator, left.expression, _integer(int(as_flag(constant))))
        case Kind.INSTANT:
            return _compare_to_moment(operator, left.expression, as_moment(constant))
        case _:
            text = as_text(constant)
            text = text.lower() if left.kind is Kind.ADDRESS else text
            return _compared(operator, *_alike(operator, left.expression, literal(text, Text())))


def _compare_to_moment(operator: str, column: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
    start, end = literal(moment.start, Instant()), literal(moment.end, Instant())
    match operator:
        case "==":
            return and_(column >= start, column < end)
        case "!=":
            return or_(column.is_(None), column < start, column >= end)
        case "<" | ">=":
            return _compared(operator, column, start)
        case "<=":
            return column < end
        case _:
            return column >= end


def _compare_values(operator: str, left: Value, right: Value) -> ColumnElement[bool]:
    first, second = left.expression, right.expression
    if left.kind is not right.kind:
        if not (left.kind in TEXTS and right.kind in TEXTS):
            raise InvalidArgument("filterby compares values of different kinds")
        first, second = func.lower(first), func.lower(second)
    if left.kind in TEXTS:
        first, second = _alike(operator, first, second)
    if operator == "==":
        return first.is_not_distinct_from(second)
    return _compared(operator, first, second)


def _compared(operator: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    if operator == "!=":
        return left.is_distinct_from(right)
    return cast_type("ColumnElement[bool]", COMPARISONS[operator](left, right))


def _alike(
    operator: str, left: ColumnElement[Any], right: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Sort texts by code point; whether they are equal is the same by every collation, and can be looked up."""
    if operator in {"==", "!="}:
        return left, right
    return by_code_point(left), by_code_point(right)


def search(name: str, subject: Value | Constant, argument: Value | Constant) -> ColumnElement[bool]:
    """Return whether a text contains, begins with, ends with or equals another."""
    if name == "equals":
        return compare("==", subject, argument)
    if isinstance(argument, Constant):
        argument = Constant(coerced(argument.value, ""))
    if isinstance(subject, Constant) and isinstance(argument, Constant):
        return true() if called(name, subject.value, (argument.value,)) else _never()
    text, part = _texts(name, subject, argument)
    if Constant(None) in (subject, argument):
        return _never()
    match name:
        case "contains":
            return position(text, part) > 0
        case "startswith":
            return func.substr(text, 1, func.length(part)) == part
        case _:
            return func.substr(text, func.length(text) - func.length(part) + 1) == part


def _texts(name: str, *values: Value | Constant) -> list[ColumnElement[Any]]:
    """Return a text and what is looked for in it, in lower case if one of them is an address."""
    kinds = {value.kind for value in values if isinstance(value, Value)}
    if kinds - set(TEXTS) or any(isinstance(v, Constant) and not isinstance(v.value, str | None) for v in values):
        raise not_a_text(name)
    has_address = Kind.ADDRESS in kinds
    found: list[ColumnElement[Any]] = []
    for value in values:
        if isinstance(value, Constant):
            text = value.value.lower() if has_address and value.value is not None else value.value
            found.append(literal(text, Text()))
        else:
            lowered = has_address and value.kind is Kind.TEXT
            found.append(func.lower(value.expression) if lowered else value.expression)
    return found


def change(name: str, subject: Value | Constant) -> Value | Constant:
    """Return a text trimmed or in another case, or its length."""
    if isinstance(subject, Constant):
        return Constant(called(name, subject.value, ()))
    if subject.kind not in TEXTS:
        raise not_a_text(name)
    text = subject.expression
    if name == "length":
        return Value(func.length(text, type_=Integer()), Kind.INTEGER, 2**31)
    if subject.kind is Kind.ADDRESS:  # without blanks, and its case means nothing: the index can still be used
        return subject
    match name:
        case "trim":
            return Value(trimmed(text, literal(BLANKS, Text())), Kind.TEXT)
        case "tolower":
            return Value(func.lower(text), Kind.TEXT)
        case _:
            return Value(func.upper(text), Kind.TEXT)


def compute(operator: str, left: Value | Constant, right: Value | Constant) -> Value | Constant:
    """Return what comes of two whole numbers; refused where it could have more than 64 bits."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Constant(computed(operator, left.value, right.value))
    first, second = _number(left), _number(right)
    if first is None or second is None:
        return Constant(None)
    if operator in {"<<", ">>"}:
        if not (isinstance(right, Constant) and 0 <= right.value <= MOST_SHIFTED_BITS):
            raise bad_shift()
        if operator == "<<":
            operator, second = "*", Value(_integer(2**right.value), Kind.INTEGER, 2**right.value)
    largest = _largest(operator, first.largest, second.largest)
    if largest > LARGEST_INTEGER:
        raise too_large()
    return Value(_calculated(operator, first.expression, second.expression), Kind.INTEGER, largest)


def _number(value: Value | Constant) -> Value | None:
    if isinstance(value, Value):
        if value.kind is not Kind.INTEGER:
            raise not_whole()
        return Value(cast(value.expression, LongInteger), Kind.INTEGER, value.largest)
    if value.value is None:
        return None
    if isinstance(value.value, bool) or not isinstance(value.value, int):
        raise not_whole()
    return Value(_integer(value.value), Kind.INTEGER, abs(value.value))


def _largest(operator: str, left: int, right: int) -> int:
    match operator:
        case "+" | "-":
            return left + right
        case "*":
            return left * right
        case "%":
            return min(left, right)
        case _:
            return left


def _calculated(operator: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
    if operator == ">>":
        # PostgreSQL wants the bits to shift by as an ordinary integer.
        right = cast(right, Integer)
    elif operator in {"/", "%"}:
        right = func.nullif(right, _integer(0), type_=LongInteger)
    if operator == "%":
        return type_coerce(left % right, LongInteger)
    return left.op(operator, return_type=LongInteger)(right).self_group()


def _never() -> ColumnElement[bool]:
    # SQLAlchemy's false() would swallow the other conditions, and with them the one on the account.
    return _integer(0) == _integer(1)


def _integer(value: int) -> ColumnElement[Any]:
    return literal(value, LongInteger)
