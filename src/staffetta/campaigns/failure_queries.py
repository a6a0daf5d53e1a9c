"""The SQL of deliveries that failed: those of a sending, by rising recipient."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Integer, and_, bindparam, literal_column, select

from staffetta.campaigns.sendings import CampaignSending
from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Statement, Transaction
from staffetta.outbox import DeliveryState
from staffetta.recipients.tables import recipients


class Failure(NamedTuple):
    """Whose mail failed for good, when, after how many tries and why; `email` is None of somebody who was erased."""

    recipient_id: int
    email: str | None
    failed_at: datetime
    attempts: int
    reply: str


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_DELIVERY = campaign_deliveries.c
_FAILED = and_(
    _DELIVERY.account_id == _ACCOUNT,
    _DELIVERY.message_id == bindparam("of_message", type_=Integer()),
    _DELIVERY.recipient_id > bindparam("after", type_=Integer()),
    _DELIVERY.sending_id == bindparam("of_sending", type_=Integer()),
    _DELIVERY.state == literal_column(str(int(DeliveryState.FAILED))),
)
_MOST = bindparam("most", type_=Integer())
PEOPLE = Statement(
    select(
        _DELIVERY.recipient_id,
        recipients.c.email,
        _DELIVERY.changed_at.label("failed_at"),
        _DELIVERY.attempts,
        _DELIVERY.reply,
    )
    .select_from(
        campaign_deliveries.outerjoin(
            recipients,
            and_(recipients.c.account_id == _DELIVERY.account_id, recipients.c.id == _DELIVERY.recipient_id),
        )
    )
    .where(_FAILED)
    .order_by(_DELIVERY.recipient_id)
    .limit(_MOST),
    row_type=Failure,
)
REPLIES = Statement(select(_DELIVERY.reply).where(_FAILED).order_by(_DELIVERY.recipient_id).limit(_MOST))


def people(tx: Transaction, sending: CampaignSending, *, after: int, most: int) -> list[Failure]:
    """Return whose mail of a sending failed, of ids above `after`."""
    return tx.all(PEOPLE, of_message=sending.message_id, of_sending=sending.id, after=after, most=most)


def replies(tx: Transaction, sending: CampaignSending, *, most: int) -> list[str]:
    """Return in which words deliveries of a sending failed, those of the lowest ids."""
    rows = tx.all(REPLIES, of_message=sending.message_id, of_sending=sending.id, after=0, most=most)
    return [row.reply for row in rows]
