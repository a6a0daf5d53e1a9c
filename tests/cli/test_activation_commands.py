"""`activation`: accounts that applications have asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioning.asking import asked
from staffetta.db import open_database
from staffetta.provisioning import request_activation
from staffetta.settings import read_settings

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def activation(staffetta, shop):
    """An activation that was asked for, and waits for the provisioner."""
    database = open_database(read_settings())
    with database.connection() as connection:
        request = asked(company="Bosco", phone="0372")
        requested = request_activation(connection, request, ip_window=timedelta(days=1), now=NOON)
    database.close()
    return requested


def test_activations_are_listed(staffetta, activation):
    listed = staffetta("activation", "list", "--json").json

    assert [(each["id"], each["state"], each["company"]) for each in listed] == [(1, "confirmed", "Bosco")]
    assert staffetta("activation", "list", "--before", 1, "--json").json == []
    assert staffetta("activation", "list", "--state", "error", "--json").json == []
    assert "Bosco" in staffetta("activation", "list").out


def test_nothing_ever_prints_the_hash(staffetta, activation):
    printed = [
        staffetta("activation", *words, *options).out
        for words in (("list",), ("show", 1), ("retry", 1), ("block", 1), ("maintenance", "on"))
        for options in ((), ("--json",))
    ]

    assert all(printed)
    assert not [each for each in printed if activation.hash in each or "digest" in each]


def test_one_is_blocked_and_tried_again(staffetta, activation):
    blocked = staffetta("activation", "block", 1, "--reason", "spam", "--json").json
    again = staffetta("activation", "retry", 1, "--json").json

    assert (blocked["state"], blocked["problem"], blocked["due_at"]) == ("blocked", "spam", None)
    assert (again["state"], again["problem"], again["attempts"]) == ("re-elaborated", "", 0)
    assert staffetta("activation", "show", 1, "--json").json["phone"] == "0372"


def test_maintenance_is_switched_and_told(staffetta, activation):
    on = staffetta("activation", "maintenance", "on", "--json").json
    told = staffetta("activation", "maintenance", "--json").json
    waiting = staffetta("activation", "show", 1, "--json").json["state"]
    off = staffetta("activation", "maintenance", "off", "--json").json

    assert on == {"maintenance": True, "activations_moved": 1}
    assert told == {"maintenance": True, "activations_moved": 0}
    assert waiting == "manual"
    assert off == {"maintenance": False, "activations_moved": 1}


@pytest.mark.parametrize("words", [("show", 9), ("retry", 9), ("block", 9)])
def test_what_there_is_not_is_told(staffetta, activation, words):
    done = staffetta("activation", *words)

    assert (done.code, "there is no activation 9" in done.err) == (1, True)


@pytest.mark.parametrize("words", [("list", "--state", "lost"), ("maintenance", "perhaps"), ("show", 0)])
def test_what_makes_no_sense_is_a_mistake_of_usage(staffetta, shop, words):
    assert staffetta("activation", *words).code == 2
