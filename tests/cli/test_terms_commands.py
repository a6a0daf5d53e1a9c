"""`terms`: what accounts that come about by themselves have to accept."""

import pytest

from staffetta.accounts import accept_terms
from staffetta.db import open_database
from staffetta.kit.languages import Language
from staffetta.settings import read_settings
from trying import NOON


@pytest.fixture
def files(tmp_path):
    """The terms in two languages."""
    english, italian = tmp_path / "en.txt", tmp_path / "it.txt"
    english.write_text("The terms\n", "utf-8")
    italian.write_bytes(b"\xef\xbb\xbf" + "Le condizioni: così è\n".encode())
    return english, italian


def test_terms_are_published_and_shown(staffetta, shop, files):
    published = staffetta("terms", "publish", *files, "--language", "en", "--language", "IT", "--json").json

    shown = staffetta("terms", "show", "--language", "it", "--json").json
    assert published == {"version": 1, "languages": ["EN", "IT"]}
    assert (shown["version"], shown["language"], shown["text"]) == (1, "IT", "Le condizioni: così è\n")
    assert "The terms" in staffetta("terms", "show").out


def test_before_that_there_is_the_text_that_comes_with_the_platform(staffetta, shop):
    shown = staffetta("terms", "show", "--language", "DA", "--json").json

    assert (shown["version"], shown["language"], shown["published_at"]) == (0, "DA", None)
    assert shown["text"].startswith("Servicevilkår")


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("en.txt", "it.txt", "--language", "EN"), 2, "--language once for each FILE"),
        (("en.txt", "it.txt", "--language", "EN", "--language", "EN"), 2, "each language once"),
        (("en.txt", "--language", "XX"), 2, "is none of EN, IT"),
        (("empty.txt", "--language", "EN"), 1, "the terms in EN have 1 to"),
        (("latin.txt", "--language", "EN"), 1, "is no text in UTF-8"),
        (("missing.txt", "--language", "EN"), 1, "No such file"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_what_cannot_be_terms_is_refused_and_changes_nothing(staffetta, files, words, code, reason):
    folder = files[0].parent
    (folder / "empty.txt").write_text("\n", "utf-8")
    (folder / "latin.txt").write_bytes(b"cos\xec")

    done = staffetta("terms", "publish", *(folder / word if word.endswith(".txt") else word for word in words))

    assert (done.code, done.out) == (code, "")
    assert reason in " ".join(done.err.replace("│", " ").split())
    assert staffetta("terms", "show", "--json").json["version"] == 0


def test_who_accepted_is_shown_by_account(staffetta, shop):
    staffetta("account", "add", "--id", 8)
    database = open_database(read_settings())
    with database.transaction(7132) as tx:
        accept_terms(tx, login="m7132", ip="192.0.2.7", version=0, language=Language.IT, now=NOON)
    database.close()

    [accepted] = staffetta("terms", "history", 7132, "--json").json

    assert (accepted["version"], accepted["language"], accepted["login"], accepted["ip"]) == (
        0,
        "IT",
        "m7132",
        "192.0.2.7",
    )
    assert staffetta("terms", "history", 8, "--json").json == []
    assert "Nobody has accepted" in staffetta("terms", "history", 8).out
