"""The SQL of audiences. A list is walked by its index of standings, a group by that of its members: in order of ids."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    distinct,
    exists,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from staffetta.campaigns.sendings import Audience
from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Statement, Transaction, json_rows
from staffetta.outbox import DeliveryState
from staffetta.recipients import Channel, Status
from staffetta.recipients.tables import memberships, recipients, subscriptions, suppressions

NOT_REACHED = (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED)


class Person(NamedTuple):
    """Somebody of an audience; `suppressed` is the address again if it must not be written to."""

    recipient_id: int
    email: str
    name: str
    fields: str
    tracked: int
    suppressed: str | None


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_LIST = bindparam("of_list", type_=Integer())
_AFTER = bindparam("after", type_=Integer())
_LAST = bindparam("last", type_=Integer())
_MOST = bindparam("most", type_=Integer())
_ON_LIST = and_(
    subscriptions.c.account_id == _ACCOUNT,
    subscriptions.c.list_id == _LIST,
    subscriptions.c.channel == literal_column(str(int(Channel.EMAIL))),
    subscriptions.c.status == literal_column(str(int(Status.SUBSCRIBED))),
)
_BEYOND = and_(subscriptions.c.recipient_id > _AFTER, subscriptions.c.recipient_id <= _LAST)
_PERSON: Select[Any] = (
    select(
        recipients.c.id.label("recipient_id"),
        recipients.c.email,
        recipients.c.name,
        cast(recipients.c.fields, Text).label("fields"),
        type_coerce(recipients.c.tracked, Integer).label("tracked"),
        suppressions.c.address.label("suppressed"),
    )
    .select_from(
        subscriptions.join(
            recipients,
            and_(
                recipients.c.account_id == subscriptions.c.account_id, recipients.c.id == subscriptions.c.recipient_id
            ),
        ).outerjoin(
            suppressions,
            and_(suppressions.c.account_id == recipients.c.account_id, suppressions.c.address == recipients.c.email),
        )
    )
    .where(_ON_LIST, recipients.c.email.is_not(None))
)
AFTER = Statement(_PERSON.where(_BEYOND).order_by(subscriptions.c.recipient_id).limit(_MOST), row_type=Person)
_sought = json_rows("sought", recipient_id=Integer)
_SOUGHT: Select[Any] = select(_sought.c.recipient_id)
AMONG = Statement(
    _PERSON.where(subscriptions.c.recipient_id.in_(_SOUGHT)).order_by(subscriptions.c.recipient_id), row_type=Person
)
LAST_ON_LIST = Statement(select(func.max(subscriptions.c.recipient_id).label("last")).where(_ON_LIST))
SUBSCRIBERS_AFTER = Statement(
    select(subscriptions.c.recipient_id).where(_ON_LIST, _BEYOND).order_by(subscriptions.c.recipient_id).limit(_MOST)
)
_MEMBER = memberships.c
MEMBERS_AFTER = Statement(
    select(_MEMBER.recipient_id)
    .where(
        _MEMBER.account_id == _ACCOUNT,
        _MEMBER.group_id == bindparam("of_group", type_=Integer()),
        _MEMBER.recipient_id > _AFTER,
        _MEMBER.recipient_id <= _LAST,
    )
    .order_by(_MEMBER.recipient_id)
    .limit(_MOST)
)
_excluded = json_rows("excluded", group_id=Integer)
MEMBERS_AMONG = Statement(
    select(_MEMBER.recipient_id).where(
        _MEMBER.account_id == _ACCOUNT,
        _MEMBER.recipient_id.in_(_SOUGHT),
        _MEMBER.group_id.in_(select(_excluded.c.group_id)),
    )
)
_DELIVERY = campaign_deliveries.c
# Who got a message, or may have, or waits for another try, by any sending of it.
_REACHED = and_(
    _DELIVERY.account_id == _ACCOUNT,
    _DELIVERY.message_id == bindparam("of_message", type_=Integer()),
    *(_DELIVERY.state != literal_column(str(int(state))) for state in NOT_REACHED),
)
REACHED_AMONG = Statement(select(_DELIVERY.recipient_id).where(_REACHED, _DELIVERY.recipient_id.in_(_SOUGHT)))
_groups = json_rows("groups", group_id=Integer)


def _kept_out(recipient_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether somebody is in an excluded group, or has got the message."""
    member = memberships.alias("kept_out")
    excluded = select(member.c.recipient_id).where(
        member.c.account_id == _ACCOUNT, member.c.group_id.in_(select(_excluded.c.group_id))
    )
    return or_(recipient_id.in_(excluded), recipient_id.in_(select(_DELIVERY.recipient_id).where(_REACHED)))


COUNT_ON_LIST = Statement(
    select(func.count().label("people"))
    .select_from(subscriptions)
    .where(_ON_LIST, ~_kept_out(subscriptions.c.recipient_id))
)
# By the members of the groups, each looked up on the list: a group of ten costs the same on a list of a million.
COUNT_IN_GROUPS = Statement(
    select(func.count(distinct(_MEMBER.recipient_id)).label("people")).where(
        _MEMBER.account_id == _ACCOUNT,
        _MEMBER.group_id.in_(select(_groups.c.group_id)),
        exists().where(_ON_LIST, subscriptions.c.recipient_id == _MEMBER.recipient_id),
        ~_kept_out(_MEMBER.recipient_id),
    )
)


def after(tx: Transaction, list_id: int, reached: int, last: int, *, most: int) -> list[Person]:
    """Return the next people of a list beyond an id."""
    return tx.all(AFTER, of_list=list_id, after=reached, last=last, most=most)


def among(tx: Transaction, list_id: int, ids: Iterable[int]) -> list[Person]:
    """Return who of some people is on a list."""
    return tx.all(AMONG, of_list=list_id, sought=[(each,) for each in ids])


def last_on_list(tx: Transaction, list_id: int) -> int:
    """Return the highest id on a list, 0 when nobody is."""
    return int(tx.first(LAST_ON_LIST, of_list=list_id).last or 0)


def subscribers_after(tx: Transaction, list_id: int, reached: int, last: int, *, most: int) -> list[int]:
    """Return the next ids of a list."""
    return [row.recipient_id for row in tx.all(SUBSCRIBERS_AFTER, of_list=list_id, after=reached, last=last, most=most)]


def members_after(tx: Transaction, group_id: int, reached: int, last: int, *, most: int) -> list[int]:
    """Return the next ids of a group."""
    return [row.recipient_id for row in tx.all(MEMBERS_AFTER, of_group=group_id, after=reached, last=last, most=most)]


def members_among(tx: Transaction, group_ids: Iterable[int], ids: Iterable[int]) -> set[int]:
    """Return who of some people is in one of some groups."""
    rows = tx.all(MEMBERS_AMONG, sought=[(each,) for each in ids], excluded=[(each,) for each in group_ids])
    return {row.recipient_id for row in rows}


def reached_among(tx: Transaction, message_id: int, ids: Iterable[int]) -> set[int]:
    """Return who of some people got a message, or may have."""
    rows = tx.all(REACHED_AMONG, of_message=message_id, sought=[(each,) for each in ids])
    return {row.recipient_id for row in rows}


def count(tx: Transaction, list_id: int, audience: Audience, *, message_id: int) -> int:
    """Return how many of a list, or of the audience's groups, a message is for; `message_id` is that message."""
    values = {
        "of_list": list_id,
        "of_message": message_id if audience.not_reached_by else 0,
        "excluded": [(each,) for each in audience.excluded],
    }
    if audience.groups:
        return int(tx.first(COUNT_IN_GROUPS, groups=[(each,) for each in audience.groups], **values).people)
    return int(tx.first(COUNT_ON_LIST, **values).people)
