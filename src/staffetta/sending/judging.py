"""From what a relay answered to what is written down: sent, tried again later, given up, in doubt."""

from datetime import datetime, timedelta
from typing import assert_never

from staffetta.outbox import Delivery, DeliveryState, Outcome, next_try_at
from staffetta.sending import smtp
from staffetta.settings import InDoubtPolicy

# A relay that went away in mid-batch has seen nothing of these: they are due again as soon as a connection stands.
AGAIN_AFTER = timedelta(seconds=1)
LONGEST_REPLY = 500

AFTER_DOUBT = {
    InDoubtPolicy.HOLD: DeliveryState.IN_DOUBT,
    InDoubtPolicy.RESEND: DeliveryState.DEFERRED,
    InDoubtPolicy.DROP: DeliveryState.CANCELLED,
}

# RFC 3463 §3.2: the mailbox or its domain does not exist, has moved, or is disabled for good.
DEAD = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


def judge(delivery: Delivery, outcome: smtp.Outcome, policy: InDoubtPolicy, *, now: datetime) -> Outcome:
    """Return what to record for a delivery that was handed over, or could not be."""
    state, due_at, attempts, reply = DeliveryState.SENT, now, delivery.attempts, ""
    match outcome:
        case smtp.Accepted():
            reply = str(outcome.reply)
        case smtp.Deferred():
            again_at = next_try_at(delivery.first_tried_at, delivery.attempts, now)
            state = DeliveryState.DEFERRED if again_at else DeliveryState.FAILED
            due_at, reply = again_at or now, str(outcome.reply)
        case smtp.Rejected():
            state, reply = DeliveryState.FAILED, str(outcome.reply)
        case smtp.InDoubt():
            state, due_at, reply = AFTER_DOUBT[policy], now + AGAIN_AFTER, outcome.reason
        case smtp.Untouched():
            state, due_at, attempts, reply = (
                DeliveryState.DEFERRED,
                now + AGAIN_AFTER,
                delivery.attempts - 1,
                outcome.reason,
            )
        case _:
            assert_never(outcome)
    return Outcome(
        account_id=delivery.account_id,
        delivery_id=delivery.id,
        state=state,
        due_at=due_at,
        attempts=attempts,
        reply=reply[:LONGEST_REPLY],
    )


def is_dead(outcome: smtp.Outcome) -> bool:
    """Tell whether a relay refused the address itself for good, so that it is not to be written to again.

    A 550 without an enhanced code says so too (RFC 5321 §4.2.3); other refusals may be about us or the content.
    """
    if not isinstance(outcome, smtp.Rejected) or outcome.local or outcome.verb != "RCPT":
        return False
    return outcome.reply.enhanced in DEAD or (not outcome.reply.enhanced and outcome.reply.code == 550)  # noqa: PLR2004
