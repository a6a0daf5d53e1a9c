"""Signing in: a password is checked between two transactions, never within one."""

from datetime import datetime

from staffetta.access import queries
from staffetta.access.model import PasswordChangeRequired, PasswordExpired, User, WrongPassword
from staffetta.access.users import user_row
from staffetta.accounts import (
    NO_PASSWORD,
    NOBODYS_HASH,
    AccountClosed,
    AccountState,
    HasState,
    check_password,
    require_open,
)
from staffetta.db import Connection, brief

__all__ = ["check_password", "check_user", "password_hash_of"]


@brief
def password_hash_of(connection: Connection, login: str) -> tuple[User | None, str]:
    """Return a login's user, and the hash to check the password against with `check_password`.

    A login that nobody has, or that has no password, gets a hash all the same, so that the time of the answer does not
    tell who has an account here. `check_password` takes a tenth of a second: call it in a thread, then `check_user`.
    """
    row = user_row(connection, login)
    if row is None:
        return None, NOBODYS_HASH
    return queries.user_of(row), NOBODYS_HASH if row.password_hash == NO_PASSWORD else row.password_hash


@brief
def check_user(connection: Connection, login: str, *, now: datetime) -> User:
    """Return who has given the right password, if they may sign in.

    Raises:
        WrongPassword: there is nobody of this login.
        AccountClosed: the account is not active.
        PasswordExpired: the password of a person is older than 180 days.
        PasswordChangeRequired: it was made up for them, for the console alone.

    """
    row = user_row(connection, login)
    if row is None:
        raise WrongPassword("login and password are not right")
    user = queries.user_of(row)
    require_standing(user, row, now=now)
    return user


@brief
def console_user(connection: Connection, login: str, *, now: datetime) -> User:
    """Return who has given the right password, if they may come in to the console.

    It leads those on whose password is a one-time one or has expired, whose account has expired, or whose account
    waits for the terms to be accepted: nowhere else can they mend that.

    Raises:
        WrongPassword: there is nobody of this login.
        AccountClosed: the account is inactive or suspended.

    """
    del now  # an expired password is good for choosing another one
    row = user_row(connection, login)
    if row is None:
        raise WrongPassword("login and password are not right")
    require_entry(row)
    return queries.user_of(row)


def require_standing(user: User, account: HasState, *, now: datetime) -> None:
    """Refuse a user whose account is closed or whose password is good for nothing; raises as `check_user` does."""
    require_open(account)
    if user.is_expired(now):
        raise PasswordExpired("the password is older than 180 days")
    if user.one_time:
        raise PasswordChangeRequired("the password is for one sign-in at the console, where another one is chosen")


def require_entry(account: HasState) -> None:
    """Refuse the users of an account that the operator has closed the console for too; raises as `console_user`."""
    if account.state in (AccountState.INACTIVE, AccountState.SUSPENDED):
        raise AccountClosed(account.state)
