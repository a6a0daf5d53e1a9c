"""`settings`: every setting, its reference page, and no password."""

from dataclasses import fields
from pathlib import Path

import pytest

from staffetta.cli.settings import markdown, masked
from staffetta.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_every_setting_is_shown_with_its_purpose(staffetta):
    shown = staffetta("settings", "--json").json

    assert [each["name"] for each in shown] == [f"STAFFETTA_{each.name.upper()}" for each in fields(Settings)]
    assert all(each["purpose"] for each in shown)


def test_the_reference_page_is_current(staffetta):
    assert PAGE.read_text("utf-8") == markdown(), "run `staffetta settings --markdown > docs/reference/settings.md`"
    assert staffetta("settings", "--markdown").out == markdown()


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_no_password_is_shown(staffetta, monkeypatch, words):
    monkeypatch.setenv("STAFFETTA_RELAYS", "smtp://ada:gehe@im@relay.example:587 smtp://plain.example")
    monkeypatch.setenv("STAFFETTA_DATABASE", "postgresql://ada:geheim@db.example/staffetta")
    monkeypatch.setenv("STAFFETTA_LIMITS_STORAGE", "redis://:geheim@cache.example")

    done = staffetta("settings", *words)

    assert done.code == 0
    assert "gehe" not in done.out
    assert "relay.example:587" in done.out


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://a:b@h/d", "postgresql://a:***@h/d"),
        ("postgresql://h/d?user=a&password=b&x=1", "postgresql://h/d?user=a&password=***&x=1"),
        ("redis://:b@h", "redis://:***@h"),
        ("smtp://h:25?weight=2", "smtp://h:25?weight=2"),
        ("sqlite:////x/staffetta.db", "sqlite:////x/staffetta.db"),
        (("smtps://a:p:q@h",), ["smtps://a:***@h"]),
        (7, 7),
    ],
)
def test_passwords_are_masked_and_nothing_else(value, shown):
    assert masked(value) == shown


def test_a_setting_that_is_not_one_is_told_of(staffetta, home):
    home.mkdir()
    (home / "staffetta.toml").write_text("colour = 'red'", "utf-8")
    assert "names no setting of ours: colour" in staffetta("settings").err

    (home / "staffetta.toml").write_text("colour = ", "utf-8")

    assert staffetta("settings").err.count("\n") == 1
