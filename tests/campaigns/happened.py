"""What came of messages, written into the tables as sender and tracking leave it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, insert, select, update

from staffetta.campaigns import Message, delivery_queries
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.tables import (
    campaign_deliveries,
    engagements,
    link_clicks,
    message_counters,
    message_links,
)
from staffetta.db import Statement, Transaction, to_microseconds
from staffetta.outbox import DeliveryState
from staffetta.recipients.tables import recipients
from trying import NOON

ENGAGEMENT_COLUMNS = ("message_id", "kind", "recipient_id", "times", "first_at", "last_at", "detail")
CLICK_COLUMNS = ("message_id", "link_id", "recipient_id", "times", "first_at", "last_at")
LINK_COLUMNS = ("message_id", "id", "url", "clicks", "clickers")
PEOPLE = {
    EventKind.VIEW: "viewers",
    EventKind.CLICK: "clickers",
    EventKind.HARD_BOUNCE: "hard_bounces",
    EventKind.SOFT_BOUNCE: "soft_bounces",
    EventKind.UNSUBSCRIPTION: "unsubscriptions",
    EventKind.COMPLAINT: "complaints",
}
_NAMES = [column.name for column in message_counters.c if column.name not in ("account_id", "message_id")]
_THIS = (
    message_counters.c.account_id == bindparam("account_id"),
    message_counters.c.message_id == bindparam("of_message"),
)
_START = Statement(
    insert(message_counters).values(
        account_id=bindparam("account_id"), message_id=bindparam("of_message"), **dict.fromkeys(_NAMES, 0)
    )
)
_COUNTED = Statement(select(message_counters.c.recipients).where(*_THIS))
_ADD = {
    name: Statement(
        update(message_counters).where(*_THIS).values({name: message_counters.c[name] + bindparam("added")})
    )
    for name in _NAMES
}
PERSON = ("id", "email", "name", "fields", "created_at", "changed_at")
NOW = to_microseconds(NOON)


def people(tx: Transaction, ids: Iterable[int]) -> None:
    """Let there be people of these ids, called `p7@example.com`."""
    tx.load(recipients, PERSON, [(each, f"p{each}@example.com", "", "{}", NOW, NOW) for each in ids])


def sent(
    tx: Transaction,
    message: Message,
    ids: Sequence[int],
    *,
    sending: int = 1,
    new: int | None = None,
    state: DeliveryState = DeliveryState.SENT,
) -> None:
    """A sending of a message has gone to people; `new` of them, all if not told, had not got it before."""
    rows = [(message.id, each, sending, int(state), 1, NOW, NOW, NOW, 1, "") for each in ids]
    tx.load(campaign_deliveries, delivery_queries.COLUMNS, rows)
    counted(tx, message, "recipients", len(ids) if new is None else new)


def did(
    tx: Transaction, message: Message, kind: EventKind, ids: Sequence[int], *, times: int = 1, detail: str = ""
) -> None:
    """People did something with a message, or it bounced."""
    rows = [(message.id, int(kind), each, times, NOW, NOW, detail) for each in ids]
    tx.load(engagements, ENGAGEMENT_COLUMNS, rows)
    counted(tx, message, PEOPLE[kind], len(ids))


def followed(tx: Transaction, message: Message, link_id: int, url: str, ids: Sequence[int], *, times: int = 1) -> None:
    """A message has a link, which people followed."""
    tx.load(message_links, LINK_COLUMNS, [(message.id, link_id, url, times * len(ids), len(ids))])
    tx.load(link_clicks, CLICK_COLUMNS, [(message.id, link_id, each, times, NOW, NOW) for each in ids])


def counted(tx: Transaction, message: Message, name: str, added: int) -> None:
    """A counter of a message has moved."""
    if tx.first(_COUNTED, of_message=message.id) is None:
        tx.run(_START, of_message=message.id)
    tx.run(_ADD[name], of_message=message.id, added=added)
