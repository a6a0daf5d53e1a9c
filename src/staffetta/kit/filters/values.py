"""What values mean when they are compared and computed with: the same in memory and, by `db.filtering`, in SQL."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from staffetta.errors import InvalidArgument
from staffetta.kit.filters.nodes import LARGEST_INTEGER, no_condition

# What .NET calls white space; the databases' own trim knows the blank alone.
BLANKS = (
    " \t\n\r\f\v\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
MOST_SHIFTED_BITS = 62
NUMBER = re.compile(r"[+-]?\d{1,19}(?:\.\d{1,15})?", re.ASCII)
FRACTION = re.compile(r"[.,](\d+)")


class Address(str):
    """An email address: compared without regard to case."""

    __slots__ = ()


class Moment(NamedTuple):
    """The time that a date text stands for: up to the end of its second, or of its last decimal place."""

    start: datetime
    end: datetime


def compared(operator_: str, left: Any, right: Any) -> bool:
    """Tell how two values stand to each other; nothing equals nothing alone, and is neither less nor more."""
    if left is None or right is None:
        return {"==": left is right, "!=": left is not right}.get(operator_, False)
    if isinstance(right, Moment):
        return _compared_to_moment(operator_, left, right)
    if isinstance(left, Address) or isinstance(right, Address):
        left, right = left.lower(), right.lower()
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, datetime) != isinstance(right, datetime):
        raise InvalidArgument("filterby compares values of different kinds")
    return COMPARISONS[operator_](left, right)


def coerced(value: Any, like: Any) -> Any:
    """Return a literal as a value of the kind that `like` has; nothing stays nothing.

    Raises:
        InvalidArgument: it cannot be understood so.

    """
    if value is None or like is None:
        return value
    match like:
        case bool():
            return as_flag(value)
        case int() | float():
            return as_number(value)
        case datetime():
            return as_moment(value)
        case str():
            return as_text(value)
        case _:
            raise InvalidArgument("filterby: such a property cannot be compared")


def as_text(value: Any) -> str:
    """Return a literal as a text."""
    if isinstance(value, bool):
        raise InvalidArgument("filterby compares a text with true or false")
    return str(value)


def as_number(value: Any) -> int | float:
    """Return a literal as a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and NUMBER.fullmatch(text := value.strip()):
        if "." in text:
            return float(text)
        if abs(int(text)) <= LARGEST_INTEGER:
            return int(text)
    raise InvalidArgument("filterby compares a number with what is none")


def as_flag(value: Any) -> bool:
    """Return a literal as a yes or no."""
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    key = value.strip().lower() if isinstance(value, str) else value
    if key not in known:
        raise InvalidArgument("filterby compares true or false with what is neither")
    return known[key]


def as_moment(value: Any) -> Moment:
    """Return a date text, in the spellings of contract 2.3, as the time that it stands for."""
    if not isinstance(value, str):
        raise InvalidArgument("filterby compares a date with what is none")
    text = value.strip(' "')
    try:
        start = datetime.fromisoformat(text)
        start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
        fraction = FRACTION.search(text)
        step = timedelta(microseconds=10 ** max(6 - len(fraction[1]), 0)) if fraction else timedelta(seconds=1)
        return Moment(start, start + step)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument("filterby compares a date with what is none; write 2016-11-28 12:34:36Z") from error


def computed(operator_: str, left: Any, right: Any) -> int | None:
    """Compute with whole numbers as C# does; nothing, and division by zero, make nothing.

    Raises:
        InvalidArgument: not whole numbers, or the result has more than 64 bits.

    """
    for value in (left, right):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise not_whole()
    if left is None or right is None:
        return None
    if operator_ in {"<<", ">>"} and not 0 <= right <= MOST_SHIFTED_BITS:
        raise bad_shift()
    result = _COMPUTATIONS[operator_](left, right)
    if result is not None and abs(result) > LARGEST_INTEGER:
        raise too_large()
    return result


def called(method: str, subject: Any, arguments: tuple[Any, ...]) -> Any:
    """Call a method of a text; nothing has none, contains nothing and equals nothing alone."""
    if method == "equals":
        return compared("==", subject, arguments[0])
    if any(value is not None and not isinstance(value, str) for value in (subject, *arguments)):
        raise not_a_text(method)
    if not arguments:
        return None if subject is None else _CHANGES[method](subject)
    argument = arguments[0]
    if subject is None or argument is None:
        return False
    if isinstance(subject, Address) or isinstance(argument, Address):
        subject, argument = subject.lower(), argument.lower()
    return _SEARCHES[method](subject, argument)


def truth(value: Any) -> bool:
    """Return a value as a condition; nothing does not hold."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise no_condition()
    return value


def not_whole() -> InvalidArgument:
    return InvalidArgument("filterby computes with whole numbers only")


def not_a_text(method: str) -> InvalidArgument:
    return InvalidArgument(f"filterby: {method} is for texts only")


def bad_shift() -> InvalidArgument:
    return InvalidArgument(f"filterby shifts by 0 to {MOST_SHIFTED_BITS} bits only")


def too_large() -> InvalidArgument:
    return InvalidArgument("filterby computes a number of more than 64 bits")


def _compared_to_moment(operator_: str, left: datetime, moment: Moment) -> bool:
    match operator_:
        case "==" | "!=":
            return (moment.start <= left < moment.end) == (operator_ == "==")
        case "<" | ">=":
            return COMPARISONS[operator_](left, moment.start)
        case "<=":
            return left < moment.end
        case _:
            return left >= moment.end


def _quotient(left: int, right: int) -> int | None:
    if right == 0:
        return None
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


def _remainder(left: int, right: int) -> int | None:
    quotient = _quotient(left, right)
    return None if quotient is None else left - quotient * right


_COMPUTATIONS: Mapping[str, Callable[[int, int], int | None]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": _remainder,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
# An address stays one, whatever its case; it has no blanks to trim.
_CHANGES: Mapping[str, Callable[[str], Any]] = {
    "trim": lambda text: text if isinstance(text, Address) else text.strip(BLANKS),
    "tolower": lambda text: text if isinstance(text, Address) else text.lower(),
    "toupper": lambda text: text if isinstance(text, Address) else text.upper(),
    "length": len,
}
_SEARCHES: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
