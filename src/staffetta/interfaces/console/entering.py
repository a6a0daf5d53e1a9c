"""What the pages ask of the database when somebody enters: each function is one transaction.

Passwords are checked and hashed outside of them; what was true before is therefore asked again within.
"""

from datetime import datetime, timedelta

import msgspec

from staffetta.access import (
    User,
    WrongPassword,
    choose_password,
    console_user,
    end_session,
    find_user,
    open_session,
    password_hash_of,
)
from staffetta.accounts import NOBODYS_HASH, Account, UserKind
from staffetta.db import Connection, Transaction, brief
from staffetta.errors import PermissionDenied
from staffetta.kit.languages import Language
from staffetta.messages import MailKind
from staffetta.outbox import NewDelivery, mailed_since, put

# Whoever presses the button again and again fills nobody's inbox.
RESET_INTERVAL = timedelta(minutes=1)
RESETS_PER_DAY = 5


class ForPrograms(PermissionDenied):
    """The user is for programs, which have no use for pages."""


class Known(msgspec.Struct, frozen=True):
    """Whom a login may belong to, and the hash that the password is checked against; it is there for nobody, too."""

    user: User | None
    password_hash: str


class Entered(msgspec.Struct, frozen=True):
    """Who has come in. `token` is empty for whoever has to choose a password first."""

    user: User
    token: str = ""


@brief
def find_known(connection: Connection, login: str) -> Known:
    """Return what a password is checked against."""
    return Known(*password_hash_of(connection, login))


def enter(connection: Connection, login: str, known: Known, *, now: datetime) -> Entered:
    """Sign a person in whose password was right.

    Raises:
        WrongPassword: it has changed meanwhile.
        AccountClosed: the account is inactive or suspended.
        ForPrograms: the user is for programs.

    """
    _check_unchanged(connection, login, known)
    user = console_user(connection, login, now=now)
    if user.kind != UserKind.CONSOLE:
        raise ForPrograms("the user is for programs")
    if user.one_time or user.is_expired(now):
        return Entered(user)
    return Entered(user, open_session(connection, user, now=now))


def change(connection: Connection, login: str, known: Known, password_hash: str, *, now: datetime) -> Entered:
    """Give a person another password whose present one was right, and sign them in anew; raises WrongPassword."""
    _check_unchanged(connection, login, known)
    changed_at = known.user.password_changed_at if known.user else None
    user = choose_password(connection, login, password_hash, changed_at=changed_at, now=now)
    return Entered(user, open_session(connection, user, now=now))


def enter_with_new_password(
    connection: Connection, login: str, password_hash: str, *, changed_at: datetime, now: datetime
) -> Entered:
    """Give a person a password of their own in place of the one of `changed_at`, and sign them in.

    Raises:
        WrongPassword: it has changed meanwhile.
        AccountClosed: the account is inactive or suspended.

    """
    user = replace_password(connection, login, password_hash, changed_at=changed_at, now=now)
    return Entered(user, open_session(connection, console_user(connection, login, now=now), now=now))


def replace_password(
    connection: Connection, login: str, password_hash: str, *, changed_at: datetime, now: datetime
) -> User:
    """Give a person another password in place of the one of `changed_at`; raises WrongPassword if that has changed."""
    if find_user(connection, login) is None:
        raise WrongPassword("the user is gone")
    return choose_password(connection, login, password_hash, changed_at=changed_at, now=now)


def leave(connection: Connection, token: str) -> None:
    """End a session; a repeat changes nothing."""
    end_session(connection, token)


def has_no_password(connection: Connection, login: str) -> bool:
    """Tell whether nobody signs in by a login yet."""
    user, password_hash = password_hash_of(connection, login)
    return user is not None and password_hash == NOBODYS_HASH


def mail_reset(
    tx: Transaction, user: User, account: Account, *, language: Language, base_url: str, now: datetime
) -> bool:
    """Mail a person a link to choose another password; False where they have had enough of them."""
    mailed = mailed_since(tx, user.email, MailKind.PASSWORD_RESET, now - timedelta(days=1))
    if len(mailed) >= RESETS_PER_DAY or any(each > now - RESET_INTERVAL for each in mailed):
        return False
    details = {
        "language": language,
        "name": user.name,
        "login": user.login,
        "base_url": base_url,
        "issued_at": now.isoformat(),
        "changed_at": user.password_changed_at.isoformat(),
    }
    new = NewDelivery(kind=MailKind.PASSWORD_RESET, address=user.email, list_id=0, recipient_id=0, details=details)
    put(tx, new, host=account.host, now=now)
    return True


def _check_unchanged(connection: Connection, login: str, known: Known) -> None:
    if password_hash_of(connection, login)[1] != known.password_hash:
        raise WrongPassword("the password has changed")
