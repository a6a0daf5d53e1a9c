"""Sendings of messages as rows, and what was delivered of them."""

from datetime import datetime

from sqlalchemy import bindparam, insert

from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Instant, Statement, Transaction
from staffetta.outbox import DeliveryState, SendingState
from staffetta.outbox.tables import sendings
from trying import NOON

_ACCOUNT = bindparam("account_id")
ADD_SENDING = Statement(
    insert(sendings).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("id", "kind", "list_id", "subject", "notes", "state", "created_at")},
        message_id=bindparam("of_message"),
    )
)
ADD_DELIVERY = Statement(
    insert(campaign_deliveries).values(
        account_id=_ACCOUNT,
        message_id=bindparam("of_message"),
        recipient_id=bindparam("of_recipient"),
        sending_id=bindparam("of_sending"),
        state=bindparam("in_state", type_=campaign_deliveries.c.state.type),
        attempts=bindparam("attempts", 1),
        due_at=bindparam("at", type_=Instant()),
        first_tried_at=bindparam("at", type_=Instant()),
        changed_at=bindparam("at", type_=Instant()),
        lease=bindparam("lease", 1),
        reply=bindparam("reply", ""),
    )
)


def sending_of(tx: Transaction, message_id: int, *, list_id: int = 1) -> int:
    """Make a sending of a message; return its number."""
    sending_id = tx.take_id("sending")
    tx.run(
        ADD_SENDING,
        id=sending_id,
        kind="campaign",
        list_id=list_id,
        subject="Spring",
        notes="",
        state=SendingState.IMMEDIATE,
        created_at=NOON,
        of_message=message_id,
    )
    return sending_id


def delivered(tx: Transaction, message_id: int, sending_id: int, recipient_id: int, *, at: datetime = NOON) -> None:
    """Say that a relay has accepted a message to somebody."""
    tx.run(
        ADD_DELIVERY,
        of_message=message_id,
        of_sending=sending_id,
        of_recipient=recipient_id,
        in_state=DeliveryState.SENT,
        at=at,
    )
