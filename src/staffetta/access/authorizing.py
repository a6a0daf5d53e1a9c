"""Users let applications act for them, and end that."""

from datetime import datetime

from staffetta.access import queries, token_queries
from staffetta.access.applications import get_application
from staffetta.access.model import Authorization, NotAuthorized, User
from staffetta.db import Connection, Transaction


def authorize(connection: Connection, user: User, client_id: str, *, now: datetime) -> None:
    """Note that a user lets an application act for them; a repeat changes nothing."""
    tx = connection.for_account(user.account_id)
    if not queries.is_authorized(tx, user.login, client_id):
        queries.insert_authorization(tx, user.login, client_id, granted_at=now)


def is_authorized(connection: Connection, user: User, client_id: str) -> bool:
    """Tell whether a user lets an application act for them."""
    return queries.is_authorized(connection.for_account(user.account_id), user.login, client_id)


def authorizations_of(tx: Transaction, login: str) -> list[Authorization]:
    """Return the applications that a user of the account lets act, by name."""
    return queries.authorizations_of(tx, login.strip().lower())


def revoke(tx: Transaction, login: str, client_id: str) -> None:
    """Let an application act for a user no longer: its codes and tokens are gone at once.

    Raises:
        NotAuthorized: the account has no such user, or they did not let it act.

    """
    of_user = login.strip().lower()
    queries.lock_user(tx, of_user)
    if not queries.delete_authorization(tx, of_user, client_id):
        raise NotAuthorized(f"{of_user} has not authorized this application")
    token_queries.delete_tokens_of_authorization(tx, of_user, client_id)


def revoke_application(connection: Connection, client_id: str, account_id: int | None = None) -> int:
    """Let an application act for no user of an account, or for nobody at all; return for how many it acted.

    They may let it act again: `block_application` is what keeps it out.

    Raises:
        UnknownApplication: there is none of this client id.

    """
    get_application(connection, client_id)
    queries.lock_application(connection, client_id)
    within = connection if account_id is None else connection.for_account(account_id)
    revoked = queries.delete_authorizations(within, client_id)
    token_queries.delete_tokens_of_application(within, client_id)
    return revoked
