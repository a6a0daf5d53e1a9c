"""The SQL of sessions: they are found across accounts, for a session is what says whose it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, insert, select, update

from staffetta.access.queries import USER_COLUMNS
from staffetta.access.tables import sessions
from staffetta.accounts.tables import accounts, users
from staffetta.db import Connection, Statement, Transaction

# Whoever signs in deletes so many that have expired: more than one was opened, and no burden on one call.
MOST_DELETED = 20

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_SESSION = sessions.c
_NOW = bindparam("now", type_=_SESSION.expires_at.type)

SESSION = Statement(
    select(*USER_COLUMNS, accounts.c.state, _SESSION.signed_in_at, _SESSION.expires_at)
    .select_from(sessions)
    .join(users, and_(users.c.account_id == _SESSION.account_id, users.c.login == _SESSION.login))
    .join(accounts, accounts.c.id == _SESSION.account_id)
    .where(_SESSION.digest == bindparam("digest"), _SESSION.expires_at > _NOW)
)
INSERT_SESSION = Statement(
    insert(sessions).values(
        account_id=_ACCOUNT, **{name: bindparam(name) for name in ("digest", "login", "signed_in_at", "expires_at")}
    )
)
PROLONG = Statement(
    update(sessions).where(_SESSION.digest == bindparam("of_digest")).values(expires_at=bindparam("new_expires_at"))
)
DELETE_SESSION = Statement(delete(sessions).where(_SESSION.digest == bindparam("digest")))
DELETE_OF_USER = Statement(
    delete(sessions).where(_SESSION.account_id == _ACCOUNT, _SESSION.login == bindparam("login"))
)
DELETE_EXPIRED = Statement(
    delete(sessions).where(
        _SESSION.digest.in_(
            select(_SESSION.digest)
            .where(_SESSION.expires_at <= _NOW)
            .order_by(_SESSION.expires_at)
            .limit(MOST_DELETED)
            .with_for_update(skip_locked=True)
        )
    )
)


def find_session(connection: Connection, digest: bytes, *, now: datetime) -> Any:
    """Return the user's columns, the account's state and the times of a session that is good."""
    return connection.first(SESSION, digest=digest, now=now)


def insert_session(tx: Transaction, login: str, digest: bytes, *, signed_in_at: datetime, expires_at: datetime) -> None:
    """Add a session."""
    tx.run(INSERT_SESSION, login=login, digest=digest, signed_in_at=signed_in_at, expires_at=expires_at)


def prolong(connection: Connection, digest: bytes, *, expires_at: datetime) -> None:
    """Let a session expire later."""
    connection.run(PROLONG, of_digest=digest, new_expires_at=expires_at)


def delete_session(connection: Connection, digest: bytes) -> None:
    """Delete a session."""
    connection.run(DELETE_SESSION, digest=digest)


def delete_sessions_of(tx: Transaction, login: str) -> None:
    """Delete every session of a user."""
    tx.run(DELETE_OF_USER, login=login)


def delete_expired(connection: Connection, *, now: datetime) -> None:
    """Delete a few sessions that have expired."""
    connection.run(DELETE_EXPIRED, now=now)
