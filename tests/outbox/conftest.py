"""A connection whose changes are undone: senders see the deliveries of every account."""

from collections.abc import Iterator

import pytest

from staffetta.db import Connection, Database, Transaction
from trying import undone


@pytest.fixture
def connection(own_database: Database) -> Iterator[Connection]:
    """A transaction over an empty outbox, undone at the end."""
    yield from undone(own_database)


@pytest.fixture
def ours(connection: Connection) -> Transaction:
    """The same transaction within the wall of one account."""
    return connection.for_account(1)


@pytest.fixture
def theirs(connection: Connection) -> Transaction:
    """The same transaction within the wall of another account."""
    return connection.for_account(2)
