"""The SQL of what somebody got of an account's messages and did with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from staffetta.campaigns.events import EventKind
from staffetta.campaigns.listing import ID, LIST, NOTES, SUBJECT, Selection
from staffetta.campaigns.statistics_queries import BOUNCES, in_words
from staffetta.campaigns.tables import campaign_deliveries, engagements, link_clicks, message_links, messages
from staffetta.db import Instant, Statement, Transaction
from staffetta.db.filtering import Kind, Property
from staffetta.outbox import DeliveryState


class Deed(NamedTuple):
    """What somebody did with a message, or what became of it on the way to them; `times` is how often."""

    message_id: int
    list_id: int
    subject: str
    notes: str
    times: int
    last_at: datetime | None
    kind: EventKind | None
    detail: str
    url: str


class View(NamedTuple):
    """One way to look at a person: rows by message, their order, and what they can be asked by.

    `query` selects the columns of `Deed`, in their order.
    """

    query: Select[Any]
    order: Sequence[ColumnElement[Any]]
    properties: Mapping[str, Property]


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_RECIPIENT = bindparam("of_recipient", type_=Integer())
_NOTHING = literal_column("''", Text())
_NEVER = type_coerce(literal_column("NULL"), Instant()).label("last_at")
_NO_KIND = type_coerce(literal_column("NULL"), engagements.c.kind.type).label("kind")
_E, _L, _D = engagements.c, link_clicks.c, campaign_deliveries.c
# Whom the message never left for.
_LEFT_OUT: list[ColumnElement[Any]] = [
    literal_column(str(int(each)))
    for each in (DeliveryState.SUPPRESSED, DeliveryState.CANCELLED, DeliveryState.DROPPED)
]
_MESSAGE = {"message_id": ID, "list_id": LIST, "subject": SUBJECT, "notes": NOTES}


def _view(
    rows: Any,
    *,
    last_at: Any = None,
    kind: Any = None,
    detail: Any = None,
    url: Any = None,
    order: Sequence[ColumnElement[Any]] = (),
) -> View:
    given = [
        _NEVER if last_at is None else last_at,
        _NO_KIND if kind is None else kind,
        (_NOTHING if detail is None else detail).label("detail"),
        (_NOTHING if url is None else url).label("url"),
    ]
    query = (
        select(messages.c.id, messages.c.list_id, messages.c.subject, messages.c.notes, rows.c.times, *given)
        .select_from(
            rows.outerjoin(messages, (messages.c.account_id == _ACCOUNT) & (messages.c.id == rows.c.message_id))
        )
        # Of messages that are gone nothing is told; in words that do not tempt SQLite to begin with the messages.
        .where(func.coalesce(messages.c.id, literal_column("0")) > literal_column("0"))
    )
    asked = {"last_at": (last_at, Kind.INSTANT), "detail": (detail, Kind.TEXT), "url": (url, Kind.TEXT)}
    properties = {
        **_MESSAGE,
        "times": Property(rows.c.times, Kind.INTEGER),
        **{name: Property(column, of) for name, (column, of) in asked.items() if column is not None},
    }
    return View(query, (messages.c.id.desc(), *order), properties)


# A person's rows are found by the index alone, and only then read. Asked for all at once, SQLite would take the table's
# key, which begins alike, and walk through the whole account; outer joins keep it to this order.
_got, _done, _clicked = campaign_deliveries.alias("got"), engagements.alias("done"), link_clicks.alias("clicked")


def _same(alias: Any, table: Any) -> ColumnElement[bool]:
    return and_(*(alias.c[column.name] == column for column in table.primary_key))


def _hers(alias: Any) -> ColumnElement[bool]:
    return and_(alias.c.account_id == _ACCOUNT, alias.c.recipient_id == _RECIPIENT)


def _engagements(*kinds: EventKind) -> Select[Any]:
    return (
        select(_done.c.message_id, _done.c.kind, _E.times, _E.last_at, _E.detail)
        .select_from(_done.outerjoin(engagements, _same(_done, engagements)))
        .where(_hers(_done), or_(*(_done.c.kind == literal_column(str(int(kind))) for kind in kinds)))
    )


def _of(kind: EventKind) -> View:
    rows = _engagements(kind).subquery("rows")
    return _view(rows, last_at=rows.c.last_at, kind=rows.c.kind, detail=rows.c.detail)


_went = func.sum(
    case((or_(*(_D.state == each for each in _LEFT_OUT)), literal_column("0")), else_=literal_column("1")),
    type_=Integer(),
)
_deliveries = (
    select(_got.c.message_id, _went.label("times"))
    .select_from(_got.outerjoin(campaign_deliveries, _same(_got, campaign_deliveries)))
    .where(_hers(_got))
    .group_by(_got.c.message_id)
    .having(_went > 0)
    .subquery("rows")
)
_bounced = _engagements(*BOUNCES).subquery("bounced")
# Computed, so that the order of the table's key does not tempt either.
_bounced_message = _bounced.c.message_id + literal_column("0", Integer())
_bounces = (
    select(_bounced_message.label("message_id"), func.sum(_bounced.c.times, type_=Integer()).label("times"))
    .group_by(_bounced_message)
    .subquery("rows")
)
_details = _engagements(*BOUNCES).subquery("rows")
_followed = (
    select(_clicked.c.message_id, _clicked.c.link_id, _L.times, _L.last_at, message_links.c.url)
    .select_from(
        _clicked.outerjoin(link_clicks, _same(_clicked, link_clicks)).outerjoin(
            message_links,
            and_(
                message_links.c.account_id == _clicked.c.account_id,
                message_links.c.message_id == _clicked.c.message_id,
                message_links.c.id == _clicked.c.link_id,
            ),
        )
    )
    .where(_hers(_clicked))
    .subquery("rows")
)

DELIVERIES = _view(_deliveries)
VIEWS = _of(EventKind.VIEW)
CLICKS = _of(EventKind.CLICK)
LINKS = _view(_followed, last_at=_followed.c.last_at, url=_followed.c.url, order=(_followed.c.link_id.desc(),))
BOUNCES_BY_MESSAGE = _view(_bounces)
BOUNCE_DETAILS = _view(
    _details,
    last_at=_details.c.last_at,
    kind=_details.c.kind,
    detail=_details.c.detail,
    order=(_details.c.kind,),
)
UNSUBSCRIPTIONS = _of(EventKind.UNSUBSCRIPTION)


def bounce_property(words: Mapping[EventKind, str]) -> Property:
    """Return how a message bounced as a property whose values are an interface's own words."""
    return Property(in_words(_details.c.kind, words), Kind.TEXT)


def page(
    tx: Transaction, view: View, recipient_id: int, lists: Sequence[int] | None, selection: Selection
) -> list[Deed]:
    """Return some rows of a view, of messages of some lists."""
    return tx.all(statement_of(view, lists, selection), of_recipient=recipient_id)


def statement_of(view: View, lists: Sequence[int] | None, selection: Selection) -> Statement:
    """Return the statement of a page."""
    ordered = _found(view, lists, selection).order_by(*selection.order, *view.order)
    return Statement(ordered.limit(selection.limit).offset(selection.offset), row_type=Deed)


def count(tx: Transaction, view: View, recipient_id: int, lists: Sequence[int] | None, selection: Selection) -> int:
    """Return how many rows there are."""
    query = _found(view, lists, selection).with_only_columns(func.count().label("rows"), maintain_column_froms=True)
    return int(tx.first(Statement(query), of_recipient=recipient_id).rows)


def _found(view: View, lists: Sequence[int] | None, selection: Selection) -> Select[Any]:
    query = view.query
    if lists is not None:
        query = query.where(or_(false(), *(messages.c.list_id == each for each in lists)))
    return query if selection.where is None else query.where(selection.where)
