"""Codes, access tokens and refresh tokens: issued, exchanged, recognized."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from staffetta.access import queries, token_queries
from staffetta.access.model import (
    LIFETIMES,
    ApplicationBlocked,
    Grant,
    TokenKind,
    Tokens,
    UnknownToken,
    User,
    WrongPassword,
)
from staffetta.access.signing_in import require_standing
from staffetta.db import Connection, brief

# Contract 3.1 and trap K4: letters and digits alone, 128 at most. Hexadecimal is both, and one call of the system.
TOKEN_OCTETS = 32
CODE_OCTETS = 20
LONGEST = 128


def issue_code(connection: Connection, user: User, client_id: str, *, redirect_uri: str, now: datetime) -> str:
    """Return a code that the application exchanges for tokens, once, within ten minutes.

    Raises:
        AccountClosed, PasswordExpired, WrongPassword: the user may not sign in, or no longer with this password.
        ApplicationBlocked: the application may not act for the user.
        UnknownToken: user or application are gone.

    """
    _require_standing(connection, user, client_id, now=now)
    code = secrets.token_hex(CODE_OCTETS)
    _keep(connection, user, client_id, {TokenKind.CODE: code}, redirect_uri=redirect_uri, now=now)
    return code


def redeem_code(
    connection: Connection, code: str, *, client_id: str | None, redirect_uri: str | None, now: datetime
) -> tuple[User, str]:
    """Use a code up; return who consented, and the client id that may have tokens now.

    What is not given is not compared: official samples send the code alone. A code that is refused stays as it is, so
    that nobody but its owner can spoil it. RFC 6749 §4.1.2 would have a second use revoke what came of the first; it
    does not, because the tokens do not remember their code, and because programs here ask again when an answer was
    lost: they would lose the tokens that they have.

    Raises:
        UnknownToken: unknown, used, expired, or for another application or address.
        AccountClosed, PasswordExpired, ApplicationBlocked: as for `issue_code`.

    """
    digest = _digest(code, "the code is unknown or expired")
    row = token_queries.find_token(connection, digest, TokenKind.CODE, now=now)
    if row is None:
        raise UnknownToken("the code is unknown or expired")
    if client_id not in (None, row.client_id) or redirect_uri not in (None, row.redirect_uri):
        raise UnknownToken("the code was issued to another application or address")
    user = _standing(connection, row.account_id, row.login, row.client_id, now=now)
    if not token_queries.delete_token(connection, digest):
        raise UnknownToken("the code has been used")
    return user, row.client_id


def issue_tokens(connection: Connection, user: User, client_id: str, *, now: datetime) -> Tokens:
    """Return an access token, good for an hour, and a refresh token; raises as `issue_code` does."""
    _require_standing(connection, user, client_id, now=now)
    return _issue(connection, user, client_id, now=now)


def refresh(connection: Connection, refresh_token: str, *, client_id: str | None, now: datetime) -> Tokens:
    """Return new tokens for a refresh token, which stays good for another 30 days (contract 3.3, rule 5).

    Real clients keep presenting the first one they got, or one of them from several processes at once.

    Raises:
        UnknownToken: unknown, expired, revoked, or of another application.
        AccountClosed, PasswordExpired, ApplicationBlocked: as for `issue_code`.

    """
    unknown = "the refresh token is unknown, expired or revoked"
    digest = _digest(refresh_token, unknown)
    row = token_queries.find_token(connection, digest, TokenKind.REFRESH, now=now)
    if row is None or client_id not in (None, row.client_id):
        raise UnknownToken(unknown)
    user = _standing(connection, row.account_id, row.login, row.client_id, now=now)
    if not token_queries.prolong(connection, digest, expires_at=now + LIFETIMES[TokenKind.REFRESH]):
        raise UnknownToken(unknown)
    return _issue(connection, user, row.client_id, now=now)


@brief
def grant_of(connection: Connection, access_token: str, *, now: datetime) -> Grant:
    """Return what an access token stands for. Whether the account is active is not asked here.

    Raises:
        UnknownToken: unknown, expired, revoked or no access token; its application is blocked or its user gone; or the
            password of a person has expired.

    """
    unknown = "the access token is unknown, expired or revoked"
    row = token_queries.find_grant(connection, _digest(access_token, unknown), now=now)
    if row is None:
        raise UnknownToken(unknown)
    user = queries.user_of(row)
    if user.is_expired(now):
        raise UnknownToken("the password behind the access token has expired")
    return Grant(user=user, client_id=row.client_id)


def _require_standing(connection: Connection, user: User, client_id: str, *, now: datetime) -> None:
    """Refuse also a user whose password has changed since it was checked."""
    standing = _standing(connection, user.account_id, user.login, client_id, now=now)
    if standing.password_changed_at != user.password_changed_at:
        raise WrongPassword("the password has changed")


def _standing(connection: Connection, account_id: int, login: str, client_id: str, *, now: datetime) -> User:
    """Return the user as they are now, if tokens may be issued to the application for them."""
    row = token_queries.standing(connection.for_account(account_id), login, client_id)
    if row is None:
        raise UnknownToken("the user or the application is gone")
    user = queries.user_of(row)
    require_standing(user, row, now=now)
    if row.blocked_at is not None or row.blocked_here_at is not None:
        raise ApplicationBlocked("the application is blocked")
    return user


def _issue(connection: Connection, user: User, client_id: str, *, now: datetime) -> Tokens:
    issued = Tokens(
        access=secrets.token_hex(TOKEN_OCTETS),
        refresh=secrets.token_hex(TOKEN_OCTETS),
        expires_in_seconds=int(LIFETIMES[TokenKind.ACCESS].total_seconds()),
    )
    _keep(connection, user, client_id, {TokenKind.ACCESS: issued.access, TokenKind.REFRESH: issued.refresh}, now=now)
    token_queries.delete_expired(connection, now=now)
    return issued


def _keep(
    connection: Connection,
    user: User,
    client_id: str,
    issued: Mapping[TokenKind, str],
    *,
    redirect_uri: str = "",
    now: datetime,
) -> None:
    token_queries.insert_tokens(
        connection.for_account(user.account_id),
        [
            {
                "digest": sha256(token.encode()).digest(),
                "kind": kind,
                "login": user.login,
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "issued_at": now,
                "expires_at": now + LIFETIMES[kind],
            }
            for kind, token in issued.items()
        ],
    )


def _digest(token: str, unknown: str) -> bytes:
    """Return what the database keeps of a token; what cannot be one is refused before it is looked for."""
    if not (0 < len(token) <= LONGEST and token.isascii() and token.isalnum()):
        raise UnknownToken(unknown)
    return sha256(token.encode()).digest()
