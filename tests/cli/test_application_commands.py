"""`app`: registering programs, and keeping them out."""

import re

import pytest

from access.accessing import CALLBACK
from staffetta.access import (
    UnknownToken,
    authenticate_application,
    authorize,
    get_user,
    grant_of,
    issue_tokens,
)
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import read_settings

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def connected(shop):
    """A connection to the database of the test, committed at the end of a `with`."""
    database = open_database(read_settings())
    yield database.connection
    database.close()


def signed_in(connected, client_id, login):
    """Let a user authorize an application; return their access token."""
    with connected() as connection:
        user = get_user(connection, login)
        authorize(connection, user, client_id, now=utc_now())
        return issue_tokens(connection, user, client_id, now=utc_now()).access


def works(connected, access_token):
    with connected() as connection:
        try:
            grant_of(connection, access_token, now=utc_now())
        except UnknownToken:
            return False
        return True


def test_an_application_gets_credentials_that_are_printed_once(staffetta, connected):
    made = staffetta("app", "add", "My shop", "--redirect-uri", CALLBACK, "--redirect-uri", "my:/cb", "--json").json

    assert GUID.fullmatch(made["client_id"])
    assert GUID.fullmatch(made["client_secret"])
    assert (made["name"], made["redirect_uris"]) == ("My shop", [CALLBACK, "my:/cb"])
    with connected() as connection:
        assert authenticate_application(connection, made["client_id"], made["client_secret"]).name == "My shop"
    assert made["client_secret"] not in staffetta("app", "list", "--json").out


def test_credentials_can_be_given(staffetta, shop):
    made = staffetta(
        "app", "add", "Tests", "--client-id", "staffetta-client", "--client-secret", "staffetta-secret", "--json"
    ).json

    assert (made["client_id"], made["client_secret"]) == ("staffetta-client", "staffetta-secret")


def test_a_secret_is_read_from_standard_input(staffetta, connected):
    done = staffetta("app", "add", "Tests", "--client-id", "x", "--client-secret", "-", given="S3cret-words\n")

    assert (done.code, done.err) == (0, "")
    assert "Keep the secret" in done.out
    with connected() as connection:
        assert authenticate_application(connection, "x", "S3cret-words")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((" ",), "an application's name has"),
        (("Tests", "--client-id", "taken"), "there is an application taken"),
        (("Tests", "--client-id", "a b"), "a client id has"),
        (("Tests", "--client-secret", "short"), "a client secret has 8 to 100"),
        (("Tests", "--client-secret", ""), "the client secret is empty"),
        (("Tests", "--redirect-uri", "javascript:alert(1)"), "is not an address"),
    ],
)
def test_what_cannot_be_an_application_is_refused_on_one_line(staffetta, shop, words, reason):
    staffetta("app", "add", "First", "--client-id", "taken")

    done = staffetta("app", "add", *words)

    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert reason in done.err
    assert [each["name"] for each in staffetta("app", "list", "--json").json] == ["First"]


def test_without_an_application_the_list_says_what_to_do(staffetta, shop):
    assert "staffetta app add" in staffetta("app", "list").out


def test_an_application_is_blocked_for_one_account_or_for_everybody_and_unblocked(staffetta, connected):
    staffetta("app", "add", "First", "--client-id", "first")
    token = signed_in(connected, "first", "a7132")

    assert staffetta("app", "block", "first", "--account", 7132, "--json").json["blocked_for"] == [7132]
    assert not works(connected, token)
    assert staffetta("app", "unblock", "first", "--account", 7132, "--json").json["blocked_for"] == []
    assert works(connected, token)

    assert staffetta("app", "block", "first", "--json").json["blocked_at"]
    assert not works(connected, token)
    assert staffetta("app", "list", "--json").json[0]["blocked_at"]
    assert staffetta("app", "unblock", "first", "--json").json["blocked_at"] is None
    assert works(connected, token)


def test_an_application_is_revoked_for_a_user_an_account_or_everybody(staffetta, connected):
    staffetta("account", "add", "--id", 8)
    staffetta("app", "add", "First", "--client-id", "first")
    users = ("a7132", "m7132", "a8")

    def revoked(*words):
        tokens = [signed_in(connected, "first", user) for user in users]
        answer = staffetta("app", "revoke", "first", "--json", *words).json
        return answer["revoked"], [works(connected, token) for token in tokens]

    assert revoked("--user", "M7132") == (1, [True, False, True])
    assert revoked("--account", 7132) == (2, [False, False, True])
    assert revoked() == (3, [False, False, False])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("revoke", "unknown"), "there is no application"),
        (("revoke", "first", "--user", "a7132"), "a7132 has not authorized this application"),
        (("revoke", "first", "--user", "nobody"), "there is no user of this login"),
        (("revoke", "first", "--account", 9), "there is no account 9"),
        (("revoke", "first", "--account", 9, "--user", "a7132"), "not both"),
        (("block", "unknown"), "there is no application"),
        (("block", "first", "--account", 9), "there is no account 9"),
        (("unblock", "unknown"), "there is no application"),
    ],
)
def test_what_there_is_not_is_neither_revoked_nor_blocked(staffetta, shop, words, reason):
    staffetta("app", "add", "First", "--client-id", "first")

    done = staffetta("app", *words)

    assert (done.code, done.out) == (1, "")
    assert reason in done.err


def test_an_application_is_granted_a_feature_by_its_name_or_id(staffetta, shop):
    client_id = staffetta("app", "add", "My Shop", "--json").json["client_id"]

    granted = staffetta("app", "grant", "My Shop", "provisioning", "--json").json

    assert (granted["client_id"], granted["features"]) == (client_id, ["provisioning"])
    assert staffetta("app", "show", client_id, "--json").json == granted
    assert staffetta("app", "list", "--json").json == [granted]
    assert staffetta("app", "withdraw", client_id, "provisioning", "--json").json["features"] == []


def test_an_applications_plan_is_changed_and_what_is_not_named_stays(staffetta, shop):
    staffetta("app", "add", "Shop")
    staffetta("app", "plan", "Shop", "--trial-days", 14, "--monthly-messages", 1000)

    plan = staffetta("app", "plan", "Shop", "--feature", "rest", "--feature", "soap", "--white-label", "--json").json

    assert (plan["trial_days"], plan["monthly_messages"]) == (14, 1000)
    assert (plan["plan_features"], plan["white_label"]) == (["rest", "soap"], True)
    assert staffetta("app", "plan", "Shop", "--no-white-label", "--json").json["white_label"] is False


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("grant", "Shop", "flying"), 1, "is none of provisioning"),
        (("grant", "Nobody", "provisioning"), 1, "no application of this client id or name"),
        (("grant", "Twin", "provisioning"), 1, "several applications are called Twin"),
        (("plan", "Shop", "--trial-days", -1), 1, "0 to 36500 trial days"),
        (("plan", "Shop", "--feature", "flying"), 2, "flying"),
        (("show", "Nobody"), 1, "no application"),
    ],
)
def test_what_an_application_cannot_have_is_refused(staffetta, shop, words, code, reason):
    for name in ("Shop", "Twin", "Twin"):
        staffetta("app", "add", name)
    before = staffetta("app", "list", "--json").json

    done = staffetta("app", *words)

    assert (done.code, done.out) == (code, "")
    assert reason in done.err
    assert staffetta("app", "list", "--json").json == before
