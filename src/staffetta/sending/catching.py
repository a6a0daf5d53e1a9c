"""The sandbox: with no relay configured every mail is kept and shown, and nothing leaves the machine."""

from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any

import structlog

from staffetta.db import Connection
from staffetta.outbox import DeliveryState, Outcome, exchange, keep_caught
from staffetta.sending.batches import Work, step
from staffetta.sending.composing import Composer
from staffetta.sending.smtp import Envelope

log = structlog.get_logger()

_parser = BytesHeaderParser(policy=policy.default)


def catch_due(connection: Connection, composer: Composer, *, lease: int, most: int, now: datetime) -> int:
    """Write the due mails and keep them, all in one transaction: exactly once, whatever happens to the process.

    Returns how many deliveries were settled.
    """
    work = step(connection, (), (), lease=lease, most=most, now=now)
    outcomes = []
    mails = []
    for each in work:
        try:
            mails.append(_caught(each, composer.compose(each, now=now), now))
            outcomes.append(_outcome(each, DeliveryState.SENT, "caught: no relay is configured", now))
        except Exception as error:  # one mail that cannot be written holds up no other
            log.exception("a mail cannot be written", delivery=each.delivery.id)
            outcomes.append(_outcome(each, DeliveryState.FAILED, f"it cannot be written: {type(error).__name__}", now))
    keep_caught(connection, mails)
    exchange(connection, outcomes, lease=lease, most=0, now=now)
    return len(work)


def _caught(work: Work, envelope: Envelope, now: datetime) -> dict[str, Any]:
    headers = _parser.parsebytes(envelope.content)
    return {
        "account_id": work.account.id,
        "id": work.delivery.id,
        "kind": work.delivery.kind,
        "to_address": work.delivery.address,
        "from_address": str(headers["From"]),
        "subject": str(headers["Subject"]),
        "raw": envelope.content,
        "caught_at": now,
    }


def _outcome(work: Work, state: DeliveryState, reply: str, now: datetime) -> Outcome:
    return Outcome(
        account_id=work.account.id,
        delivery_id=work.delivery.id,
        state=state,
        due_at=now,
        attempts=work.delivery.attempts,
        reply=reply,
    )
