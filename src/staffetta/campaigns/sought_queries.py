"""The SQL of statistics that a caller filters or sorts: the people of a message, joined from either side."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, func, literal_column, select

from staffetta.campaigns.listing import Selection
from staffetta.campaigns.statistics_queries import (
    EMAIL_SHOWN,
    ENGAGED_PAGES,
    Addressed,
    Engaged,
    Follower,
    Kinds,
    is_one_of,
)
from staffetta.campaigns.tables import campaign_deliveries, engagements, link_clicks, message_links
from staffetta.db import Statement, Transaction
from staffetta.recipients.tables import recipients

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_MESSAGE = bindparam("of_message", type_=Integer())
_D, _E, _L = campaign_deliveries.c, engagements.c, link_clicks.c
_OF_MESSAGE = (_D.account_id == _ACCOUNT, _D.message_id == _MESSAGE)
_earlier = campaign_deliveries.alias("earlier")
# Of several sendings to one recipient the first stands for all of them.
_FIRST_SENDING = ~(
    select(literal_column("1"))
    .where(
        _earlier.c.account_id == _D.account_id,
        _earlier.c.message_id == _D.message_id,
        _earlier.c.recipient_id == _D.recipient_id,
        _earlier.c.sending_id < _D.sending_id,
    )
    .exists()
)


def _people(table: Any) -> ColumnElement[bool]:
    return and_(recipients.c.account_id == table.c.account_id, recipients.c.id == table.c.recipient_id)


class Found(NamedTuple):
    """What callers may look for in: the rows of a message, and their order where nobody asks for another."""

    query: Select[Any]
    order: Sequence[ColumnElement[Any]]
    row_type: Any


# Joined from either side: an address is looked up before the rows of a message are, and names them in order.
FOUND_RECIPIENTS = Found(
    select(_D.recipient_id, EMAIL_SHOWN)
    .select_from(campaign_deliveries.join(recipients, _people(campaign_deliveries)))
    .where(*_OF_MESSAGE, _FIRST_SENDING),
    (_D.recipient_id.desc(),),
    Addressed,
)
FOUND_FOLLOWERS = Found(
    select(_L.recipient_id, EMAIL_SHOWN, message_links.c.url, _L.times)
    .select_from(
        link_clicks.join(
            message_links,
            and_(
                message_links.c.account_id == _L.account_id,
                message_links.c.message_id == _L.message_id,
                message_links.c.id == _L.link_id,
            ),
        ).join(recipients, _people(link_clicks))
    )
    .where(_L.account_id == _ACCOUNT, _L.message_id == _MESSAGE),
    (_L.link_id.desc(), _L.recipient_id.desc()),
    Follower,
)


def _found_engaged(kinds: Kinds) -> Found:
    return Found(
        select(_E.recipient_id, EMAIL_SHOWN, _E.kind, _E.times, _E.last_at)
        .select_from(engagements.join(recipients, _people(engagements)))
        .where(_E.account_id == _ACCOUNT, _E.message_id == _MESSAGE, is_one_of(kinds)),
        (_E.recipient_id.desc(), _E.kind),
        Engaged,
    )


FOUND_ENGAGED = {kinds: _found_engaged(kinds) for kinds in ENGAGED_PAGES}


def found_page(tx: Transaction, found: Found, message_id: int, selection: Selection) -> list[Any]:
    """Return those that a caller looks for, in the order asked for."""
    query = found.query if selection.where is None else found.query.where(selection.where)
    ordered = query.order_by(*selection.order, *found.order).limit(selection.limit).offset(selection.offset)
    return tx.all(Statement(ordered, row_type=found.row_type), of_message=message_id)


def found_count(tx: Transaction, found: Found, message_id: int, selection: Selection) -> int:
    """Return how many those are."""
    query = found.query if selection.where is None else found.query.where(selection.where)
    counted = query.with_only_columns(func.count().label("people"), maintain_column_froms=True)
    return int(tx.first(Statement(counted), of_message=message_id).people)
