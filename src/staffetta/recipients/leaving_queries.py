"""The SQL of what ends for many at once: the subscriptions of a list, the memberships of a group."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    tuple_,
)

from staffetta.db import LongInteger, Statement, Transaction, json_rows
from staffetta.recipients.ledger_queries import SAID
from staffetta.recipients.model import Channel, Evidence, Status
from staffetta.recipients.tables import consents, memberships, recipients, subscriptions

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_OF_LIST = bindparam("of_list", type_=Integer())
_SUBSCRIPTION = subscriptions.c
# In the order of the index, so that each slice is read off its beginning. Locked, so that on PostgreSQL nobody's status
# changes before it is written down that it ended.
_SLICE = (
    select(_SUBSCRIPTION.recipient_id, _SUBSCRIPTION.channel, _SUBSCRIPTION.status)
    .where(_SUBSCRIPTION.account_id == _ACCOUNT, _SUBSCRIPTION.list_id == _OF_LIST)
    .order_by(_SUBSCRIPTION.channel, _SUBSCRIPTION.status, _SUBSCRIPTION.recipient_id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update()
    .subquery("ending")
)
COUNT_SLICE = Statement(select(func.count().label("subscriptions")).select_from(_SLICE))
_ENDED = select(
    cast(_ACCOUNT, Integer),
    (
        bindparam("first_id", type_=LongInteger)
        + func.row_number().over(order_by=(_SLICE.c.channel, _SLICE.c.status, _SLICE.c.recipient_id))
        - literal_column("1")
    ).label("id"),
    _SLICE.c.recipient_id,
    func.coalesce(case((_SLICE.c.channel == Channel.EMAIL, recipients.c.email), else_=recipients.c.mobile), ""),
    cast(_OF_LIST, Integer),
    _SLICE.c.channel,
    _SLICE.c.status,
    literal_column(str(int(Status.NOT_REGISTERED))),
    null(),
    cast(bindparam("source", type_=Integer()), Integer),
    cast(bindparam("ip", type_=Text()), Text),
    cast(bindparam("user_agent", type_=Text()), Text),
    cast(bindparam("wording", type_=Text()), Text),
    cast(bindparam("now", type_=consents.c.happened_at.type), LongInteger),
).select_from(
    _SLICE.outerjoin(recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == _SLICE.c.recipient_id))
)
TELL_OF_ENDS = Statement(
    insert(consents).from_select(
        SAID,
        _ENDED,
    )
)
# What this transaction has written is not sealed yet, which is the way to it by an index.
_TOLD = (
    consents.c.account_id == _ACCOUNT,
    consents.c.position.is_(None),
    consents.c.id.between(bindparam("first_id", type_=LongInteger), bindparam("last_id", type_=LongInteger)),
)
# Those that were told of and no other: on PostgreSQL somebody can have signed up meanwhile.
END_SUBSCRIPTIONS = Statement(
    delete(subscriptions).where(
        _SUBSCRIPTION.account_id == _ACCOUNT,
        _SUBSCRIPTION.list_id == _OF_LIST,
        tuple_(_SUBSCRIPTION.recipient_id, _SUBSCRIPTION.channel).in_(
            select(consents.c.recipient_id, consents.c.channel).where(*_TOLD)
        ),
    )
)
_groups = json_rows("of_groups", id=Integer)
END_MEMBERSHIPS = Statement(
    delete(memberships).where(
        memberships.c.account_id == _ACCOUNT,
        memberships.c.recipient_id.in_(select(consents.c.recipient_id).where(*_TOLD)),
        memberships.c.group_id.in_(select(_groups.c.id)),
    )
)
MEMBERS = Statement(
    select(memberships.c.recipient_id)
    .where(memberships.c.account_id == _ACCOUNT, memberships.c.group_id == bindparam("of_group", type_=Integer()))
    .order_by(memberships.c.recipient_id)
    .limit(bindparam("most", type_=Integer()))
)
DELETE_MEMBERS = Statement(
    delete(memberships).where(
        memberships.c.account_id == _ACCOUNT, memberships.c.group_id == bindparam("of_group", type_=Integer())
    )
)


def end_subscriptions(
    tx: Transaction, list_id: int, group_ids: Iterable[int], *, most: int, evidence: Evidence, now: datetime
) -> int:
    """End subscriptions to a list, with memberships in its groups, and tell of it in the ledger; return how many."""
    count = int(tx.first(COUNT_SLICE, of_list=list_id, most=most).subscriptions)
    if not count:
        return 0
    ids = tx.take_ids("consent", count)
    told = {"first_id": ids.start, "last_id": ids.stop - 1}
    tx.run(
        TELL_OF_ENDS,
        of_list=list_id,
        first_id=ids.start,
        most=count,
        source=int(evidence.source),
        ip=evidence.ip,
        user_agent=evidence.user_agent,
        wording=evidence.wording,
        now=now,
    )
    tx.run(END_MEMBERSHIPS, of_groups=[[each] for each in group_ids], **told)
    return tx.changed(END_SUBSCRIPTIONS, of_list=list_id, **told)


def members_of(tx: Transaction, group_id: int, *, most: int) -> list[int]:
    """Return the first members of a group, by id."""
    return [row.recipient_id for row in tx.all(MEMBERS, of_group=group_id, most=most)]


def delete_members(tx: Transaction, group_id: int) -> int:
    """Take everybody out of a group; return how many were in it."""
    return tx.changed(DELETE_MEMBERS, of_group=group_id)
