"""The SQL of how a message was sent."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from staffetta.campaigns.listing import Selection
from staffetta.db import Instant, LongInteger, Statement, Transaction
from staffetta.outbox.tables import sendings


class PastSending(NamedTuple):
    """A sending that has begun; `octets` are those of its mails, an empty sender is the list's own."""

    id: int
    sender_name: str
    sender_email: str
    began_at: datetime
    ended_at: datetime | None
    recipients: int
    octets: int


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_S = sendings.c
BEGAN_AT = func.coalesce(_S.begun_at, _S.starts_at, type_=Instant())
KILOBYTES = ((_S.octets + literal_column("1023")) / literal_column("1024")).cast(LongInteger)
_PAST = (
    _S.account_id == _ACCOUNT,
    _S.message_id == bindparam("of_message", type_=Integer()),
    # What waits for its hour, was given up before, or came too late for it, has no history.
    or_(_S.begun_at.is_not(None), and_(_S.ended_at.is_(None), _S.starts_at <= bindparam("now", type_=Instant()))),
)
_COLUMNS = (
    _S.id,
    _S.sender_name,
    _S.sender_email,
    BEGAN_AT.label("began_at"),
    _S.ended_at,
    _S.addressed.label("recipients"),
    _S.octets,
)


def or_else(column: ColumnElement[str], text: str) -> ColumnElement[str]:
    """Return a text, or another where it is empty."""
    return case((column == literal_column("''"), text), else_=column)


def page(tx: Transaction, message_id: int, selection: Selection, *, now: datetime) -> list[PastSending]:
    """Return some sendings of a message that have begun."""
    query = _found(selection).order_by(*selection.order, _S.id.desc()).limit(selection.limit).offset(selection.offset)
    return tx.all(Statement(query, row_type=PastSending), of_message=message_id, now=now)


def count(tx: Transaction, message_id: int, selection: Selection, *, now: datetime) -> int:
    """Return how many there are."""
    query = _found(selection).with_only_columns(func.count().label("sendings"), maintain_column_froms=True)
    return int(tx.first(Statement(query), of_message=message_id, now=now).sendings)


def _found(selection: Selection) -> Select[Any]:
    query = select(*_COLUMNS).where(*_PAST)
    return query if selection.where is None else query.where(selection.where)
