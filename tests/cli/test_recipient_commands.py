"""`recipient`: what is known of one person."""

import pytest

from campaigns.happening import done, person, record, send
from cli.conftest import Run
from staffetta.campaigns import Actor, EventKind
from staffetta.db import Transaction


@pytest.fixture
def ada(within) -> int:
    """Somebody with three events: a program's view, her own click, a bounce."""

    def happen(tx: Transaction) -> int:
        message, found = send(tx, "https://shop.example/"), person(tx)
        record(tx, done(tx, message, found, actor=Actor.MACHINE, reason="a \x1b[31mscanner"))
        record(tx, done(tx, message, found, "click", link_id=1, ip="192.0.2.1"))
        record(tx, done(tx, message, found, EventKind.HARD_BOUNCE, reason="550 unknown"))
        return found

    found: int = within(happen)
    return found


def test_people_read_who_did_what_and_why(staffetta: Run, ada):
    done = staffetta("recipient", "timeline", "Ada@example.org")

    heading, bounce, click, view = (" ".join(line.split()) for line in done.out.splitlines())
    assert heading.startswith("happened_at kind actor reason message_id subject")
    assert "hard-bounce - 550 unknown" in bounce
    assert "click person -" in click
    assert "https://shop.example/" in click
    assert "view machine a \\x1b[31mscanner" in view


def test_programs_get_one_document_by_the_id_too(staffetta: Run, ada):
    events = staffetta("recipient", "timeline", ada, "--json").json

    assert [(each["kind"], each["actor"]) for each in events] == [
        ("hard-bounce", None),
        ("click", "person"),
        ("view", "machine"),
    ]
    assert {name: events[1][name] for name in ("subject", "url", "ip", "list_id", "sending_id")} == {
        "subject": "Spring",
        "url": "https://shop.example/",
        "ip": "192.0.2.1",
        "list_id": 1,
        "sending_id": 1,
    }


def test_a_long_time_line_says_how_to_go_on(staffetta: Run, ada):
    shown = staffetta("recipient", "timeline", ada, "--most", 2)
    before = shown.out.rpartition("`--before ")[2].partition("`")[0]

    rest = staffetta("recipient", "timeline", ada, "--before", before, "--json")

    assert [each["kind"] for each in rest.json] == ["view"]


def test_of_whom_nothing_is_known_that_is_said(staffetta: Run, within):
    within(person)

    assert staffetta("recipient", "timeline", "ada@example.org").out == "Nothing is known of them.\n"
    assert staffetta("recipient", "timeline", "ada@example.org", "--json").json == []


@pytest.mark.parametrize("who", ["nobody@example.org", "4711", "0"])
def test_who_is_not_there_is_an_error_on_one_line(staffetta: Run, ada, who):
    done = staffetta("recipient", "timeline", who)

    assert (done.code, done.err) == (1, f"error: account 7132 knows no recipient {who}\n")


@pytest.mark.parametrize(
    "words", [("ada",), ("99999999999",), ("²",), ("1", "--most", "0"), ("1", "--most", "1001"), ("1", "--before", "x")]
)
def test_what_cannot_be_meant_is_a_mistake_of_usage(staffetta: Run, shop, words):
    assert staffetta("recipient", "timeline", *words).code == 2
