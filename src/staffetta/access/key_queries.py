"""The SQL of access keys: they are found across accounts, for a key is what says whose it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, insert, select, update

from staffetta.access.queries import USER_COLUMNS
from staffetta.access.tables import access_keys
from staffetta.accounts.tables import accounts, users
from staffetta.db import Connection, Statement, Transaction

# Whoever logs in deletes so many that have expired: more than one was issued, and no burden on one call.
MOST_DELETED = 20

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_KEY = access_keys.c
_NOW = bindparam("now", type_=_KEY.expires_at.type)
_USER = (*USER_COLUMNS, accounts.c.state)
_OF_LOGIN = (_KEY.account_id == _ACCOUNT, _KEY.login == bindparam("login"))

# Every call of the services but Import runs this one.
KEY = Statement(
    select(*_USER, _KEY.expires_at)
    .select_from(access_keys)
    .join(users, and_(users.c.account_id == _KEY.account_id, users.c.login == _KEY.login))
    .join(accounts, accounts.c.id == _KEY.account_id)
    .where(_KEY.digest == bindparam("digest"), _KEY.expires_at > _NOW)
)
# The row stays as it is until the key is committed: one that is issued while the password changes must not outlive it.
STANDING = Statement(
    select(*_USER)
    .select_from(users)
    .join(accounts, accounts.c.id == users.c.account_id)
    .where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("login"))
    .with_for_update(read=True, of=[users])
)
INSERT_KEY = Statement(
    insert(access_keys).values(
        account_id=_ACCOUNT, **{name: bindparam(name) for name in ("digest", "login", "issued_at", "expires_at")}
    )
)
PROLONG = Statement(
    update(access_keys).where(_KEY.digest == bindparam("of_digest")).values(expires_at=bindparam("new_expires_at"))
)
DELETE_KEY = Statement(delete(access_keys).where(_KEY.digest == bindparam("digest")))
DELETE_OF_USER = Statement(delete(access_keys).where(*_OF_LOGIN))
DELETE_EXPIRED = Statement(
    delete(access_keys).where(
        _KEY.digest.in_(
            select(_KEY.digest)
            .where(_KEY.expires_at <= _NOW)
            .order_by(_KEY.expires_at)
            .limit(MOST_DELETED)
            .with_for_update(skip_locked=True)
        )
    )
)


def find_key(connection: Connection, digest: bytes, *, now: datetime) -> Any:
    """Return the user's columns, the account's state and `expires_at` of a key that is good."""
    return connection.first(KEY, digest=digest, now=now)


def standing(tx: Transaction, login: str) -> Any:
    """Return how a user and their account stand; on PostgreSQL the user does not change meanwhile."""
    return tx.first(STANDING, login=login)


def insert_key(tx: Transaction, login: str, digest: bytes, *, issued_at: datetime, expires_at: datetime) -> None:
    """Add a key."""
    tx.run(INSERT_KEY, login=login, digest=digest, issued_at=issued_at, expires_at=expires_at)


def prolong(connection: Connection, digest: bytes, *, expires_at: datetime) -> None:
    """Let a key expire later."""
    connection.run(PROLONG, of_digest=digest, new_expires_at=expires_at)


def delete_key(connection: Connection, digest: bytes) -> bool:
    """Delete a key; False where it is gone."""
    return connection.changed(DELETE_KEY, digest=digest) == 1


def delete_keys_of_user(tx: Transaction, login: str) -> None:
    """Delete every key of a user."""
    tx.run(DELETE_OF_USER, login=login)


def delete_expired(connection: Connection, *, now: datetime) -> None:
    """Delete a few keys that have expired."""
    connection.run(DELETE_EXPIRED, now=now)
