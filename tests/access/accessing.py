"""What tests of access share: an application, users, and transactions over two accounts."""

from itertools import count
from typing import Any

from staffetta.access import NewApplication, Tokens, User, add_application, get_user, issue_tokens
from staffetta.access.queries import insert_user
from staffetta.accounts import NO_PASSWORD, UserKind
from staffetta.db import Connection
from trying import NOON

CALLBACK = "https://shop.example/callback"
_numbers = count(1)


def make_application(connection: Connection, **options: Any) -> NewApplication:
    """Register an application with credentials of its own."""
    given = {"client_id": None, "client_secret": None, "now": NOON} | options
    return add_application(connection, given.pop("name", "Shop"), **given)


def make_user(
    connection: Connection,
    account_id: int,
    *,
    kind: UserKind = UserKind.CONSOLE,
    visible_lists: tuple[int, ...] | None = None,
) -> User:
    """Add a user without a password: hashing one takes a tenth of a second."""
    login = f"user{next(_numbers)}@example.com"
    tx = connection.for_account(account_id)
    insert_user(tx, login, kind=kind, password_hash=NO_PASSWORD, visible_lists=visible_lists, now=NOON)
    return get_user(connection, login)


def make_tokens(connection: Connection, user: User, application: NewApplication) -> Tokens:
    """Issue tokens at noon."""
    return issue_tokens(connection, user, application.application.client_id, now=NOON)
