"""Leaving a list by a mail to the address in List-Unsubscribe."""

from datetime import datetime

from staffetta.campaigns.bouncing_queries import Sent
from staffetta.campaigns.preferences import leave
from staffetta.db import Transaction, brief
from staffetta.errors import NotFound
from staffetta.recipients import Cause, Evidence


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
        left = leave(
            tx,
            recipient_id,
            (sent.list_id,),
            sending_id=sending_id,
            base_url=base_url,
            host=host,
            cause=Cause.LIST_UNSUBSCRIBE,
            evidence=evidence,
            now=now,
        )
    except NotFound:
        return False
    return bool(left)
