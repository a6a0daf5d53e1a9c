"""`dkim`: keys are made, their records printed, and they are retired."""

import re

import pytest

from staffetta.db import open_database
from staffetta.sending import generate
from staffetta.sending.dkim import Algorithm
from staffetta.sending.dkim_keys import _pem, keys_in_use
from staffetta.settings import read_settings


def in_use() -> dict[str, list[str]]:
    database = open_database(read_settings())
    with database.connection() as connection:
        found = {domain: [key.selector for key in keys] for domain, keys in keys_in_use(connection).items()}
    database.close()
    return found


def test_a_key_is_made_and_its_record_printed(staffetta, shop):
    [key] = staffetta("dkim", "add", "News.Example", "--selector", "s1", "--json").json

    assert (key["name"], key["type"]) == ("s1._domainkey.news.example", "TXT")
    assert key["value"].startswith("v=DKIM1; k=rsa; p=")
    assert (key["domain"], key["signs"], key["algorithm"]) == ("news.example", True, "rsa")
    assert in_use() == {"news.example": ["s1"]}
    assert staffetta("dkim", "show", "news.example", "--json").json == [key]


def test_people_read_the_record_in_both_forms(staffetta, shop):
    shown = staffetta("dkim", "add", "news.example", "--algorithm", "ed25519", "--selector", "e1").out

    assert re.search(r'\ne1\._domainkey\.news\.example\. IN TXT \( "v=DKIM1; k=ed25519; p=.{44}" \)\n', shown)
    assert "publish it at once" in shown
    assert "PRIVATE" not in shown


def test_both_algorithms_sign_together(staffetta, shop):
    made = staffetta("dkim", "add", "news.example", "--algorithm", "both", "--selector", "s1", "--json").json
    dated = staffetta("dkim", "add", "other.example", "--algorithm", "both", "--json").json

    assert [each["selector"] for each in made] == ["s1-rsa", "s1-ed25519"]
    assert [re.sub(r"\d{8}$", "DATE", each["selector"]) for each in dated] == ["rsa-DATE", "ed25519-DATE"]
    assert in_use()["news.example"] == ["s1-rsa", "s1-ed25519"]


def test_a_key_waits_until_dns_has_it(staffetta, shop):
    staffetta("dkim", "add", "news.example", "--selector", "old", "--algorithm", "ed25519")
    hint = staffetta("dkim", "add", "news.example", "--selector", "new", "--algorithm", "ed25519", "--inactive").out
    before = in_use()

    activated = staffetta("dkim", "activate", "news.example", "new", "--json").json
    retired = staffetta("dkim", "retire", "news.example", "old", "--json").json

    assert "staffetta dkim activate news.example" in hint
    assert (before, in_use()) == ({"news.example": ["old"]}, {"news.example": ["new"]})
    assert ([each["signs"] for each in activated], [each["signs"] for each in retired]) == ([True], [False])
    listed = staffetta("dkim", "list", "--json").json
    assert {each["selector"]: each["signs"] for each in listed} == {"old": False, "new": True}


def test_a_key_of_one_s_own_is_taken(staffetta, shop, tmp_path):
    file = tmp_path / "key.pem"
    file.write_text(_pem(generate(Algorithm.ED25519)), "utf-8")

    [key] = staffetta("dkim", "add", "news.example", "--private-key", file, "--selector", "mine", "--json").json

    assert (key["algorithm"], key["selector"]) == ("ed25519", "mine")


def test_mistakes_are_told_on_one_line(staffetta, shop, tmp_path):
    file = tmp_path / "key.pem"
    file.write_bytes(b"\xff not a key")
    staffetta("dkim", "add", "news.example", "--selector", "s1", "--algorithm", "ed25519")

    again = staffetta("dkim", "add", "news.example", "--selector", "s1", "--algorithm", "ed25519")
    unreadable = staffetta("dkim", "add", "news.example", "--private-key", file)
    nowhere = staffetta("dkim", "add", "not a domain")
    unknown = staffetta("dkim", "retire", "other.example")

    assert [each.code for each in (again, unreadable, nowhere, unknown)] == [1] * 4
    assert "has a key with selector s1" in again.err
    assert "not a private key" in unreadable.err
    assert "is no domain" in nowhere.err
    assert "there is no key for other.example" in unknown.err


@pytest.mark.parametrize("words", [("list",), ("list", "--json")])
def test_without_keys_there_is_nothing_to_list(staffetta, shop, words):
    done = staffetta("dkim", *words)

    assert (done.code, done.out) == (0, "[]\n" if "--json" in words else "No domain has a key: mail is not signed.\n")
