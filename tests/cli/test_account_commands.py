"""`account`: what a newcomer types first."""

import re
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from staffetta.accounts.tables import users
from staffetta.db import Statement, open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import read_settings


def test_the_first_account_makes_the_database_and_prints_what_one_needs(staffetta, home):
    done = staffetta("account", "add", "--id", 7132, "--host", "shop.example", "--password", "P", "--json")

    answer = done.json
    assert (home / "staffetta.db").exists()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.pop("list_guid"))
    assert answer == {
        "account_id": 7132,
        "console_host": "shop.example",
        "list_id": 1,
        "api_user": "a7132",
        "console_user": "m7132",
        "password": None,
    }
    assert done.err == ""


def test_a_random_password_is_printed_once_and_is_the_one_of_both_users(staffetta):
    done = staffetta("account", "add", "--json")

    password = done.json["password"]
    assert len(password) >= 16
    assert passwords_stored(password) == {"a1", "m1"}


def test_a_password_is_read_from_standard_input(staffetta):
    done = staffetta("account", "add", "--password", "-", given="S3greta-1\n")

    assert done.code == 0
    assert "S3greta-1" not in done.out
    assert passwords_stored("S3greta-1") == {"a1", "m1"}


def passwords_stored(password: str) -> set[str]:
    database = open_database(read_settings())
    with database.connection() as connection:
        rows = connection.all(Statement(select(users.c.login, users.c.password_hash)))
    database.close()
    return {row.login for row in rows if PasswordHasher().verify(row.password_hash, password)}


def test_an_empty_password_is_refused(staffetta):
    done = staffetta("account", "add", "--password", "-", given="")

    assert (done.code, done.err) == (1, "error: the password is empty\n")


def test_the_guid_of_the_first_list_can_be_given(staffetta):
    guid = "0f8fad5b-d9cb-469f-a165-70867728950e"

    assert staffetta("account", "add", "--list-guid", guid.upper(), "--json").json["list_guid"] == guid


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--id", "7132"), "account 7132 exists"),
        (("--host", "SHOP.example:8080"), "shop.example leads to account 7132"),
        (("--language", "xx"), "is none of EN, IT, ES"),
        (("--time-zone", "Mars/Olympus"), "is not a time zone"),
        (("--list-guid", "x"), "is not a GUID"),
    ],
)
def test_what_cannot_be_an_account_is_refused_on_one_line_and_leaves_nothing(staffetta, shop, words, reason):
    done = staffetta("account", "add", "--json", *words)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert reason in done.err
    assert done.err.count("\n") == 1
    assert [each["id"] for each in staffetta("account", "list", "--json").json] == [7132]


def test_accounts_are_listed(staffetta, shop):
    staffetta("account", "add", "--name", "Two", "--language", "IT")

    accounts = staffetta("account", "list", "--json").json

    assert [(each["id"], each["name"], each["language"]) for each in accounts] == [
        (7132, "Account 7132", "EN"),
        (7133, "Two", "IT"),
    ]


def test_an_account_is_suspended_and_comes_back(staffetta, shop):
    assert staffetta("account", "state", 7132, "terms-not-accepted", "--json").json["state"] == "terms-not-accepted"
    assert staffetta("account", "show", "--json").json["state"] == "terms-not-accepted"

    staffetta("account", "state", 7132, "active")

    assert staffetta("account", "show", 7132, "--json").json["state"] == "active"


def test_a_state_that_there_is_not_is_a_mistake_of_usage(staffetta, shop):
    done = staffetta("account", "state", 7132, "asleep")

    assert done.code == 2
    assert "terms-not-accepted" in done.err


def test_an_account_is_suspended_activated_and_expired_by_a_word_each(staffetta, shop):
    states = [staffetta("account", word, 7132, "--json").json["state"] for word in ("suspend", "activate", "expire")]

    assert states == ["suspended", "active", "expired"]
    assert staffetta("account", "show", "--json").json["state"] == "expired"


def test_an_account_that_has_expired_is_extended_and_ends_again(staffetta, shop):
    staffetta("account", "expire", 7132)

    extended = staffetta("account", "extend", 7132, "--days", 10, "--json").json

    days_to_go = (datetime.fromisoformat(extended["expires_at"]) - utc_now()) / timedelta(days=1)
    assert (extended["state"], round(days_to_go, 2)) == ("active", 10)
    assert staffetta("account", "show", "--json").json["expires_at"] == extended["expires_at"]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("extend", "7132", "--days", "10"), 1, "no end that could be put off"),
        (("extend", "7132", "--days", "0"), 1, "by 1 to 3650 days"),
        (("extend", "7132"), 2, "--days"),
        (("suspend", "9"), 1, "there is no account 9"),
        (("suspend",), 2, "ID"),
    ],
)
def test_what_cannot_become_of_an_account_is_refused(staffetta, shop, words, code, reason):
    done = staffetta("account", *words)

    assert (done.code, done.out) == (code, "")
    assert reason in done.err
    assert staffetta("account", "show", "--json").json["state"] == "active"


def test_an_account_is_shown_with_its_plan_and_its_terms(staffetta, shop):
    shown = staffetta("account", "show", "--json").json

    assert (shown["expires_at"], shown["monthly_messages"], shown["features"], shown["white_label"]) == (
        None,
        0,
        ["rest", "soap", "frontend"],
        False,
    )
    assert (shown["bound_by_terms"], shown["terms_accepted"]) == (False, None)


def test_switches_that_are_not_named_stay(staffetta, shop):
    staffetta("account", "set", 7132, "--retcode-absent", "text", "--dynamic-sender-as-reply-to")
    staffetta("account", "set", 7132, "--no-require-guid")

    shown = staffetta("account", "show", 7132, "--json").json

    assert (shown["retcode_absent"], shown["dynamic_sender_as_reply_to"], shown["require_guid"]) == (
        "text",
        True,
        False,
    )


def test_names_that_old_soap_clients_cannot_read_are_refused_once_switched(staffetta, shop):
    before = staffetta("list", "add", "A & B")

    staffetta("account", "set", 7132, "--soap-legacy-names")

    after = staffetta("list", "add", "C & D")
    assert staffetta("account", "show", 7132, "--json").json["soap_legacy_names"] is True
    assert (before.code, after.code) == (0, 1)
    assert "none of &" in after.err


def test_what_import_answers_and_sends_is_switched(staffetta, shop):
    staffetta("account", "set", 7132, "--soap-import-prologue", "none", "--import-confirmation-autosend")

    shown = staffetta("account", "show", 7132, "--json").json

    assert (shown["soap_import_prologue"], shown["import_confirmation_autosend"]) == ("none", True)


def test_a_host_is_added(staffetta, shop):
    added = staffetta("account", "host", "add", "news.example:8080", "--json").json

    assert added["hosts"] == ["shop.example", "news.example:8080"]


def test_which_account_is_meant_must_be_said_where_there_are_several(staffetta, shop):
    staffetta("account", "add")

    done = staffetta("list", "show")

    assert (done.code, "--account" in done.err) == (1, True)
    assert staffetta("list", "show", "--account", 7133, "--json").code == 0
    assert "there is no account 9" in staffetta("list", "show", "--account", 9).err
