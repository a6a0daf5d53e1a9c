"""From what a relay answered to what is written down: sent, tried again later, given up, in doubt."""

from datetime import datetime, timedelta
from typing import NamedTuple, assert_never

from staffetta.campaigns import Bounce
from staffetta.outbox import Delivery, DeliveryState, Outcome, next_try_at
from staffetta.sending import smtp
from staffetta.sending.refusals import DEAD, Verdict, weigh
from staffetta.settings import InDoubtPolicy

# A relay that went away in mid-batch has seen nothing of these: they are due again as soon as a connection stands.
AGAIN_AFTER = timedelta(seconds=1)
LONGEST_REPLY = 500

AFTER_DOUBT = {
    InDoubtPolicy.HOLD: DeliveryState.IN_DOUBT,
    InDoubtPolicy.RESEND: DeliveryState.DEFERRED,
    InDoubtPolicy.DROP: DeliveryState.DROPPED,
}


class Settled(NamedTuple):
    """What is written down of a delivery that was handed over, or could not be: `attempts` are those that count."""

    state: DeliveryState
    due_at: datetime
    attempts: int
    reply: str


def settle(
    outcome: smtp.Outcome, policy: InDoubtPolicy, *, attempts: int, first_tried_at: datetime, now: datetime
) -> Settled:
    """Return what to write down of an outcome; `attempts` counts the one that it is of."""
    match outcome:
        case smtp.Accepted():
            return Settled(DeliveryState.SENT, now, attempts, str(outcome.reply)[:LONGEST_REPLY])
        case smtp.Deferred():
            again_at = next_try_at(first_tried_at, attempts, now)
            state = DeliveryState.DEFERRED if again_at else DeliveryState.FAILED
            return Settled(state, again_at or now, attempts, str(outcome.reply)[:LONGEST_REPLY])
        case smtp.Rejected():
            return Settled(DeliveryState.FAILED, now, attempts, str(outcome.reply)[:LONGEST_REPLY])
        case smtp.InDoubt():
            return Settled(AFTER_DOUBT[policy], now + AGAIN_AFTER, attempts, outcome.reason[:LONGEST_REPLY])
        case smtp.Untouched():
            return Settled(DeliveryState.DEFERRED, now + AGAIN_AFTER, attempts - 1, outcome.reason[:LONGEST_REPLY])
        case _:
            assert_never(outcome)


def judge(delivery: Delivery, outcome: smtp.Outcome, policy: InDoubtPolicy, *, now: datetime) -> Outcome:
    """Return what to record for a delivery that was handed over, or could not be."""
    settled = settle(outcome, policy, attempts=delivery.attempts, first_tried_at=delivery.first_tried_at, now=now)
    return Outcome(account_id=delivery.account_id, delivery_id=delivery.id, **settled._asdict())


def is_dead(outcome: smtp.Outcome) -> bool:
    """Tell whether a relay refused the address itself for good, so that it is not to be written to again.

    A 550 without an enhanced code says so too (RFC 5321 §4.2.3); other refusals may be about us or the content.
    """
    if not isinstance(outcome, smtp.Rejected) or outcome.local or outcome.verb != "RCPT":
        return False
    return outcome.reply.enhanced in DEAD or (not outcome.reply.enhanced and outcome.reply.code == 550)  # noqa: PLR2004


def bounce_of(
    outcome: smtp.Outcome,
    *,
    account_id: int,
    message_id: int,
    sending_id: int,
    recipient_id: int,
    given_up: bool = False,
) -> Bounce | None:
    """Return the bounce that a delivery of a campaign came to in the dialogue with its relay; None if it may arrive.

    A refusal for now is one only when the delivery is `given_up`. One of the sender (MAIL) or the content (DATA) says
    nothing of the address, unless its code does.
    """
    match outcome:
        case smtp.Rejected():
            verdict = Verdict.HARD if is_dead(outcome) else weigh(outcome.reply.enhanced, str(outcome.reply))
            if outcome.local or (outcome.verb != "RCPT" and outcome.reply.enhanced not in DEAD):
                verdict = Verdict.BLOCKED
        case smtp.Deferred() if given_up:
            verdict = weigh(outcome.reply.enhanced, str(outcome.reply))
        case _:
            return None
    return Bounce(
        account_id=account_id,
        message_id=message_id,
        sending_id=sending_id,
        recipient_id=recipient_id,
        is_hard=verdict == Verdict.HARD,
        reply=str(outcome.reply)[:LONGEST_REPLY],
        speaks_of_address=verdict != Verdict.BLOCKED,
    )
