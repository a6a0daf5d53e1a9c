"""`sending failures`: what of a sending failed, and in whose words."""

import pytest

from campaigns.failing import failed_sending
from campaigns.happened import people
from campaigns.written import write
from cli.conftest import Run
from staffetta.campaigns import failures
from staffetta.db import Transaction


@pytest.fixture
def sending(within) -> int:
    """A sending that failed with three people, two of them for one reason."""

    def happen(tx: Transaction) -> int:
        people(tx, (1, 2, 3))
        replies = {1: "550 <p1@example.com>: unknown", 2: "554 \x07 spam", 3: "550 <p3@example.com>: unknown"}
        return failed_sending(tx, write(tx).id, replies)

    found: int = within(happen)
    return found


def test_people_read_reasons_the_most_frequent_first(staffetta: Run, sending):
    done = staffetta("sending", "failures", sending)

    assert [line.split() for line in done.out.splitlines()] == [
        ["people", "reply"],
        ["2", "550", "…", "unknown"],
        ["1", "554", "\\x07", "spam"],
    ]


def test_programs_get_one_document(staffetta: Run, sending):
    assert staffetta("sending", "failures", sending, "--most", 1, "--json").json == {
        "failed": 3,
        "looked_at": 3,
        "reasons": [{"people": 2, "reply": "550 … unknown"}],
    }


def test_where_not_all_were_looked_at_that_is_said(staffetta: Run, sending, monkeypatch):
    monkeypatch.setattr(failures, "MOST_LOOKED_AT", 2)

    done = staffetta("sending", "failures", sending)

    assert done.out.endswith("\nThese are the reasons of 2 mails; 3 failed.\n")


def test_people_are_listed_with_the_reply_as_it_came(staffetta: Run, sending):
    shown = staffetta("sending", "failures", sending, "--recipients", "--most", 2)
    rest = staffetta("sending", "failures", sending, "--recipients", "--after", 2, "--json")

    assert "p1@example.com" in shown.out
    assert shown.out.endswith("`--after 2` shows those who come next.\n")
    assert rest.json == [
        {
            "recipient_id": 3,
            "email": "p3@example.com",
            "failed_at": "2026-06-01T12:00:00Z",
            "attempts": 1,
            "reply": "550 <p3@example.com>: unknown",
        }
    ]


def test_where_nothing_failed_that_is_said(staffetta: Run, within):
    sending = within(lambda tx: failed_sending(tx, write(tx).id, {}))

    assert staffetta("sending", "failures", sending).out == "No mail of it has failed.\n"
    assert staffetta("sending", "failures", sending, "--recipients").out == "No mail of it has failed.\n"
    assert staffetta("sending", "failures", sending, "--recipients", "--json").json == []


def test_a_sending_that_is_not_there_is_an_error_on_one_line(staffetta: Run, shop):
    for words in ((), ("--recipients",)):
        done = staffetta("sending", "failures", 99, *words)

        assert (done.code, done.err) == (1, "error: there is no sending 99\n")


@pytest.mark.parametrize("words", [("--after", 2), ("--recipients", "--after", -1), ("--most", 0), ("--most", 1_001)])
def test_what_cannot_be_meant_is_a_mistake_of_usage(staffetta: Run, shop, words):
    assert staffetta("sending", "failures", 1, *words).code == 2
