"""Users of an account: the two that it is made with, and more people and programs beside them."""

import re
from datetime import datetime
from typing import Any

from staffetta.access import key_queries, queries, session_queries, token_queries
from staffetta.access.model import UnknownUser, User, UserExists, WeakPassword, WrongPassword
from staffetta.accounts import PasswordHash, UserKind, get_account, hash_password
from staffetta.db import Connection, Transaction, brief
from staffetta.errors import InvalidArgument

LOGIN = re.compile(r"[a-z0-9._@-]{1,100}", re.ASCII)
# What accounts call the two users that they are made with, today or one day.
RESERVED = re.compile(r"[am][0-9]+", re.ASCII)
LONGEST_PASSWORD = 200
# NIST SP 800-63B asks for 8 at least, OWASP for more where there is no second factor; neither for mixed characters.
SHORTEST_CHOSEN = 10


def add_user(
    connection: Connection,
    account_id: int,
    login: str,
    *,
    kind: UserKind,
    password: str,
    visible_lists: tuple[int, ...] | None = None,
    now: datetime,
) -> User:
    """Add a user to an account; `visible_lists` None lets them see all lists, `password` may be a `PasswordHash`.

    Raises:
        UserExists: the login is taken, here or in another account.
        UnknownAccount: there is no such account.
        InvalidArgument: a login or password that cannot be one.

    """
    wanted = login.strip().lower()
    if not LOGIN.fullmatch(wanted):
        raise InvalidArgument("a login has 1 to 100 letters, digits and . - _ @")
    if RESERVED.fullmatch(wanted):
        raise InvalidArgument(f"{wanted} is kept for account {wanted[1:]}")
    tx = connection.for_account(get_account(connection, account_id).id)
    if user_row(connection, wanted):
        raise UserExists(f"there is a user {wanted}")
    queries.insert_user(
        tx, wanted, kind=kind, password_hash=hash_of(password), visible_lists=_ordered(visible_lists), now=now
    )
    return get_user(connection, wanted)


@brief
def find_user(connection: Connection, login: str) -> User | None:
    """Return the user of a login, in any case of letters."""
    row = user_row(connection, login)
    return None if row is None else queries.user_of(row)


def get_user(connection: Connection, login: str) -> User:
    """Return the user of a login.

    Raises:
        UnknownUser: nobody has it.

    """
    user = find_user(connection, login)
    if user is None:
        raise UnknownUser("there is no user of this login")
    return user


def user_row(connection: Connection, login: str) -> Any:
    """Return the row of a login, with the hash of the password and the account's state, or None."""
    wanted = login.strip().lower()
    return queries.find_user(connection, wanted) if LOGIN.fullmatch(wanted) else None


def list_users(tx: Transaction) -> list[User]:
    """Return the account's users by login."""
    return queries.all_users(tx)


def set_password(connection: Connection, login: str, password: str, *, one_time: bool = False, now: datetime) -> User:
    """Give a user another password, which is good for another 180 days; their tokens, keys and sessions are revoked.

    `password` may be a `PasswordHash`. With one for one time they have to choose their own at the console.

    Raises:
        UnknownUser: nobody has this login.
        InvalidArgument: a password that cannot be one, or a program's that no person could change.

    """
    user = get_user(connection, login)
    if one_time and user.kind != UserKind.CONSOLE:
        raise InvalidArgument(f"{user.login} is a program: it cannot choose a password at the console")
    tx = connection.for_account(user.account_id)
    queries.set_password(tx, user.login, hash_of(password), one_time=one_time, now=now)
    sign_out(tx, user.login)
    return get_user(connection, user.login)


def choose_password(
    connection: Connection, login: str, password_hash: str, *, changed_at: datetime | None = None, now: datetime
) -> User:
    """Let a person have the password that they have chosen; their tokens, keys and sessions are revoked.

    That of an account's first person is the API user's, too, as long as that has none. `changed_at` says which password
    is to be replaced: of two who replace the same, the second is refused.

    Raises:
        UnknownUser: nobody has this login.
        WrongPassword: the password is not the one of `changed_at` any more.

    """
    user = get_user(connection, login)
    tx = connection.for_account(user.account_id)
    queries.lock_user(tx, user.login)
    if changed_at and get_user(connection, login).password_changed_at != changed_at:
        raise WrongPassword("the password has changed")
    queries.set_password(tx, user.login, password_hash, now=now)
    if user.login == f"m{user.account_id}":
        queries.set_missing_password(tx, f"a{user.account_id}", password_hash, now=now)
    sign_out(tx, user.login)
    return get_user(connection, user.login)


def sign_out(tx: Transaction, login: str) -> None:
    """End whatever a user has signed in to: tokens, keys, sessions."""
    token_queries.delete_tokens_of_user(tx, login)
    key_queries.delete_keys_of_user(tx, login)
    session_queries.delete_sessions_of(tx, login)


def set_visible_lists(connection: Connection, login: str, visible_lists: tuple[int, ...] | None) -> User:
    """Set which lists a user sees over REST, from the next call on; None is all of them.

    Raises:
        UnknownUser: nobody has this login.

    """
    user = get_user(connection, login)
    queries.set_visible_lists(connection.for_account(user.account_id), user.login, _ordered(visible_lists))
    return get_user(connection, user.login)


def check_password_strength(password: str, *, login: str) -> None:
    """Refuse a password that others would guess, of those that people choose.

    Raises:
        WeakPassword: it is too short, or too long to be one, or the login, or one character over and over.

    """
    if not SHORTEST_CHOSEN <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(f"a password has {SHORTEST_CHOSEN} to {LONGEST_PASSWORD} characters")
    if password.strip().casefold() == login.strip().casefold():
        raise WeakPassword("the password is the login")
    if len(set(password.casefold())) == 1:
        raise WeakPassword("the password is one character over and over")


def hash_of(password: str) -> PasswordHash:
    """Return the hash of a password, for what takes a password: a tenth of a second that no transaction should wait.

    Raises:
        InvalidArgument: a password that cannot be one.

    """
    if isinstance(password, PasswordHash):
        return password
    if not 0 < len(password) <= LONGEST_PASSWORD:
        raise InvalidArgument(f"a password has 1 to {LONGEST_PASSWORD} characters")
    return hash_password(password)


def _ordered(lists: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if lists is None else tuple(sorted(set(lists)))
