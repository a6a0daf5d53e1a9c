from datetime import timedelta

import pytest

from access.accessing import make_user
from staffetta.access import (
    UnknownSession,
    WrongPassword,
    end_session,
    end_sessions_of,
    get_user,
    held_session,
    open_session,
    set_password,
    user_of_session,
)
from staffetta.access.tables import sessions
from staffetta.accounts import AccountClosed, AccountState, PasswordHash, change_state
from staffetta.db import Statement
from trying import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def is_signed_in(connection, token, now=NOON):
    try:
        user_of_session(connection, token, now=now)
    except UnknownSession:
        return False
    return True


def test_who_has_signed_in_is_known_by_the_token(connection, ada):
    token = open_session(connection, ada, now=NOON)

    assert user_of_session(connection, token, now=NOON) == ada
    assert len(token) >= 43


def test_a_session_is_no_good_where_somebody_has_only_read_the_database(connection, ada):
    open_session(connection, ada, now=NOON)

    [row] = connection.all(Statement(sessions.select()))

    assert not is_signed_in(connection, bytes(row.digest).hex())


@pytest.mark.parametrize("token", ["", "x", "x" * 101, "\ud800", "\0"])
def test_what_is_no_token_is_refused(connection, ada, token):
    open_session(connection, ada, now=NOON)

    assert not is_signed_in(connection, token)


def test_a_session_ends_after_half_a_day_at_rest(connection, ada):
    token = open_session(connection, ada, now=NOON)

    assert is_signed_in(connection, token, NOON + 12 * HOUR - MICROSECOND)
    assert is_signed_in(connection, token, NOON + 23 * HOUR)
    assert not is_signed_in(connection, token, NOON + 35 * HOUR)


def test_a_session_ends_after_a_week_whatever_its_use(connection, ada):
    token = open_session(connection, ada, now=NOON)

    used = [is_signed_in(connection, token, NOON + hours * HOUR) for hours in range(0, 24 * 8, 6)]

    assert used == [True] * 28 + [False] * 4


def test_a_use_within_the_minute_changes_nothing(connection, ada):
    token = open_session(connection, ada, now=NOON)

    user_of_session(connection, token, now=NOON + timedelta(seconds=59))
    [unchanged] = connection.all(Statement(sessions.select()))
    user_of_session(connection, token, now=NOON + timedelta(seconds=60))
    [changed] = connection.all(Statement(sessions.select()))

    assert unchanged.expires_at == NOON + 12 * HOUR
    assert changed.expires_at == NOON + 12 * HOUR + timedelta(seconds=60)


def test_looking_at_a_session_prolongs_nothing_and_says_when_it_is_due(connection, ada):
    token = open_session(connection, ada, now=NOON)

    fresh = held_session(connection, token, now=NOON + timedelta(seconds=59))
    due = held_session(connection, token, now=NOON + timedelta(minutes=1))
    in_a_week = NOON + 7 * DAY

    assert (fresh.user, due.user) == (ada, ada)
    assert (fresh.is_due(NOON + timedelta(seconds=59)), due.is_due(NOON + timedelta(minutes=1))) == (False, True)
    assert (due.expires_at, due.prolonged(in_a_week)) == (NOON + 12 * HOUR, in_a_week)


def test_whoever_signs_out_is_out_and_others_are_not(connection, ada):
    mine, elsewhere = open_session(connection, ada, now=NOON), open_session(connection, ada, now=NOON)

    end_session(connection, mine)
    end_session(connection, mine)

    assert (is_signed_in(connection, mine), is_signed_in(connection, elsewhere)) == (False, True)


def test_a_user_is_signed_out_everywhere_and_those_of_another_account_are_not(connection, ours, theirs, ada):
    grace = make_user(connection, theirs)
    hers = open_session(connection, grace, now=NOON)
    mine = [open_session(connection, ada, now=NOON) for _ in range(2)]

    end_sessions_of(connection.for_account(theirs), ada.login)
    assert all(is_signed_in(connection, each) for each in mine)
    end_sessions_of(connection.for_account(ours), ada.login.upper())

    assert not any(is_signed_in(connection, each) for each in mine)
    assert is_signed_in(connection, hers)


def test_another_password_ends_the_sessions_of_the_one_before(connection, ada):
    token = open_session(connection, ada, now=NOON)

    set_password(connection, ada.login, PasswordHash("hash"), now=NOON + MICROSECOND)

    assert not is_signed_in(connection, token)
    with pytest.raises(WrongPassword):
        open_session(connection, ada, now=NOON)
    assert is_signed_in(connection, open_session(connection, get_user(connection, ada.login), now=NOON))


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.INACTIVE])
def test_the_console_is_closed_with_the_account(connection, ours, ada, state):
    token = open_session(connection, ada, now=NOON)
    change_state(connection.for_account(ours), state)

    with pytest.raises(AccountClosed):
        user_of_session(connection, token, now=NOON)
    with pytest.raises(AccountClosed):
        open_session(connection, ada, now=NOON)


@pytest.mark.parametrize("state", [AccountState.EXPIRED, AccountState.TERMS_NOT_ACCEPTED])
def test_the_console_leads_on_who_can_mend_the_accounts_state(connection, ours, ada, state):
    change_state(connection.for_account(ours), state)

    assert is_signed_in(connection, open_session(connection, ada, now=NOON))


def test_sessions_that_are_over_do_not_pile_up(connection, ada):
    for _ in range(3):
        open_session(connection, ada, now=NOON)

    open_session(connection, ada, now=NOON + DAY)

    assert [row.signed_in_at for row in connection.all(Statement(sessions.select()))] == [NOON + DAY]
