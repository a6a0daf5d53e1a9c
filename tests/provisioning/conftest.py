"""Fixtures: an application that may ask for accounts, and a database without activations of other tests."""

from collections.abc import Iterator

import pytest

from provisioning.asking import FORGET, register
from staffetta.db import Connection, Database
from staffetta.provisioning import end_maintenance
from trying import NOON, undone


@pytest.fixture
def connection(own_database: Database) -> Iterator[Connection]:
    """A transaction across accounts that leaves nothing behind."""
    yield from undone(own_database)


@pytest.fixture
def client_id(connection: Connection) -> str:
    """An application that may ask for accounts."""
    return register(connection).application.client_id


@pytest.fixture
def quiet(own_database: Database) -> Database:
    """A database in which nobody waits for an account."""
    with own_database.connection() as connection:
        connection.run(FORGET)
        end_maintenance(connection, now=NOON)
    return own_database
