"""Sessions: who is signed in to the console, by a token that their browser keeps and the database the digest of."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from staffetta.access import key_queries, session_queries
from staffetta.access.model import User, WrongPassword
from staffetta.access.queries import user_of
from staffetta.access.signing_in import require_entry
from staffetta.db import Connection, Transaction, brief
from staffetta.errors import PermissionDenied

# Half a day at rest, a week at most: OWASP asks for hours and a limit, and nobody signs in before every newsletter.
LIFETIME = timedelta(hours=12)
LONGEST_LIFETIME = timedelta(days=7)
# Each page would else be a change.
PROLONGED_EVERY = timedelta(minutes=1)
TOKEN_OCTETS = 32
LONGEST = 100


class UnknownSession(PermissionDenied):
    """The session is unknown, over or ended."""

    def __init__(self) -> None:
        super().__init__("nobody is signed in")


class HeldSession(msgspec.Struct, frozen=True):
    """Who is signed in, since when, and until when unless they go on."""

    user: User
    signed_in_at: datetime
    expires_at: datetime

    def prolonged(self, now: datetime) -> datetime:
        """Return until when a use lets them be signed in."""
        return min(now + LIFETIME, self.signed_in_at + LONGEST_LIFETIME)

    def is_due(self, now: datetime) -> bool:
        """Tell whether a use prolongs the session: not if one has done so within the last minute."""
        return self.prolonged(now) - self.expires_at >= PROLONGED_EVERY


def open_session(connection: Connection, user: User, *, now: datetime) -> str:
    """Return the token of a new session for somebody whose password is right.

    Raises:
        WrongPassword: the user is gone, or has another password since it was checked.
        AccountClosed: the user may not come in.

    """
    tx = connection.for_account(user.account_id)
    row = key_queries.standing(tx, user.login)
    if row is None or row.password_changed_at != user.password_changed_at:
        raise WrongPassword("the password has changed")
    require_entry(row)
    token = secrets.token_urlsafe(TOKEN_OCTETS)
    session_queries.insert_session(tx, user.login, _digest(token), signed_in_at=now, expires_at=now + LIFETIME)
    session_queries.delete_expired(connection, now=now)
    return token


@brief
def held_session(connection: Connection, token: str, *, now: datetime) -> HeldSession:
    """Return who is signed in, without prolonging it.

    Raises:
        UnknownSession: unknown, over or ended, or its user is gone.
        AccountClosed: the user may no longer come in.

    """
    row = session_queries.find_session(connection, _digest(token), now=now) if 0 < len(token) <= LONGEST else None
    if row is None:
        raise UnknownSession
    require_entry(row)
    return HeldSession(user_of(row), row.signed_in_at, row.expires_at)


@brief
def user_of_session(connection: Connection, token: str, *, now: datetime) -> User:
    """Return who is signed in, and let them be so for another 12 hours; raises as `held_session` does.

    A write, which changes a row once a minute.
    """
    held = held_session(connection, token, now=now)
    if held.is_due(now):
        session_queries.prolong(connection, _digest(token), expires_at=held.prolonged(now))
    return held.user


@brief
def end_session(connection: Connection, token: str) -> None:
    """Sign somebody out; a repeat changes nothing."""
    session_queries.delete_session(connection, _digest(token))


def end_sessions_of(tx: Transaction, login: str) -> None:
    """Sign a user out of the console wherever they are signed in."""
    session_queries.delete_sessions_of(tx, login.strip().lower())


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
