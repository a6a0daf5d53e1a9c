import pytest

from access.accessing import make_tokens, make_user
from staffetta.access import (
    UnknownToken,
    UnknownUser,
    User,
    UserExists,
    add_user,
    check_password,
    find_user,
    get_user,
    grant_of,
    list_users,
    password_hash_of,
    refresh,
    set_password,
    set_visible_lists,
)
from staffetta.accounts import UnknownAccount, UserKind
from staffetta.errors import InvalidArgument
from trying import NOON


def add(connection, account_id, login, **options):
    given = {"kind": UserKind.CONSOLE, "password": "S3greta-1", "now": NOON} | options
    return add_user(connection, account_id, login, **given)


def test_a_user_is_added_and_found_in_any_case_of_letters(connection, ours):
    added = add(connection, ours, " Ada.Lovelace@Example.com ", visible_lists=(3, 1, 3))

    assert added == User(
        account_id=ours,
        login="ada.lovelace@example.com",
        kind=UserKind.CONSOLE,
        password_changed_at=NOON,
        visible_lists=(1, 3),
    )
    assert find_user(connection, "ADA.lovelace@example.COM") == added
    assert check_password(password_hash_of(connection, "ada.lovelace@example.com")[1], "S3greta-1")


def test_the_two_first_users_of_an_account_are_found(connection, ours):
    api, console = find_user(connection, f"a{ours}"), find_user(connection, f"M{ours}")

    assert (api.kind, api.visible_lists, api.sees(7)) == (UserKind.API, None, True)
    assert (console.kind, console.account_id) == (UserKind.CONSOLE, ours)


@pytest.mark.parametrize(
    "login", ["", " ", "a b", "a+b@example.com", "àda", "a\x00", "\udcff", "x" * 101, "a7132", "M1"]
)
def test_what_cannot_be_a_login_or_belongs_to_an_account_is_refused(connection, ours, login):
    with pytest.raises(InvalidArgument):
        add(connection, ours, login)


@pytest.mark.parametrize("password", ["", "p" * 201])
def test_what_cannot_be_a_password_is_refused(connection, ours, password):
    with pytest.raises(InvalidArgument):
        add(connection, ours, "ada", password=password)


def test_a_login_is_unique_in_the_installation(connection, ours, theirs, ada):
    for account_id in (ours, theirs):
        with pytest.raises(UserExists):
            add(connection, account_id, ada.login.upper())


def test_a_user_needs_an_account(connection):
    with pytest.raises(UnknownAccount):
        add(connection, 2**31 - 1, "ada")


@pytest.mark.parametrize("login", ["nobody", "", "a\x00b", "\udcff", "x" * 5_000])
def test_nobody_has_a_login_that_was_not_given(connection, login):
    assert find_user(connection, login) is None
    with pytest.raises(UnknownUser):
        get_user(connection, login)
    with pytest.raises(UnknownUser):
        set_password(connection, login, "S3greta-1", now=NOON)
    with pytest.raises(UnknownUser):
        set_visible_lists(connection, login, None)


def test_users_are_those_of_the_account(connection, ours, theirs, ada):
    make_user(connection, theirs)

    assert [each.login for each in list_users(connection.for_account(ours))] == [f"a{ours}", f"m{ours}", ada.login]


def test_another_password_ends_everything_that_the_old_one_opened(connection, ours, theirs, shop, ada):
    others = [make_user(connection, ours), make_user(connection, theirs)]
    ended, kept = make_tokens(connection, ada, shop), [make_tokens(connection, each, shop) for each in others]
    later = NOON.replace(hour=12, minute=30)

    changed = set_password(connection, ada.login.upper(), "pässword", now=later)

    assert changed.password_changed_at == later
    assert check_password(password_hash_of(connection, ada.login)[1], "pässword")
    with pytest.raises(UnknownToken):
        grant_of(connection, ended.access, now=later)
    with pytest.raises(UnknownToken):
        refresh(connection, ended.refresh, client_id=None, now=later)
    assert [grant_of(connection, each.access, now=later).user for each in kept] == others


def test_what_a_user_sees_holds_from_the_next_call_on(connection, ours, theirs, shop, ada):
    other = make_user(connection, theirs)
    tokens = make_tokens(connection, ada, shop)

    set_visible_lists(connection, ada.login, (2, 1))

    user = grant_of(connection, tokens.access, now=NOON).user
    assert (user.visible_lists, user.sees(2), user.sees(3)) == ((1, 2), True, False)
    assert get_user(connection, other.login).visible_lists is None

    set_visible_lists(connection, ada.login, ())
    assert not grant_of(connection, tokens.access, now=NOON).user.sees(1)
    set_visible_lists(connection, ada.login, None)
    assert grant_of(connection, tokens.access, now=NOON).user.sees(3)
