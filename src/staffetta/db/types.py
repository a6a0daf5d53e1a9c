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

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the base's
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base's
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


def to_microseconds(instant: datetime) -> int:
    """Return an aware instant as the database keeps it."""
    return round(instant.timestamp() * 1_000_000)


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0."""

    impl = _SmallInteger
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the base's
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:  # noqa: ARG002 - the base's
        return None if value is None else bool(value)


class EnumOf(TypeDecorator[E], Generic[E]):
    """A member of an IntEnum, kept as its number."""

    impl = _SmallInteger
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the base's
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> E | None:  # noqa: ARG002 - the base's
        return None if value is None else self.enum(value)


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
