"""What is written down of each outcome: the state, when it is due again, and the relay's own words for operators."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.outbox import Delivery, DeliveryState
from staffetta.sending import smtp
from staffetta.sending.judging import is_dead, judge
from staffetta.settings import InDoubtPolicy

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
VERBS: tuple[smtp.Verb, ...] = ("MAIL", "RCPT", "DATA")


def delivery(*, attempts: int = 1, first_tried_at: datetime = NOON) -> Delivery:
    return Delivery(1, 7, "welcome", "ada@example.com", 1, 1, {}, "<1@x>", attempts, first_tried_at)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("line", ["421 4.3.2 going down", "450 4.2.0 busy", "451 4.7.1 slow down", "452 4.3.1 full"])
def test_a_4xx_at_any_verb_is_tried_again_and_its_words_are_kept(verb, line):
    code, _, text = line.partition(" ")

    outcome = judge(delivery(), smtp.Deferred(smtp.Reply(int(code), text), verb), InDoubtPolicy.HOLD, now=NOON)

    assert (outcome.state, outcome.reply, outcome.attempts) == (DeliveryState.DEFERRED, line, 1)
    assert outcome.due_at == NOON + timedelta(minutes=30)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("line", ["550 5.1.1 nobody", "552 5.3.4 too long", "554 5.7.1 not from you", "500 what"])
def test_a_5xx_at_any_verb_fails_and_its_words_are_kept(verb, line):
    code, _, text = line.partition(" ")

    outcome = judge(delivery(), smtp.Rejected(smtp.Reply(int(code), text), verb), InDoubtPolicy.HOLD, now=NOON)

    assert (outcome.state, outcome.reply) == (DeliveryState.FAILED, line)


@pytest.mark.parametrize(
    ("outcome", "policy", "state", "attempts", "reply"),
    [
        (smtp.Accepted(smtp.Reply(250, "2.0.0 queued as 1")), "hold", "SENT", 1, "250 2.0.0 queued as 1"),
        (smtp.InDoubt("no reply in 600 seconds"), "hold", "IN_DOUBT", 1, "no reply in 600 seconds"),
        (smtp.InDoubt("connection lost"), "resend", "DEFERRED", 1, "connection lost"),
        (smtp.InDoubt("connection lost"), "drop", "DROPPED", 1, "connection lost"),
        (smtp.Untouched("connection lost"), "hold", "DEFERRED", 0, "connection lost"),
    ],
)
def test_whatever_else_happens_has_its_reason(outcome, policy, state, attempts, reply):
    judged = judge(delivery(), outcome, InDoubtPolicy(policy), now=NOON)

    assert (judged.state.name, judged.attempts, judged.reply) == (state, attempts, reply)


def test_one_that_was_put_off_for_four_days_fails_with_the_last_words():
    old = delivery(attempts=30, first_tried_at=NOON - timedelta(days=4))

    outcome = judge(old, smtp.Deferred(smtp.Reply(451, "4.7.1 slow down"), "RCPT"), InDoubtPolicy.HOLD, now=NOON)

    assert (outcome.state, outcome.reply) == (DeliveryState.FAILED, "451 4.7.1 slow down")


def test_long_words_are_cut():
    words = smtp.Reply(554, "x" * 2_000)

    assert len(judge(delivery(), smtp.Rejected(words, "DATA"), InDoubtPolicy.HOLD, now=NOON).reply) == 500


@pytest.mark.parametrize(
    ("line", "verb", "dead"),
    [
        ("550 5.1.1 nobody", "RCPT", True),
        ("550 5.1.10 null MX", "RCPT", True),
        ("550 nobody", "RCPT", True),
        ("550 5.1.1 nobody", "DATA", False),
        ("550 5.1.1 your sender", "MAIL", False),
        ("550 5.7.1 spam", "RCPT", False),
        ("554 go away", "RCPT", False),
        ("552 5.2.2 mailbox full", "RCPT", False),
    ],
)
def test_only_the_address_s_own_refusal_makes_it_dead(line, verb, dead):
    code, _, text = line.partition(" ")

    assert is_dead(smtp.Rejected(smtp.Reply(int(code), text), verb)) is dead


def test_what_we_refuse_ourselves_makes_nobody_dead():
    assert not is_dead(smtp.Rejected(smtp.Reply(550, "5.1.3 the address cannot be said"), "RCPT", local=True))
