"""`user`: who logs in, with which password, to see which lists."""

import pytest

from staffetta.access import check_password, password_hash_of
from staffetta.db import open_database
from staffetta.settings import read_settings


def is_password_of(login, password):
    database = open_database(read_settings())
    with database.connection() as connection:
        user, password_hash = password_hash_of(connection, login)
    database.close()
    return user is not None and check_password(password_hash, password)


def test_a_user_is_added_with_a_password_and_lists(staffetta, shop):
    staffetta("list", "add", "News")

    added = staffetta("user", "add", "Ada@Example.com", "--password", "S3greta-1", "--lists", "2,1", "--json").json

    assert (added["login"], added["account_id"], added["kind"]) == ("ada@example.com", 7132, "console")
    assert (added["visible_lists"], added["password"]) == ([1, 2], None)
    assert is_password_of("ada@example.com", "S3greta-1")


def test_a_random_password_is_printed_once(staffetta, shop):
    added = staffetta("user", "add", "ada", "--account", 7132, "--json").json

    assert added["visible_lists"] == "all"
    assert len(added["password"]) >= 16
    assert is_password_of("ada", added["password"])


@pytest.mark.parametrize("login", ["a7132", "M7132"])
def test_a_password_is_changed(staffetta, shop, login):
    done = staffetta("user", "password", login, "--password", "-", given="S3greta-2\n")

    assert done.code == 0
    assert "S3greta-2" not in done.out
    assert is_password_of(login, "S3greta-2")
    assert not is_password_of(login, "P")


def test_a_password_is_changed_to_a_random_one(staffetta, shop):
    changed = staffetta("user", "password", "m7132", "--json").json

    assert is_password_of("m7132", changed["password"])


def test_a_password_for_one_time_is_told_from_others(staffetta, shop):
    changed = staffetta("user", "password", "m7132", "--one-time", "--json").json

    assert changed["one_time"] is True
    assert is_password_of("m7132", changed["password"])
    assert [each["one_time"] for each in staffetta("user", "list", "--json").json] == [False, True]
    assert staffetta("user", "password", "m7132", "--json").json["one_time"] is False


def test_a_program_has_no_password_for_one_time(staffetta, shop):
    done = staffetta("user", "password", "a7132", "--one-time")

    assert (done.code, "a7132 is a program" in done.err) == (1, True)
    assert is_password_of("a7132", "P")


def test_users_are_listed_by_account(staffetta, shop):
    staffetta("account", "add", "--id", 8)

    users = staffetta("user", "list", "--account", 8, "--json").json

    assert [(each["login"], each["kind"], each["visible_lists"]) for each in users] == [
        ("a8", "api", "all"),
        ("m8", "console", "all"),
    ]


def test_what_a_user_sees_is_changed(staffetta, shop):
    assert staffetta("user", "lists", "m7132", "1", "--json").json["visible_lists"] == [1]
    assert staffetta("user", "list", "--json").json[1]["visible_lists"] == [1]
    assert staffetta("user", "lists", "m7132", "ALL", "--json").json["visible_lists"] == "all"


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("add", "a b"), 1, "a login has"),
        (("add", "m9"), 1, "m9 is kept for account 9"),
        (("add", "ada", "--password", ""), 1, "the password is empty"),
        (("add", "ada", "--lists", "1,9"), 1, "9"),
        (("add", "ada", "--account", 9), 1, "there is no account 9"),
        (("add", "ada", "--lists", "one"), 2, "neither all nor list ids"),
        (("password", "nobody"), 1, "there is no user"),
        (("lists", "nobody", "1"), 1, "there is no user"),
        (("lists", "m7132", "9"), 1, "9"),
        (("lists", "m7132", ","), 2, "neither all nor list ids"),
        (("lists", "m7132", "99999999999"), 2, "neither all nor list ids"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(staffetta, shop, words, code, reason):
    done = staffetta("user", *words)

    assert (done.code, done.out) == (code, "")
    assert reason in done.err
    users = staffetta("user", "list", "--json").json
    assert [(each["login"], each["visible_lists"]) for each in users] == [("a7132", "all"), ("m7132", "all")]


def test_a_login_is_unique_in_the_installation(staffetta, shop):
    staffetta("account", "add", "--id", 8)
    staffetta("user", "add", "ada", "--account", 8, "--password", "S3greta-1")

    done = staffetta("user", "add", "ADA", "--account", 7132, "--password", "S3greta-1")

    assert (done.code, done.err) == (1, "error: there is a user ada\n")
