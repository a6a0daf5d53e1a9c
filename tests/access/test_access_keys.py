"""Keys of the SOAP services: issued for a password, good for 65 minutes and longer with use (contract 2.6)."""

from datetime import timedelta

import pytest

from access.accessing import make_user
from staffetta.access import (
    PasswordExpired,
    UnknownKey,
    WrongPassword,
    end_key,
    held_key,
    issue_key,
    set_password,
    user_of_key,
)
from staffetta.access.key_queries import INSERT_KEY
from staffetta.access.tables import access_keys
from staffetta.accounts import AccountClosed, AccountState, UserKind, change_state
from staffetta.db import Statement
from trying import NOON

MINUTE = timedelta(minutes=1)
KEYS = Statement(access_keys.select())


@pytest.fixture
def key(connection, ada) -> str:
    """A key of Ada's, issued at noon."""
    return issue_key(connection, ada, now=NOON)


def test_a_key_tells_who_holds_it_and_is_kept_as_a_digest(connection, ada, key):
    assert user_of_key(connection, key, now=NOON) == ada
    assert 40 <= len(key) <= 80
    assert all(key.encode() != row.digest for row in connection.all(KEYS))


def test_several_keys_are_good_at_once(connection, ada, key):
    another = issue_key(connection, ada, now=NOON + MINUTE)

    assert another != key
    assert user_of_key(connection, key, now=NOON + MINUTE) == user_of_key(connection, another, now=NOON + MINUTE)


def test_a_key_is_good_for_65_minutes_and_as_long_again_with_each_use(connection, ada, key):
    for hours in range(1, 5):
        assert user_of_key(connection, key, now=NOON + timedelta(hours=hours)) == ada
    last = NOON + timedelta(hours=4)

    assert held_key(connection, key, now=last + 65 * MINUTE - timedelta(seconds=1)).user == ada
    with pytest.raises(UnknownKey, match=r"^Invalid access key$"):
        held_key(connection, key, now=last + 65 * MINUTE)


def test_a_use_is_written_down_once_a_minute(connection, key):
    soon, later = NOON + timedelta(seconds=59), NOON + MINUTE

    assert not held_key(connection, key, now=soon).is_due(soon)
    assert held_key(connection, key, now=later).is_due(later)
    user_of_key(connection, key, now=soon)
    assert held_key(connection, key, now=soon).expires_at == NOON + 65 * MINUTE
    user_of_key(connection, key, now=later)
    assert held_key(connection, key, now=later).expires_at == later + 65 * MINUTE


def test_a_key_that_was_ended_is_good_for_nothing(connection, key):
    assert end_key(connection, key)
    assert not end_key(connection, key)

    with pytest.raises(UnknownKey):
        user_of_key(connection, key, now=NOON)


@pytest.mark.parametrize("nonsense", ["", "x", "é", "\ud800", "a" * 10_000, "' OR 1=1 --"])
def test_what_is_no_key_is_refused(connection, key, nonsense):
    with pytest.raises(UnknownKey):
        user_of_key(connection, nonsense, now=NOON)

    assert not end_key(connection, nonsense)


def test_another_password_ends_the_keys_of_its_user_alone(connection, ours, ada, key):
    other = issue_key(connection, make_user(connection, ours), now=NOON)

    set_password(connection, ada.login, "new", now=NOON + MINUTE)

    with pytest.raises(UnknownKey):
        user_of_key(connection, key, now=NOON + MINUTE)
    assert user_of_key(connection, other, now=NOON + MINUTE)


def test_a_password_that_changed_after_the_check_gets_no_key(connection, ada):
    set_password(connection, ada.login, "new", now=NOON + MINUTE)

    with pytest.raises(WrongPassword):
        issue_key(connection, ada, now=NOON + MINUTE)


@pytest.mark.parametrize("state", set(AccountState) - {AccountState.ACTIVE})
def test_users_of_a_closed_account_neither_get_nor_use_keys(connection, ours, ada, key, state):
    change_state(connection.for_account(ours), state)

    for attempt in (lambda: issue_key(connection, ada, now=NOON), lambda: user_of_key(connection, key, now=NOON)):
        with pytest.raises(AccountClosed) as refused:
            attempt()
        assert refused.value.state == state

    change_state(connection.for_account(ours), AccountState.ACTIVE)
    assert user_of_key(connection, key, now=NOON) == ada


def test_the_password_of_a_person_expires_with_their_keys_and_a_program_s_does_not(connection, ours, ada):
    program = make_user(connection, ours, kind=UserKind.API)
    late = NOON + timedelta(days=180)
    tx = connection.for_account(ours)
    tx.run(INSERT_KEY, digest=b"x" * 32, login=ada.login, issued_at=late, expires_at=late + 65 * MINUTE)

    with pytest.raises(PasswordExpired):
        issue_key(connection, ada, now=late)
    assert user_of_key(connection, issue_key(connection, program, now=late), now=late) == program


def test_a_key_is_of_its_own_account(connection, ours, theirs, key):
    stranger = make_user(connection, theirs)
    strange = issue_key(connection, stranger, now=NOON)

    assert user_of_key(connection, key, now=NOON).account_id == ours
    assert user_of_key(connection, strange, now=NOON).account_id == theirs


def test_what_has_expired_is_cleared_away_by_those_who_come(connection, ada, key):
    issue_key(connection, ada, now=NOON + 66 * MINUTE)

    assert len([row for row in connection.all(KEYS) if row.login == ada.login]) == 1
