"""Planning a mail in the transaction of the change that calls for it."""

import secrets
from datetime import datetime

from staffetta.db import Transaction
from staffetta.kit.hosts import mail_domain
from staffetta.outbox import queries
from staffetta.outbox.model import NewDelivery


def put(tx: Transaction, delivery: NewDelivery, *, host: str, now: datetime) -> int:
    """Plan a delivery and return its id; it leaves after the commit, or never if there is none.

    Its Message-ID is fixed here, so that a mail handed over twice is recognised by who gets it (RFC 5322 §3.6.4).
    """
    delivery_id = tx.pooled_id("delivery")
    message_id = f"<{tx.account_id}.{delivery_id}.{secrets.token_hex(6)}@{mail_domain(host)}>"
    queries.plan(tx, delivery_id, delivery, message_id=message_id, now=now)
    return delivery_id
