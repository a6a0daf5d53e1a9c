"""Deliveries and outcomes as the tests of the outbox make them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from staffetta.db import Connection, Transaction
from staffetta.outbox import Delivery, DeliveryState, NewDelivery, Outcome, put, take_lease

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LASTING = timedelta(seconds=60)


def plan(tx: Transaction, *, now: datetime = NOON, recipient_id: int = 5, **changed: Any) -> int:
    """Plan a delivery and return its id."""
    values = {"kind": "confirmation", "address": "ada@example.org", "list_id": 1, "details": {}} | changed
    return put(tx, NewDelivery(recipient_id=recipient_id, **values), host="news.example", now=now)


def begin(connection: Connection, *, now: datetime = NOON, alone: bool = False) -> int:
    """Become a sender and return its lease."""
    return take_lease(connection, alone=alone, lasting=LASTING, now=now)


def ending(delivery: Delivery, state: DeliveryState, *, due_at: datetime = NOON, reply: str = "250 OK") -> Outcome:
    """Return what became of a delivery."""
    return Outcome(
        account_id=delivery.account_id,
        delivery_id=delivery.id,
        state=state,
        due_at=due_at,
        attempts=delivery.attempts,
        reply=reply,
    )
