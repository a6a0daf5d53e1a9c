"""`relay`: limits, warming up, and who asked for less mail."""

from datetime import timedelta

import pytest

from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.sending import News, SlowDomain, share_pace
from staffetta.settings import read_settings

RELAYS = "smtp://ada:secret@one.example?rate=50&warmup=200 smtp://two.example"


@pytest.fixture
def paced(shop, monkeypatch) -> None:
    """A relay that warms up and was asked for less, and another one."""
    monkeypatch.setenv("STAFFETTA_RELAYS", RELAYS)
    now = utc_now()
    words = "450 4.7.1 slow\x1b[31m down"
    spared = SlowDomain("one.example:587", "slow.example", 60, words, now, now + timedelta(minutes=10))
    over = spared._replace(domain="", rate=600, until=now - timedelta(hours=2))
    database = open_database(read_settings())
    with database.connection() as connection:
        share_pace(connection, News((spared, over), (("one.example:587", 7),)), (), now=now)
    database.close()


def test_relays_are_shown_with_what_they_may_get(staffetta, paced):
    one, two = staffetta("relay", "status", "--json").json

    assert (one["relay"], one["rate"], one["allowed_today"], one["sent_today"]) == ("one.example:587", 50, 200, 7)
    assert one["slow_domains"] == ["slow.example"]
    assert (two["relay"], two["rate"], two["allowed_today"], two["slow_domains"]) == ("two.example:25", None, None, [])
    assert "secret" not in staffetta("relay", "status").out


def test_who_asked_for_less_is_shown_with_the_words(staffetta, paced):
    slow, over = staffetta("relay", "slow", "--json").json

    assert (slow["domain"], slow["spared"], slow["messages_a_minute"]) == ("slow.example", True, 60)
    assert slow["reply"].startswith("450 4.7.1 slow")
    assert (over["domain"], over["spared"], over["messages_a_minute"]) == ("*", False, None)
    assert "\x1b" not in staffetta("relay", "slow").out


def test_a_domain_is_released(staffetta, paced):
    released = staffetta("relay", "release", "Slow.example", "--json").json
    again = staffetta("relay", "release", "slow.example")

    assert released == {"domain": "Slow.example", "relays": 1}
    assert staffetta("relay", "release", "*").code == 0
    assert staffetta("relay", "slow", "--json").json == []
    assert (again.code, "is not spared" in again.err) == (1, True)


def test_without_relays_there_is_nothing_to_show(staffetta, shop):
    assert staffetta("relay", "status").out == "No relay is configured: mail is caught and shown.\n"
    assert staffetta("relay", "slow").out == "Nobody asked for less mail.\n"
