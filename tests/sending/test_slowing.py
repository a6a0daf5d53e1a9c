"""Which replies ask for less, and what follows from them."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.sending import smtp
from staffetta.sending.slowing import Scope, SlowDomain, asks_to_slow, rate_at, slower

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def deferred(line: str, verb: smtp.Verb = "RCPT") -> smtp.Deferred:
    code, _, text = line.partition(" ")
    return smtp.Deferred(smtp.Reply(int(code), text), verb)


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("454 Throttling failure: Maximum sending rate exceeded.", Scope.RELAY),
        ("454 Throttling failure: Daily message quota exceeded.", Scope.RELAY),
        ("450 4.7.1 Error: too much mail from 192.0.2.1", Scope.DOMAIN),
        ("451 4.7.1 Hourly limit reached", Scope.RELAY),
        ("421 4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP", Scope.DOMAIN),
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume", Scope.DOMAIN),
        ("421 RP-001 (BAY) Unfortunately, some messages weren't sent: the rate limit was exceeded", Scope.DOMAIN),
        ("421 too many concurrent connections", Scope.DOMAIN),
        ("450 4.7.0 Too many messages, slow down", Scope.DOMAIN),
        ("451 4.7.500 Server busy. Please try again later from [192.0.2.1]. Throttled", Scope.DOMAIN),
        ("421 Service not available, try again later", Scope.DOMAIN),
        ("450 4.7.1 Try again later", Scope.DOMAIN),
        ("451 4.7.1 Greylisting in action, please come back later", None),
        ("450 4.2.0 Recipient address rejected: Greylisted, too many new senders", None),
        ("451 4.7.1 Gray-listed, try again later", None),
        ("451 4.3.0 Temporary lookup failure, try again later", None),
        ("450 4.2.1 The user you are trying to contact is receiving too many messages", None),
        ("452 4.2.2 Mailbox full, try again later", None),
        ("452 4.5.3 Too many recipients", None),
        ("421 4.4.2 Timeout", None),
    ],
)
def test_a_4xx_asks_for_less_or_does_not(line, scope):
    assert asks_to_slow(deferred(line)) == scope


def test_what_is_said_before_a_recipient_was_named_is_about_the_relay():
    assert asks_to_slow(deferred("450 4.7.1 rate limited", verb="MAIL")) is Scope.RELAY


@pytest.mark.parametrize(
    "outcome",
    [
        smtp.Rejected(smtp.Reply(550, "5.7.1 too many messages"), "RCPT"),
        smtp.Accepted(smtp.Reply(250, "2.0.0 rate limited queue")),
        smtp.InDoubt("too many"),
        smtp.Untouched("throttled"),
    ],
)
def test_nothing_but_a_4xx_asks_for_less(outcome):
    assert asks_to_slow(outcome) is None


def spare(known: SlowDomain | None, now: datetime, *, domain: str = "slow.example", usual: float = 0) -> SlowDomain:
    found = slower(known, "r:25", domain, reply="450 4.7.1 slow down", usual=usual, now=now)
    assert found
    return found


def test_a_domain_that_asks_again_is_spared_more_and_longer():
    first = spare(None, NOON)
    second = spare(first, NOON + 2 * MINUTE)
    third = spare(second, NOON + 4 * MINUTE)

    assert [each.rate for each in (first, second, third)] == [60, 30, 15]
    assert [each.until - NOON for each in (first, second, third)] == [10 * MINUTE, 22 * MINUTE, 44 * MINUTE]
    assert {each.since for each in (first, second, third)} == {NOON}


@pytest.mark.parametrize(
    ("usual", "domain", "rate"), [(0, "a.example", 60), (0, "", 600), (40, "a.example", 20), (1, "", 1)]
)
def test_the_first_rate_is_half_of_what_is_usual(usual, domain, rate):
    assert spare(None, NOON, domain=domain, usual=usual).rate == rate


def test_what_is_refused_together_is_one_request():
    first = spare(None, NOON)

    assert slower(first, "r:25", "slow.example", reply="", usual=0, now=NOON + timedelta(seconds=59)) is None


def test_the_rate_never_comes_to_nothing_and_the_time_is_bounded():
    slow = spare(None, NOON)
    for number in range(20):
        slow = spare(slow, NOON + 2 * (number + 1) * MINUTE)

    assert slow.rate == 1
    assert slow.until == NOON + 40 * MINUTE + timedelta(hours=4)


def test_after_its_time_it_recovers_by_itself():
    slow = spare(None, NOON)

    rates = [rate_at(slow, NOON + minutes * MINUTE) for minutes in (0, 9, 10, 19, 20, 30, 39, 40, 10_000)]

    assert rates == [60, 60, 120, 120, 240, 480, 480, None, None]


def test_one_that_asks_again_while_it_recovers_is_halved_from_where_it_is():
    slow = spare(None, NOON)

    again = spare(slow, NOON + 25 * MINUTE)

    assert (again.rate, again.since) == (120, NOON)


def test_one_that_asks_again_after_it_recovered_begins_anew():
    slow = spare(None, NOON)

    again = spare(slow, NOON + timedelta(days=1))

    assert (again.rate, again.since) == (60, NOON + timedelta(days=1))
