"""`policy`: what an account may call, how often, and from where."""

from staffetta.cli.loading import PARTS
from staffetta.interfaces.policy import Family, Policy
from staffetta.settings import Settings


def test_the_policy_of_an_account_is_shown(staffetta, shop):
    staffetta("account", "state", "7132", "suspended")
    staffetta("ip", "deny", "192.0.2.9", "--service", "WSMailUpImport")

    shown = staffetta("policy", "show", "7132", "--json").json

    assert (shown["account"], shown["state"], shown["limits"]) == (7132, "suspended", "on")
    assert shown["counted_in"] == "memory of the server"
    assert [each["service"] for each in shown["services"]] == ["FrontEnd", "WSMailUpImport"]
    assert shown["services"][1]["denied"] == ["192.0.2.9/32"]
    assert {
        "family": "SOAP",
        "methods": ["SendNewsletter"],
        "allowed": "200 calls a day",
        "waits_seconds": 0,
        "counted_by": "account",
        "used": None,
    } in shown["policy"]


async def test_what_is_used_is_told_where_a_storage_counts(staffetta, shop, monkeypatch, redis_url):
    monkeypatch.setenv("STAFFETTA_LIMITS_STORAGE", f"{redis_url}/7")
    policy = Policy(Settings(limits_storage=f"{redis_url}/7"))
    for _ in range(3):
        await policy.admit(7132, Family.SOAP, "SendNewsletter")

    shown = staffetta("policy", "show", "7132", "--json").json

    assert shown["counted_in"] == "storage"
    assert [each["used"] for each in shown["policy"] if each["methods"] == ["SendNewsletter"]] == [
        {"SendNewsletter": 3}
    ]


def test_people_read_three_tables(staffetta, shop, monkeypatch):
    monkeypatch.setenv("STAFFETTA_SOAP_CALLS_PER_SECOND", "7")

    read = staffetta("policy", "show").out

    assert "WSMailUpImport" in read
    assert "7 calls a second" in read
    assert "the purchased speed" in read


def test_an_account_that_does_not_exist_has_none(staffetta, shop):
    assert staffetta("policy", "show", "1").code == 1


def test_the_command_is_in_the_table():
    assert PARTS["policy"].module == "policy"
