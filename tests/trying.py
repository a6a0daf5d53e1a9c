"""What tests of several packages share: an hour, and transactions that leave nothing behind."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from staffetta.db import Connection, Database

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class UndoneError(Exception):
    """Raised to undo a transaction."""


def undone(database: Database) -> Iterator[Connection]:
    """Open a transaction that is undone at the end; a fixture yields from it."""
    with suppress(UndoneError), database.connection() as connection:
        yield connection
        raise UndoneError
