"""The sandbox: with no relay configured every mail is kept and shown, and nothing leaves the machine."""

from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any

import structlog

from staffetta import campaigns
from staffetta.campaigns import Recorded
from staffetta.db import Connection
from staffetta.outbox import DeliveryState, Outcome, exchange, keep_caught
from staffetta.sending.batches import Work, step
from staffetta.sending.campaigning import Campaigner
from staffetta.sending.composing import Composer
from staffetta.sending.smtp import Envelope

log = structlog.get_logger()

CAMPAIGN = "campaign"
CAUGHT = "caught: no relay is configured"

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
            outcomes.append(_outcome(each, DeliveryState.SENT, CAUGHT, now))
        except Exception as error:  # one mail that cannot be written holds up no other
            log.exception("a mail cannot be written", delivery=each.delivery.id)
            outcomes.append(_outcome(each, DeliveryState.FAILED, f"it cannot be written: {type(error).__name__}", now))
    keep_caught(connection, mails)
    exchange(connection, outcomes, lease=lease, most=0, now=now)
    return len(work)


def catch_campaign(connection: Connection, campaigner: Campaigner, *, lease: int, most: int, now: datetime) -> bool:
    """Write the mails of a batch of a campaign and keep them, likewise; return whether there was a batch."""
    claimed = campaigns.step(connection, None, campaigner.turns, lease=lease, most=most, now=now)
    if claimed is None:
        return False
    mails, unwritten = campaigner.write(claimed, claimed.people, now=now)
    tx = connection.for_account(claimed.mailing.account.id)
    keep_caught(
        connection,
        [
            _kept(tx.account_id, tx.pooled_id("delivery"), CAMPAIGN, each.to.email, each.written.content, now)
            for each in mails
        ],
    )
    sent = [each.to.recipient_id for each in mails]
    octets = sum(len(each.written.content) for each in mails)
    campaigns.record(connection, Recorded(claimed, sent, CAUGHT, octets, unwritten), lease=lease, now=now)
    return True


def _caught(work: Work, envelope: Envelope, now: datetime) -> dict[str, Any]:
    delivery = work.delivery
    return _kept(work.account.id, delivery.id, delivery.kind, delivery.address, envelope.content, now)


def _kept(  # noqa: PLR0917 - what a caught mail is known by
    account_id: int, mail_id: int, kind: str, address: str, content: bytes, now: datetime
) -> dict[str, Any]:
    headers = _parser.parsebytes(content)
    return {
        "account_id": account_id,
        "id": mail_id,
        "kind": kind,
        "to_address": address,
        "from_address": str(headers["From"]),
        "subject": str(headers["Subject"]),
        "raw": content,
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
