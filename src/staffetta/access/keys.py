"""Access keys: what programs of the SOAP services hold instead of a password, for an hour (contract 2.6)."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from staffetta.access import key_queries
from staffetta.access.model import User, WrongPassword
from staffetta.access.queries import user_of
from staffetta.access.signing_in import require_standing
from staffetta.db import Connection, brief
from staffetta.errors import PermissionDenied

# A real client keeps a key for an hour and half a minute.
LIFETIME = timedelta(minutes=65)
# Each call would else be a write.
PROLONGED_EVERY = timedelta(minutes=1)
KEY_OCTETS = 32
LONGEST = 100


class UnknownKey(PermissionDenied):
    """The access key is unknown, expired or ended."""

    def __init__(self) -> None:
        super().__init__("Invalid access key")


class HeldKey(msgspec.Struct, frozen=True):
    """Whose key it is, and until when it is good."""

    user: User
    expires_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Tell whether a use prolongs the key: not if one has done so within the last minute."""
        return now + LIFETIME - self.expires_at >= PROLONGED_EVERY


def issue_key(connection: Connection, user: User, *, now: datetime) -> str:
    """Return a new key of somebody whose password is right; those they hold stay good.

    Raises:
        WrongPassword: the user is gone, or has another password since it was checked.
        AccountClosed, PasswordExpired: the user may not sign in.

    """
    tx = connection.for_account(user.account_id)
    row = key_queries.standing(tx, user.login)
    if row is None or row.password_changed_at != user.password_changed_at:
        raise WrongPassword("the password has changed")
    require_standing(user_of(row), row, now=now)
    key = secrets.token_urlsafe(KEY_OCTETS)
    key_queries.insert_key(tx, user.login, _digest(key), issued_at=now, expires_at=now + LIFETIME)
    key_queries.delete_expired(connection, now=now)
    return key


@brief
def held_key(connection: Connection, key: str, *, now: datetime) -> HeldKey:
    """Return whose key it is, and whether it is to be prolonged; reads only.

    Raises:
        UnknownKey: unknown, expired, ended, or its user is gone.
        AccountClosed, PasswordExpired: the user may no longer call.

    """
    row = key_queries.find_key(connection, _digest(key), now=now) if 0 < len(key) <= LONGEST else None
    if row is None:
        raise UnknownKey
    user = user_of(row)
    require_standing(user, row, now=now)
    return HeldKey(user, row.expires_at)


@brief
def user_of_key(connection: Connection, key: str, *, now: datetime) -> User:
    """Return who holds a key, and let it be good for another 65 minutes; a write, at most once a minute.

    Raises as `held_key` does.
    """
    held = held_key(connection, key, now=now)
    if held.is_due(now):
        key_queries.prolong(connection, _digest(key), expires_at=now + LIFETIME)
    return held.user


@brief
def end_key(connection: Connection, key: str) -> bool:
    """Make a key good for nothing; False where it was already."""
    return key_queries.delete_key(connection, _digest(key))


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
