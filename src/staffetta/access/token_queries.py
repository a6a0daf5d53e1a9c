"""The SQL of tokens: they are found across accounts, for a token is what says whose it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, insert, select, update

from staffetta.access.model import TokenKind
from staffetta.access.queries import USER_COLUMNS
from staffetta.access.tables import application_blocks, applications, tokens
from staffetta.accounts.tables import accounts, users
from staffetta.db import Connection, Statement, Transaction

# Whoever issues tokens deletes so many that have expired: more than were issued, and no burden on one request.
MOST_DELETED = 20

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_TOKEN = tokens.c
_NOW = bindparam("now", type_=_TOKEN.expires_at.type)
_BLOCK = and_(
    application_blocks.c.account_id == users.c.account_id, application_blocks.c.client_id == applications.c.client_id
)
_OF_LOGIN = (_TOKEN.account_id == _ACCOUNT, _TOKEN.login == bindparam("login"))
_OF_CLIENT = _TOKEN.client_id == bindparam("client_id")

# Every call of the REST interface runs this one.
GRANT = Statement(
    select(*USER_COLUMNS, _TOKEN.client_id)
    .select_from(tokens)
    .join(users, and_(users.c.account_id == _TOKEN.account_id, users.c.login == _TOKEN.login))
    .join(applications, applications.c.client_id == _TOKEN.client_id)
    .outerjoin(application_blocks, _BLOCK)
    .where(
        _TOKEN.digest == bindparam("digest"),
        _TOKEN.kind == TokenKind.ACCESS,
        _TOKEN.expires_at > _NOW,
        applications.c.blocked_at.is_(None),
        application_blocks.c.client_id.is_(None),
    )
)
# The rows stay as they are until the tokens that are issued on them are committed: see `standing`.
STANDING = Statement(
    select(
        *USER_COLUMNS,
        accounts.c.state,
        applications.c.blocked_at,
        application_blocks.c.blocked_at.label("blocked_here_at"),
    )
    .select_from(users)
    .join(accounts, accounts.c.id == users.c.account_id)
    .join(applications, applications.c.client_id == bindparam("client_id"))
    .outerjoin(application_blocks, _BLOCK)
    .where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("login"))
    .with_for_update(read=True, of=[users, applications])
)
TOKEN = Statement(
    select(_TOKEN.account_id, _TOKEN.login, _TOKEN.client_id, _TOKEN.redirect_uri).where(
        _TOKEN.digest == bindparam("digest"), _TOKEN.kind == bindparam("kind"), _TOKEN.expires_at > _NOW
    )
)
INSERT_TOKEN = Statement(
    insert(tokens).values(
        account_id=_ACCOUNT,
        **{
            name: bindparam(name)
            for name in ("digest", "kind", "login", "client_id", "redirect_uri", "issued_at", "expires_at")
        },
    )
)
PROLONG = Statement(
    update(tokens).where(_TOKEN.digest == bindparam("of_digest")).values(expires_at=bindparam("new_expires_at"))
)
DELETE_TOKEN = Statement(delete(tokens).where(_TOKEN.digest == bindparam("digest")))
DELETE_OF_USER = Statement(delete(tokens).where(*_OF_LOGIN))
DELETE_OF_AUTHORIZATION = Statement(delete(tokens).where(*_OF_LOGIN, _OF_CLIENT))
DELETE_OF_APPLICATION = Statement(delete(tokens).where(_OF_CLIENT))
DELETE_OF_APPLICATION_IN = Statement(delete(tokens).where(_TOKEN.account_id == _ACCOUNT, _OF_CLIENT))
DELETE_EXPIRED = Statement(
    delete(tokens).where(
        _TOKEN.digest.in_(
            select(_TOKEN.digest)
            .where(_TOKEN.expires_at <= _NOW)
            .order_by(_TOKEN.expires_at)
            .limit(MOST_DELETED)
            .with_for_update(skip_locked=True)
        )
    )
)


def find_grant(connection: Connection, digest: bytes, *, now: datetime) -> Any:
    """Return the user's columns and the `client_id` of an access token that is good."""
    return connection.first(GRANT, digest=digest, now=now)


def standing(tx: Transaction, login: str, client_id: str) -> Any:
    """Return how user, account and application stand; on PostgreSQL neither user nor application changes meanwhile.

    Else a token that is issued at the moment of a revocation would outlive it: the revocation's DELETE does not see
    what was not committed when it began. Whoever revokes locks the same row first.
    """
    return tx.first(STANDING, login=login, client_id=client_id)


def find_token(connection: Connection, digest: bytes, kind: TokenKind, *, now: datetime) -> Any:
    """Return whose token this is."""
    return connection.first(TOKEN, digest=digest, kind=kind, now=now)


def insert_tokens(tx: Transaction, rows: Iterable[dict[str, Any]]) -> None:
    """Add tokens, of each what `INSERT_TOKEN` names."""
    tx.run_many(INSERT_TOKEN, rows)


def prolong(connection: Connection, digest: bytes, *, expires_at: datetime) -> bool:
    """Let a token expire later; False where it is gone."""
    return connection.changed(PROLONG, of_digest=digest, new_expires_at=expires_at) == 1


def delete_token(connection: Connection, digest: bytes) -> bool:
    """Delete a token; False where it is gone, for of several who try one succeeds."""
    return connection.changed(DELETE_TOKEN, digest=digest) == 1


def delete_tokens_of_user(tx: Transaction, login: str) -> None:
    """Delete every token of a user."""
    tx.run(DELETE_OF_USER, login=login)


def delete_tokens_of_authorization(tx: Transaction, login: str, client_id: str) -> None:
    """Delete what an application holds for a user."""
    tx.run(DELETE_OF_AUTHORIZATION, login=login, client_id=client_id)


def delete_tokens_of_application(connection: Connection, client_id: str) -> None:
    """Delete what an application holds, within the wall of one account or everywhere."""
    statement = DELETE_OF_APPLICATION_IN if isinstance(connection, Transaction) else DELETE_OF_APPLICATION
    connection.run(statement, client_id=client_id)


def delete_expired(connection: Connection, *, now: datetime) -> None:
    """Delete a few tokens that have expired."""
    connection.run(DELETE_EXPIRED, now=now)
