"""Fixtures of access: a transaction across accounts that leaves nothing behind, and who is in it."""

from collections.abc import Iterator

import pytest

from access.accessing import make_application, make_user
from staffetta.access import NewApplication, User
from staffetta.accounts import create_account
from staffetta.db import Connection, Database
from trying import NOON, undone


@pytest.fixture
def connection(own_database: Database) -> Iterator[Connection]:
    yield from undone(own_database)


@pytest.fixture
def ours(connection: Connection) -> int:
    """The id of an account."""
    return _make(connection)


@pytest.fixture
def theirs(connection: Connection, ours: int) -> int:
    """The id of another account."""
    return _make(connection)


def _make(connection: Connection) -> int:
    return create_account(connection, account_id=None, name="", hosts=(), password=None, now=NOON).id


@pytest.fixture
def shop(connection: Connection) -> NewApplication:
    """An application."""
    return make_application(connection)


@pytest.fixture
def client_id(shop: NewApplication) -> str:
    """Its client id."""
    return shop.application.client_id


@pytest.fixture
def ada(connection: Connection, ours: int) -> User:
    """A console user of our account."""
    return make_user(connection, ours)
