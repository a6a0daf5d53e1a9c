"""Changing where a recipient stands: the status, its proof in the ledger, and nothing without the other."""

from datetime import datetime

from staffetta.db import Transaction
from staffetta.recipients import queries
from staffetta.recipients.ledger_queries import insert_consent
from staffetta.recipients.model import Cause, Channel, Event, Evidence, Recipient, Status, Subscription, next_status

_LEFT = (Status.UNSUBSCRIBED, Status.NOT_REGISTERED)


def apply_event(  # noqa: PLR0917 - who, where and what happens are one sentence
    tx: Transaction,
    recipient: Recipient,
    list_id: int,
    channel: Channel,
    current: Subscription | None,
    event: Event,
    *,
    evidence: Evidence,
    now: datetime,
    cause: Cause | None = None,
) -> tuple[Status, Status]:
    """Let an event happen to a subscription and return the status before and after; no change writes nothing."""
    old = current.status if current else Status.NOT_REGISTERED
    new = next_status(old, event, current.cause if current else None)
    if new != old:
        kept_cause = cause if new in _LEFT else None
        if new == Status.NOT_REGISTERED:
            queries.delete_subscription(tx, recipient.id, list_id, channel)
        else:
            save = queries.update_subscription if current else queries.insert_subscription
            save(tx, recipient.id, list_id, channel, status=new, cause=kept_cause, now=now)
        insert_consent(tx, recipient, list_id, channel, old=old, new=new, cause=kept_cause, evidence=evidence, now=now)
    return old, new
