"""Leaving a list by a mail to the address in List-Unsubscribe."""

from datetime import datetime

from staffetta.campaigns.bouncing_queries import Sent
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.recording import Happening, record_events
from staffetta.db import Transaction, brief
from staffetta.errors import NotFound
from staffetta.recipients import Cause, Evidence, unsubscribe


@brief
def leave_by_mail(
    tx: Transaction,
    recipient_id: int,
    sending_id: int,
    sent: Sent,
    *,
    base_url: str,
    host: str,
    evidence: Evidence,
    now: datetime,
) -> bool:
    """Take a recipient off the list that a message was sent to, at once and whatever its opt-out type.

    Returns:
        Whether that was new: who is off the list, or gone, or whose list is gone, stays so.

    """
    try:
        left = unsubscribe(
            tx,
            recipient_id,
            (sent.list_id,),
            base_url=base_url,
            host=host,
            cause=Cause.LIST_UNSUBSCRIBE,
            evidence=evidence,
            now=now,
        )
    except NotFound:
        return False
    if left:
        event = Happening(
            account_id=tx.account_id,
            message_id=sent.message_id,
            sending_id=sending_id,
            recipient_id=recipient_id,
            kind=EventKind.UNSUBSCRIPTION,
            ip=evidence.ip,
            happened_at=now,
        )
        record_events(tx, [event], now=now)
    return bool(left)
