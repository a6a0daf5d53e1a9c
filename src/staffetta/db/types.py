"""Column types that mean the same on both databases."""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import BigInteger, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

E = TypeVar("E", bound=IntEnum)

# SQLite's STRICT tables know one name for integers of every width.
LongInteger = BigInteger().with_variant(Integer(), "sqlite")
_SmallInteger = SmallInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An instant in UTC, kept as microseconds since 1970: exact, ordered, and the same number on both databases."""

    impl = LongInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002 - the base's
        return _instant_in

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002 - the base's
        return _instant_out


def to_microseconds(instant: datetime) -> int:
    """Return an aware instant as the database keeps it."""
    return round(instant.timestamp() * 1_000_000)


def _instant_in(value: datetime | None) -> int | None:
    return None if value is None else round(value.timestamp() * 1_000_000)


def _instant_out(value: int | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0."""

    impl = _SmallInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return _integer_in(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002 - the base's
        return lambda value: None if value is None else bool(value)


class EnumOf(TypeDecorator[E], Generic[E]):
    """A member of an IntEnum, kept as its number."""

    impl = _SmallInteger
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def bind_processor(self, dialect: Dialect) -> Any:
        return _integer_in(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002 - the base's
        member = self.enum._value2member_map_.__getitem__
        return lambda value: None if value is None else member(value)


def _integer_in(dialect: Dialect) -> Any:
    """SQLite's driver takes any kind of integer for one; psycopg writes a bool or a member as what it is."""
    return None if dialect.name == "sqlite" else lambda value: None if value is None else int(value)


class Json(TypeDecorator[Any]):
    """A JSON document: JSONB on PostgreSQL, text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else Text())

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002 - the base's
        return lambda value: None if value is None else msgspec.json.encode(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002 - the base's
        if dialect.name == "postgresql":  # psycopg has decoded it
            return None
        return lambda text: None if text is None else msgspec.json.decode(text)
