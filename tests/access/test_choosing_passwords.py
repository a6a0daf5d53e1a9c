from datetime import timedelta

import pytest

from access.accessing import make_tokens, make_user
from staffetta.access import (
    PasswordChangeRequired,
    UnknownSession,
    UnknownToken,
    UnknownUser,
    WeakPassword,
    WrongPassword,
    check_password_strength,
    check_user,
    choose_password,
    console_user,
    get_user,
    grant_of,
    issue_key,
    issue_tokens,
    open_session,
    password_hash_of,
    set_password,
    user_of_session,
)
from staffetta.accounts import NOBODYS_HASH, AccountClosed, AccountState, PasswordHash, change_state
from staffetta.errors import InvalidArgument
from trying import NOON

LATER = NOON + timedelta(hours=1)
CHOSEN = PasswordHash("chosen")


def hash_of_login(connection, login):
    return password_hash_of(connection, login)[1]


def test_the_first_password_that_is_chosen_is_the_programs_too(connection, ours):
    set_password(connection, f"m{ours}", PasswordHash("one-time"), one_time=True, now=NOON)

    user = choose_password(connection, f"m{ours}", CHOSEN, now=LATER)

    assert (user.one_time, user.password_changed_at) == (False, LATER)
    assert hash_of_login(connection, f"m{ours}") == hash_of_login(connection, f"a{ours}") == "chosen"
    assert get_user(connection, f"a{ours}").password_changed_at == LATER
    assert check_user(connection, f"m{ours}", now=LATER) == user


def test_a_password_that_a_program_has_is_left_to_it(connection, ours):
    set_password(connection, f"a{ours}", PasswordHash("theirs"), now=NOON)

    choose_password(connection, f"m{ours}", CHOSEN, now=LATER)

    assert hash_of_login(connection, f"a{ours}") == "theirs"


def test_only_the_first_person_chooses_for_the_program_and_only_of_their_account(connection, ours, theirs, ada):
    choose_password(connection, ada.login, CHOSEN, now=LATER)
    choose_password(connection, f"m{ours}", CHOSEN, now=LATER)

    assert hash_of_login(connection, f"a{ours}") == "chosen"
    assert hash_of_login(connection, f"a{theirs}") == hash_of_login(connection, f"m{theirs}") == NOBODYS_HASH


def test_a_person_beside_the_first_chooses_for_themselves_alone(connection, ours, ada):
    choose_password(connection, ada.login, CHOSEN, now=LATER)

    assert hash_of_login(connection, f"a{ours}") == NOBODYS_HASH


def test_whatever_was_signed_in_before_is_signed_out(connection, ada, shop):
    tokens = make_tokens(connection, ada, shop)
    session = open_session(connection, ada, now=NOON)

    choose_password(connection, ada.login, CHOSEN, now=LATER)

    with pytest.raises(UnknownToken):
        grant_of(connection, tokens.access, now=LATER)
    with pytest.raises(UnknownSession):
        user_of_session(connection, session, now=LATER)


def test_nobody_chooses_a_password_for_nobody(connection):
    with pytest.raises(UnknownUser):
        choose_password(connection, "nobody", CHOSEN, now=NOON)


def test_a_one_time_password_is_good_at_the_console_alone(connection, ada, client_id):
    user = set_password(connection, ada.login, PasswordHash("one-time"), one_time=True, now=NOON)

    with pytest.raises(PasswordChangeRequired):
        check_user(connection, ada.login, now=NOON)
    with pytest.raises(PasswordChangeRequired):
        issue_key(connection, user, now=NOON)
    with pytest.raises(PasswordChangeRequired):
        issue_tokens(connection, user, client_id, now=NOON)
    assert user.one_time
    assert console_user(connection, ada.login, now=NOON) == user


def test_a_program_has_no_one_time_password(connection, ours):
    with pytest.raises(InvalidArgument):
        set_password(connection, f"a{ours}", PasswordHash("one-time"), one_time=True, now=NOON)

    assert hash_of_login(connection, f"a{ours}") == NOBODYS_HASH


def test_the_operators_next_password_is_one_for_every_day(connection, ada):
    set_password(connection, ada.login, PasswordHash("one-time"), one_time=True, now=NOON)

    set_password(connection, ada.login, PasswordHash("another"), now=NOON)

    assert not check_user(connection, ada.login, now=NOON).one_time


def test_an_expired_password_comes_in_to_the_console_where_it_is_changed(connection, ada):
    later = NOON + timedelta(days=181)

    assert console_user(connection, ada.login, now=later).is_expired(later)


@pytest.mark.parametrize("state", AccountState)
def test_the_console_opens_unless_the_operator_has_closed_it(connection, ours, ada, state):
    change_state(connection.for_account(ours), state)
    elsewhere = make_user(connection, ours)

    if state in (AccountState.SUSPENDED, AccountState.INACTIVE):
        with pytest.raises(AccountClosed):
            console_user(connection, elsewhere.login, now=NOON)
    else:
        assert console_user(connection, elsewhere.login, now=NOON) == elsewhere


def test_nobody_comes_in_to_the_console_without_a_login(connection):
    with pytest.raises(WrongPassword):
        console_user(connection, "nobody", now=NOON)


@pytest.mark.parametrize("password", ["ten chars!", "ÅÄÖ åäö éè", "m7132m7132", "x" * 199 + "y"])
def test_a_password_that_others_do_not_guess_will_do(password):
    check_password_strength(password, login="m7132")


@pytest.mark.parametrize(
    "password", ["", "nine char", "aaaaaaaaaaaa", "aAaAaAaAaA", "Ada@Example.com", " ada@example.com ", "x" * 201]
)
def test_a_password_that_others_guess_is_refused(password):
    with pytest.raises(WeakPassword):
        check_password_strength(password, login="ada@example.com")


def test_of_two_who_replace_the_same_password_the_second_is_refused(connection, ada):
    choose_password(connection, ada.login, CHOSEN, changed_at=ada.password_changed_at, now=LATER)

    with pytest.raises(WrongPassword):
        choose_password(connection, ada.login, PasswordHash("theirs"), changed_at=ada.password_changed_at, now=LATER)

    assert hash_of_login(connection, ada.login) == "chosen"
