"""The SQL of looking at a message before it is sent."""

from sqlalchemy import BindParameter, Integer, bindparam, func, select

from staffetta.campaigns.tables import attachments
from staffetta.db import Statement, Transaction

_ACCOUNT: BindParameter[int] = bindparam("account_id")
ATTACHED = Statement(
    select(func.coalesce(func.sum(func.length(attachments.c.content)), 0).label("octets")).where(
        attachments.c.account_id == _ACCOUNT, attachments.c.message_id == bindparam("of_message", type_=Integer())
    )
)


def attached_octets(tx: Transaction, message_id: int) -> int:
    """Return how many octets are attached to a message."""
    return int(tx.first(ATTACHED, of_message=message_id).octets)
