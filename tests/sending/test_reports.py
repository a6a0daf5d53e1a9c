"""What comes back is read for what it is, whoever wrote it."""

from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.sending.refusals import Verdict, weigh
from staffetta.sending.reports import (
    MOST_OCTETS,
    AutoReply,
    Complaint,
    DeliveryReports,
    LeaveRequest,
    Unknown,
    read_report,
)

REPORTS = Path(__file__).parent / "reports"
HARD, SOFT, BLOCKED, NOTHING = Verdict.HARD, Verdict.SOFT, Verdict.BLOCKED, Verdict.NOTHING

DELIVERIES = [
    ("postfix-user-unknown", HARD, "5.1.1", "ada@example.org", "Recipient address rejected: User unknown"),
    ("exchange-not-in-directory", HARD, "5.1.10", "ada@example.org", "not found by SMTP address lookup"),
    ("edge-access-denied", HARD, "5.4.1", "ada@example.org", "Access denied"),
    ("sendmail-host-unknown", HARD, "5.1.2", "ada@exmaple.org", ""),
    ("host-called-spamfilter", HARD, "5.0.0", "ada@example.org", "550 No such user here"),
    ("nested-and-encoded", HARD, "5.2.1", "åda@example.org", "für immer geschlossen"),
    ("qmail-no-mailbox", HARD, "5.1.1", "ada@example.org", "Sorry, no mailbox here by that name."),
    ("exim-unrouteable", HARD, "", "ada@example.org", "Unrouteable address"),
    ("exchange-of-old", HARD, "5.1.1", "ada@example.org", "There is no such account"),
    ("sendmail-of-old", HARD, "5.2.1", "ada@example.org", "The account has been closed"),
    ("mailbox-full", SOFT, "5.2.2", "ada@example.org", "out of storage space"),
    ("expired", SOFT, "4.4.1", "ada@example.org", "Connection timed out"),
    ("blocked-by-list", BLOCKED, "5.7.1", "ada@example.org", "blocked using"),
    ("block-under-a-hard-code", BLOCKED, "5.1.1", "ada@example.org", "poor reputation"),
    ("delayed", NOTHING, "4.4.1", "ada@example.org", "Connection timed out"),
]


def load(name):
    return (REPORTS / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(("name", "verdict", "status", "recipient", "words"), DELIVERIES)
def test_a_report_of_a_delivery_is_read(name, verdict, status, recipient, words):
    said = read_report(load(name))

    assert isinstance(said, DeliveryReports)
    (report,) = said.recipients
    assert (report.verdict, report.status, report.recipient) == (verdict, status, recipient)
    assert words in report.diagnostic
    assert report.is_hard == (verdict == HARD)


@pytest.mark.parametrize("name", [each[0] for each in DELIVERIES])
def test_a_report_with_bare_line_feeds_is_the_same(name):
    assert read_report(load(name).replace(b"\r\n", b"\n")) == read_report(load(name))


def test_an_address_that_hands_on_to_many_is_as_alive_as_the_one_who_got_it():
    said = read_report(load("one-of-many-failed"))

    assert isinstance(said, DeliveryReports)
    assert [each.verdict for each in said.recipients] == [NOTHING, HARD]
    assert said.mildest.recipient == "ada@example.org"


def test_a_complaint_is_read_with_what_tells_whose_it_is():
    said = read_report(load("complaint"))

    assert isinstance(said, Complaint)
    assert (said.kind, said.reporter) == ("abuse", "ProviderFeedback/2.1")
    assert "b-token@bounces.example.com" in said.traces
    assert "mailto:u-token@bounces.example.com" in said.traces


@pytest.mark.parametrize("name", ["leave", "leave-in-italian"])
def test_who_asks_to_leave_is_understood(name):
    assert read_report(load(name)) == LeaveRequest()


def test_a_provider_that_reports_an_opt_out_asks_to_leave():
    said = read_report(load("complaint-opt-out"))

    assert isinstance(said, LeaveRequest)
    assert "u-token@bounces.example.com" in said.traces


@pytest.mark.parametrize("name", ["complaint-not-spam", "question"])
def test_what_is_neither_bounce_nor_wish_is_left_alone(name):
    assert read_report(load(name)) == Unknown()


@pytest.mark.parametrize("name", ["vacation", "vacation-without-a-standard"])
def test_who_is_away_has_not_bounced(name):
    assert read_report(load(name)) == AutoReply()


@pytest.mark.parametrize(
    ("status", "words", "verdict"),
    [
        ("5.1.1", "", HARD),
        ("5.0.0", "550 5.1.1 unknown", HARD),
        ("5.0.0", "554 no idea", SOFT),
        ("", "550 User unknown", HARD),
        ("", "450 User unknown for now", SOFT),
        ("", "", SOFT),
        ("5.0.0", "554 mailbox unavailable: over quota", SOFT),
        ("4.2.2", "452 4.2.2 mailbox full", SOFT),
        ("4.7.1", "451 4.7.1 greylisted, come again", BLOCKED),
        ("4.7.28", "421 4.7.28 unusual rate of mail", BLOCKED),
        ("5.7.26", "550 5.7.26 this mail is not authenticated", BLOCKED),
        ("5.2.3", "552 message too long", BLOCKED),
        ("5.6.0", "554 5.6.0 broken content", BLOCKED),
        ("5.1.1", "550 5.1.1 see [192.5.1.1] user unknown", HARD),
        ("5.4.4", "Host or domain name not found. Name service error", HARD),
        ("5.4.4", "unable to route", SOFT),
    ],
)
def test_codes_and_words_are_weighed(status, words, verdict):
    assert weigh(status, words) == verdict


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * 200_000,
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 20_000,
        b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\n\n" * 60_000,
        b"x:" + b"\n y" * 300_000,
        b"\n" * MOST_OCTETS,
        b"Content-Type: multipart/report; boundary=" + b'"' * 500_000,
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + b"=A" * 400_000,
    ],
)
def test_hostile_mail_takes_no_time(content):
    begun = process_time()
    read_report(content)

    assert process_time() - begun < 2.0


@given(st.binary(max_size=400))
def test_no_octets_are_a_failure(octets):
    read_report(octets)


@given(st.sampled_from(sorted(REPORTS.glob("*.eml"))), st.data())
def test_no_change_of_a_report_is_a_failure(file, data):
    content = file.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 60)))

    read_report(content[:start] + data.draw(st.binary(max_size=30)) + content[end:])
