"""The SQL of the queue: sendings that wait, run or were stopped, whatever kind of mail they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Integer, and_, bindparam, func, literal_column, or_, select

from staffetta.db import Instant, Statement, Transaction
from staffetta.outbox import SendingState
from staffetta.outbox.tables import sendings


class Queued(NamedTuple):
    """A sending as the queue shows it; `message_id` is 0 where the platform writes the mail itself."""

    id: int
    list_id: int
    message_id: int
    subject: str
    notes: str
    state: SendingState
    starts_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    addressed: int
    sent: int
    failed: int
    left_out: int


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_NOW = bindparam("now", type_=Instant())
_MOST = bindparam("most", type_=Integer())
_OF_ACCOUNT = select(
    *(
        func.coalesce(sendings.c.message_id, literal_column("0")).label("message_id")
        if name == "message_id"
        else sendings.c[name]
        for name in Queued._fields
    )
).where(sendings.c.account_id == _ACCOUNT)
_CAMPAIGN = sendings.c.message_id.is_not(None)
# Of what the platform writes itself, such as confirmation requests, only what has not begun waits in the queue.
_WAITS = or_(
    and_(_CAMPAIGN, sendings.c.ended_at.is_(None)),
    sendings.c.state == SendingState.UNDEFINED,
    and_(sendings.c.state == SendingState.DEFERRED, sendings.c.starts_at > _NOW, sendings.c.ended_at.is_(None)),
)
FIND = Statement(_OF_ACCOUNT.where(sendings.c.id == bindparam("of_sending", type_=Integer())), row_type=Queued)
OF_LIST = Statement(
    _OF_ACCOUNT.where(sendings.c.list_id == bindparam("of_list", type_=Integer()), _WAITS)
    .order_by(sendings.c.starts_at.is_(None), sendings.c.starts_at, sendings.c.id)
    .limit(_MOST),
    row_type=Queued,
)
OF_MESSAGE = Statement(
    _OF_ACCOUNT.where(sendings.c.message_id == bindparam("of_message", type_=Integer()))
    .order_by(sendings.c.id.desc())
    .limit(_MOST),
    row_type=Queued,
)
RUNNING = Statement(
    _OF_ACCOUNT.where(
        _CAMPAIGN,
        sendings.c.ended_at.is_(None),
        or_(sendings.c.state == SendingState.IMMEDIATE, sendings.c.state == SendingState.DEFERRED),
        sendings.c.starts_at <= _NOW,
    )
    .order_by(sendings.c.id)
    .with_for_update(),
    row_type=Queued,
)
STOPPED = Statement(
    _OF_ACCOUNT.where(_CAMPAIGN, sendings.c.ended_at.is_(None), sendings.c.state == SendingState.STOPPED)
    .order_by(sendings.c.id)
    .with_for_update(),
    row_type=Queued,
)


def find(tx: Transaction, sending_id: int) -> Queued | None:
    """Return a sending."""
    found: Queued | None = tx.first(FIND, of_sending=sending_id)
    return found


def of_list(tx: Transaction, list_id: int, *, most: int, now: datetime) -> Sequence[Queued]:
    """Return what of a list waits, runs or was stopped, in the order of their times."""
    return tx.all(OF_LIST, of_list=list_id, most=most, now=now)


def of_message(tx: Transaction, message_id: int, *, most: int) -> Sequence[Queued]:
    """Return the sendings of a message, the newest first."""
    return tx.all(OF_MESSAGE, of_message=message_id, most=most)


def running(tx: Transaction, *, now: datetime) -> Sequence[Queued]:
    """Return the sendings of messages whose time has come and that have not ended, locked."""
    return tx.all(RUNNING, now=now)


def stopped(tx: Transaction) -> Sequence[Queued]:
    """Return the sendings of messages that were stopped, locked."""
    return tx.all(STOPPED)
