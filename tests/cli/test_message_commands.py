"""`message`: what came of messages."""

import pytest

from campaigns.happening import done, person, record, send
from cli.conftest import Run
from staffetta.campaigns import Actor, EventKind
from staffetta.db import Transaction


@pytest.fixture
def message(within) -> int:
    """A message that somebody opened twice and a program once, of which somebody complained."""

    def happen(tx: Transaction) -> int:
        found, ada, eve = send(tx), person(tx), person(tx, "eve", followed=False)
        record(tx, done(tx, found, ada), done(tx, found, ada), done(tx, found, ada, actor=Actor.MACHINE))
        record(tx, done(tx, found, 0), done(tx, found, eve, EventKind.COMPLAINT))
        return found

    found: int = within(happen)
    return found


def test_programs_get_every_counter(staffetta: Run, message):
    counted = staffetta("message", "stats", message, "--json").json

    assert counted == {
        "message_id": message,
        "list_id": 1,
        "subject": "Spring",
        "recipients": 0,
        "viewers": 1,
        "clickers": 0,
        "hard_bounces": 0,
        "soft_bounces": 0,
        "unsubscriptions": 0,
        "complaints": 1,
        "views": 2,
        "clicks": 0,
        "machine_views": 1,
        "machine_clicks": 0,
        "untracked_views": 1,
        "untracked_clicks": 0,
    }


def test_people_get_them_one_a_line(staffetta: Run, message):
    lines = [line.split() for line in staffetta("message", "stats", message).out.splitlines()]

    assert ["viewers", "1"] in lines
    assert ["machine_views", "1"] in lines


def test_a_message_that_is_not_there_is_an_error_on_one_line(staffetta: Run, message):
    done = staffetta("message", "stats", 99)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("word", ["0", "x", str(2**31)])
def test_what_is_no_id_is_a_mistake_of_usage(staffetta: Run, shop, word):
    assert staffetta("message", "stats", word).code == 2
