"""The SQL of what is known of one person: what they did with their mail, and forgetting it."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    tuple_,
)

from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.tables import engagements, events, link_clicks, message_links, messages, soft_bounces
from staffetta.db import LongInteger, Statement, Transaction, json_values

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_WHOSE = bindparam("of_recipient", type_=Integer())
_people = select(json_values("people", Integer).c.value)
_kinds = select(json_values("kinds", Integer).c.value)


class Event(NamedTuple):
    """Something in a person's time line; of a message that is gone, `list_id` is 0 and `subject` is "".

    `url` is "" where the link is gone, or it was no click.
    """

    id: int
    kind: EventKind
    message_id: int
    sending_id: int
    link_id: int
    actor: Actor
    reason: str
    ip: str
    happened_at: datetime
    list_id: int
    subject: str
    url: str


class Departure(NamedTuple):
    """By which message somebody left a list, and when."""

    recipient_id: int
    message_id: int
    last_at: datetime


_members = tuple(events.c[name] for name in Event._fields[:-3])
_OF_PERSON = and_(events.c.account_id == _ACCOUNT, events.c.recipient_id == _WHOSE)
_line = (
    select(
        *_members,
        func.coalesce(messages.c.list_id, literal_column("0"), type_=Integer()).label("list_id"),
        func.coalesce(messages.c.subject, literal_column("''")).label("subject"),
        func.coalesce(message_links.c.url, literal_column("''")).label("url"),
    )
    .select_from(
        events.outerjoin(
            messages, (messages.c.account_id == events.c.account_id) & (messages.c.id == events.c.message_id)
        ).outerjoin(
            message_links,
            (message_links.c.account_id == events.c.account_id)
            & (message_links.c.message_id == events.c.message_id)
            & (message_links.c.id == events.c.link_id),
        )
    )
    .where(_OF_PERSON)
    # Ids come out of blocks, one to a connection: they do not rise with time.
    .order_by(events.c.happened_at.desc(), events.c.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
LINE = Statement(_line, row_type=Event)
_before = events.alias("before")
_last = select(_before.c.happened_at, _before.c.id).where(
    _before.c.account_id == _ACCOUNT,
    _before.c.recipient_id == _WHOSE,
    _before.c.id == bindparam("before", type_=LongInteger),
)
LINE_BEFORE = Statement(
    _line.where(tuple_(events.c.happened_at, events.c.id) < _last.scalar_subquery()), row_type=Event
)
DEPARTURES = Statement(
    select(engagements.c.recipient_id, engagements.c.message_id, engagements.c.last_at)
    .where(
        engagements.c.account_id == _ACCOUNT,
        engagements.c.recipient_id.in_(_people),
        engagements.c.kind.in_(_kinds),
    )
    .order_by(engagements.c.last_at),
    row_type=Departure,
)


def _forgetting(table: Table, *also: ColumnElement[bool]) -> Statement:
    return Statement(delete(table).where(table.c.account_id == _ACCOUNT, table.c.recipient_id == _WHOSE, *also))


FORGET = tuple(_forgetting(table) for table in (events, engagements, link_clicks, soft_bounces))
FORGET_VISITS = (
    _forgetting(events, events.c.kind.in_(_kinds)),
    _forgetting(engagements, engagements.c.kind.in_(_kinds)),
)
FORGET_CLICKS = _forgetting(link_clicks)


def line(tx: Transaction, recipient_id: int, *, most: int, before: int | None) -> list[Event]:
    """Return what happened last of somebody, before the event of the id `before`; nothing if that is gone."""
    if before is None:
        return tx.all(LINE, of_recipient=recipient_id, most=most)
    return tx.all(LINE_BEFORE, of_recipient=recipient_id, most=most, before=before)


def departures(tx: Transaction, people: Collection[int], kinds: Collection[EventKind]) -> list[Departure]:
    """Return by which messages people left, the latest last."""
    return tx.all(DEPARTURES, people=sorted(people), kinds=[int(kind) for kind in kinds])


def forget(tx: Transaction, recipient_id: int) -> None:
    """Delete all that is kept of somebody."""
    for statement in FORGET:
        tx.run(statement, of_recipient=recipient_id)


def forget_visits(tx: Transaction, recipient_id: int) -> None:
    """Delete what somebody has opened and followed."""
    for statement in FORGET_VISITS:
        tx.run(statement, of_recipient=recipient_id, kinds=[int(EventKind.VIEW), int(EventKind.CLICK)])
    tx.run(FORGET_CLICKS, of_recipient=recipient_id)
