from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from access.accessing import make_user
from staffetta.access import (
    PASSWORD_LIFETIME,
    PasswordExpired,
    WrongPassword,
    check_password,
    check_user,
    password_hash_of,
)
from staffetta.accounts import NOBODYS_HASH, AccountClosed, AccountState, UserKind, change_state, hash_password
from trying import NOON

MICROSECOND = timedelta(microseconds=1)
OPEN = [AccountState.ACTIVE]


def test_a_password_is_told_from_others():
    password_hash = hash_password("pässword")

    assert check_password(password_hash, "pässword")
    assert not check_password(password_hash, "password")
    assert not check_password(password_hash, "")
    assert not check_password(password_hash, "p\udce4ssword")


def test_for_nobody_a_hash_is_checked_that_costs_as_much(connection, ada):
    assert password_hash_of(connection, "nobody") == (None, NOBODYS_HASH)
    assert password_hash_of(connection, "a\x00b") == (None, NOBODYS_HASH)
    assert password_hash_of(connection, ada.login) == (ada, NOBODYS_HASH)

    assert not PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4).check_needs_rehash(NOBODYS_HASH)
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(NOBODYS_HASH, "whatever")


def test_a_hash_that_is_none_is_nobodys_password():
    assert not check_password("!", "!")
    assert not check_password("", "")


def test_nobody_signs_in_by_a_login_that_was_not_given(connection):
    with pytest.raises(WrongPassword):
        check_user(connection, "nobody", now=NOON)


@pytest.mark.parametrize("state", [state for state in AccountState if state not in OPEN])
def test_nobody_signs_in_to_an_account_that_is_closed(connection, ours, theirs, ada, state):
    other = make_user(connection, theirs)

    change_state(connection.for_account(ours), state)

    with pytest.raises(AccountClosed) as refused:
        check_user(connection, ada.login, now=NOON)
    assert refused.value.state == state
    assert check_user(connection, other.login, now=NOON) == other


def test_the_password_of_a_person_expires_at_the_microsecond_and_that_of_a_program_never(connection, ours, ada):
    program = make_user(connection, ours, kind=UserKind.API)
    expires_at = NOON + PASSWORD_LIFETIME

    assert check_user(connection, ada.login, now=expires_at - MICROSECOND) == ada
    with pytest.raises(PasswordExpired):
        check_user(connection, ada.login, now=expires_at)
    assert check_user(connection, program.login, now=expires_at + timedelta(days=9_999)) == program
