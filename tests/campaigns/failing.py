"""Sendings of which some deliveries failed, as the sender leaves them."""

from collections.abc import Mapping

from sqlalchemy import bindparam, update

from campaigns.happened import NOW
from campaigns.sent import sending_of
from staffetta.campaigns import delivery_queries
from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Statement, Transaction
from staffetta.outbox import DeliveryState
from staffetta.outbox.tables import sendings

_COUNT = Statement(
    update(sendings)
    .where(sendings.c.account_id == bindparam("account_id"), sendings.c.id == bindparam("of_sending"))
    .values(failed=bindparam("of_them"))
)


def failed_sending(
    tx: Transaction, message_id: int, replies: Mapping[int, str], *, list_id: int = 1, counted: int | None = None
) -> int:
    """Make a sending that failed with people, by the reply to each; return its number."""
    sending_id = sending_of(tx, message_id, list_id=list_id)
    delivered(tx, message_id, sending_id, DeliveryState.FAILED, replies)
    tx.run(_COUNT, of_sending=sending_id, of_them=len(replies) if counted is None else counted)
    return sending_id


def delivered(
    tx: Transaction, message_id: int, sending_id: int, state: DeliveryState, replies: Mapping[int, str]
) -> None:
    """Say in which state deliveries of a sending are, by recipient and the reply to each."""
    rows = [(message_id, each, sending_id, int(state), 1, NOW, NOW, NOW, 1, reply) for each, reply in replies.items()]
    tx.load(campaign_deliveries, delivery_queries.COLUMNS, rows)
