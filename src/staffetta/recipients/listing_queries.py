"""The SQL of pages: who stands where on a list or is in a group, newest first or as a caller filters and sorts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import phonenumbers
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from staffetta.db import LongInteger, Statement, Transaction, json_rows
from staffetta.lists import Group
from staffetta.recipients.model import Cause, Channel, Status
from staffetta.recipients.tables import memberships, recipients, subscriptions

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_LIST = bindparam("of_list", type_=Integer())
_CHANNEL = bindparam("of_channel", type_=subscriptions.c.channel.type)
_STATUS = bindparam("of_status", type_=subscriptions.c.status.type)
_BEFORE = bindparam("before", type_=LongInteger)
_MOST = bindparam("most", type_=Integer())
_SKIPPED = bindparam("skipped", type_=LongInteger)
# No id is as large.
NEWEST = 2**31
# Those that a listing shows; nobody is "not registered" and has a row.
SHOWN = (Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING)


class Listed(NamedTuple):
    """A recipient on a page; `written_fields` is a document that is decoded for those who need it."""

    id: int
    email: str | None
    mobile: str | None
    name: str
    written_fields: str

    @property
    def fields(self) -> dict[str, str]:
        """The values of personal data fields by number."""
        return _decode(self.written_fields)


class Standing(NamedTuple):
    """Where a recipient on a page stands on the list."""

    id: int
    email: str | None
    status: Status
    cause: Cause | None
    changed_at: datetime


LISTED = (
    recipients.c.id,
    recipients.c.email,
    recipients.c.mobile,
    recipients.c.name,
    cast(recipients.c.fields, Text).label("written_fields"),
)
_decode = msgspec.json.Decoder(dict[str, str]).decode
_STANDING = (
    recipients.c.id,
    recipients.c.email,
    subscriptions.c.status,
    subscriptions.c.cause,
    subscriptions.c.changed_at,
)
_OF_LIST = (
    subscriptions.c.account_id == _ACCOUNT,
    subscriptions.c.list_id == _LIST,
    subscriptions.c.channel == _CHANNEL,
)
_SAME_PERSON = (recipients.c.account_id == subscriptions.c.account_id) & (
    recipients.c.id == subscriptions.c.recipient_id
)

# The page's ids come out of the index of the list alone; only they are looked up.
_ids = (
    select(subscriptions.c.recipient_id)
    .where(*_OF_LIST, subscriptions.c.status == _STATUS, subscriptions.c.recipient_id < _BEFORE)
    .order_by(subscriptions.c.recipient_id.desc())
    .limit(_MOST)
    .offset(_SKIPPED)
    .subquery("page")
)
PAGE = Statement(
    select(*LISTED)
    .select_from(
        _ids.join(recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == _ids.c.recipient_id))
    )
    .order_by(_ids.c.recipient_id.desc()),
    row_type=Listed,
)


def _newest_of(status: Status) -> Select[Any]:
    newest = (
        select(subscriptions.c.recipient_id)
        .where(
            *_OF_LIST,
            subscriptions.c.status == literal_column(str(int(status))),
            subscriptions.c.recipient_id < _BEFORE,
        )
        .order_by(subscriptions.c.recipient_id.desc())
        .limit(bindparam("reach", type_=LongInteger))
        .subquery()
    )
    return select(newest.c.recipient_id)


# The index has the ids of each status in order, not those of all: the newest of each are merged.
_newest = union_all(*(_newest_of(status) for status in SHOWN)).subquery("newest")
_any_ids = select(_newest.c.recipient_id).order_by(_newest.c.recipient_id.desc()).limit(_MOST).offset(_SKIPPED)
_any = _any_ids.subquery("page")
STANDINGS_PAGE = Statement(
    select(*_STANDING)
    .select_from(
        _any.join(recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == _any.c.recipient_id)).join(
            subscriptions, _SAME_PERSON
        )
    )
    .where(*_OF_LIST)
    .order_by(_any.c.recipient_id.desc()),
    row_type=Standing,
)
_OF_GROUP = (
    memberships.c.account_id == _ACCOUNT,
    memberships.c.group_id == bindparam("of_group", type_=Integer()),
    *_OF_LIST,
    subscriptions.c.status == _STATUS,
)
_members = memberships.join(
    subscriptions,
    (subscriptions.c.account_id == memberships.c.account_id)
    & (subscriptions.c.recipient_id == memberships.c.recipient_id),
)
_member_ids = (
    select(memberships.c.recipient_id)
    .select_from(_members)
    .where(*_OF_GROUP)
    .order_by(memberships.c.recipient_id.desc())
    .limit(_MOST)
    .offset(_SKIPPED)
    .subquery("page")
)
GROUP_PAGE = Statement(
    select(*LISTED)
    .select_from(
        _member_ids.join(
            recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == _member_ids.c.recipient_id)
        )
    )
    .order_by(_member_ids.c.recipient_id.desc()),
    row_type=Listed,
)
GROUP_COUNT = Statement(select(func.count().label("members")).select_from(_members).where(*_OF_GROUP))

_groups = json_rows("groups", group_id=Integer)
_IN_GROUPS = subscriptions.c.recipient_id.in_(
    select(memberships.c.recipient_id)
    .join(_groups, memberships.c.group_id == _groups.c.group_id)
    .where(memberships.c.account_id == _ACCOUNT)
)


def page(tx: Transaction, list_id: int, channel: Channel, status: Status, place: "Place") -> list[Listed]:
    """Return who stands on a list with a status, newest first."""
    return tx.all(PAGE, of_list=list_id, of_channel=channel, of_status=status, **place._asdict())


def standings_page(tx: Transaction, list_id: int, channel: Channel, place: "Place") -> list[Standing]:
    """Return everybody of a list, whatever the status, newest first."""
    reach = place.skipped + place.most
    return tx.all(STANDINGS_PAGE, of_list=list_id, of_channel=channel, reach=reach, **place._asdict())


def group_page(tx: Transaction, group: Group, channel: Channel, status: Status, place: "Place") -> list[Listed]:
    """Return which members of a group stand on its list with a status, newest first."""
    values = place._asdict()
    del values["before"]
    return tx.all(GROUP_PAGE, of_group=group.id, of_list=group.list_id, of_channel=channel, of_status=status, **values)


def group_count(tx: Transaction, group: Group, channel: Channel, status: Status) -> int:
    """Return how many those are."""
    row = tx.first(GROUP_COUNT, of_group=group.id, of_list=group.list_id, of_channel=channel, of_status=status)
    return int(row.members)


class Place(NamedTuple):
    """Where a page begins and how long it is: below which id, and how many are passed over."""

    skipped: int
    most: int
    before: int = NEWEST


class Chosen(NamedTuple):
    """Which people of a list are looked for, and in which order; empty is all, newest first."""

    where: ColumnElement[bool] | None = None
    order: Sequence[ColumnElement[Any]] = ()
    exact: Sequence[str] = ()
    groups: Sequence[int] = ()


def found_page(
    tx: Transaction,
    list_id: int,
    channel: Channel,
    chosen: Chosen,
    place: Place,
    *,
    statuses: Sequence[Status],
    row_type: type[Listed] | type[Standing],
) -> list[Any]:
    """Return those who are looked for; an address that was asked for stands first where there is no other order."""
    columns = LISTED if row_type is Listed else _STANDING
    order = list(chosen.order) or _exact_first(chosen.exact)
    query = found_query(chosen, statuses, *columns).order_by(*order, recipients.c.id.desc())
    statement = Statement(query.limit(place.most).offset(place.skipped), row_type=row_type)
    return tx.all(statement, of_list=list_id, of_channel=channel, **_group_values(chosen))


def found_count(tx: Transaction, list_id: int, channel: Channel, chosen: Chosen, *, statuses: Sequence[Status]) -> int:
    """Return how many those are."""
    statement = Statement(found_query(chosen, statuses, func.count().label("people")))
    return int(tx.first(statement, of_list=list_id, of_channel=channel, **_group_values(chosen)).people)


def found_query(chosen: Chosen, statuses: Sequence[Status], *columns: ColumnElement[Any]) -> Select[Any]:
    """Return the query for those who are looked for, without order or end."""
    query = (
        select(*(columns or LISTED))
        .select_from(recipients.join(subscriptions, _SAME_PERSON))
        .where(
            *_OF_LIST,
            recipients.c.account_id == _ACCOUNT,
            or_(*(subscriptions.c.status == literal_column(str(int(status))) for status in statuses)),
        )
    )
    if chosen.groups:
        query = query.where(_IN_GROUPS)
    return query if chosen.where is None else query.where(chosen.where)


def _group_values(chosen: Chosen) -> dict[str, Any]:
    return {"groups": [(each,) for each in chosen.groups]} if chosen.groups else {}


def _exact_first(addresses: Sequence[str]) -> list[ColumnElement[Any]]:
    if not addresses:
        return []
    wanted = or_(*(recipients.c.email == each.strip().lower() for each in addresses))
    return [case((wanted, literal_column("0")), else_=literal_column("1"))]


def field_value(number: int) -> ColumnElement[str]:
    """Return the value of a personal data field, empty where there is none."""
    value = recipients.c.fields.op("->>", return_type=Text())(literal_column(f"'{int(number)}'"))
    return func.coalesce(value, literal_column("''"), type_=Text())


def mobile_part(*, prefix: bool) -> ColumnElement[str]:
    """Return the country code of a number as the protocol writes it, or the rest, as `MobileNumber` splits it."""
    mobile = recipients.c.mobile
    cuts = []
    for length in (1, 2, 3):
        codes = [code for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE if len(str(code)) == length]
        begins = or_(*(func.substr(mobile, 1, length) == literal_column(f"'{code}'") for code in codes))
        part = (
            literal_column("'00'", Text()) + func.substr(mobile, 1, length)
            if prefix
            else func.substr(mobile, 1 + length)
        )
        cuts.append((begins, part))
    return case((mobile.is_(None), null()), *cuts, else_=literal_column("'00'") if prefix else mobile)


def status_word(words: Mapping[Status, str]) -> ColumnElement[str]:
    """Return a status by the words that an interface has for it."""
    return case(*((subscriptions.c.status == status, word) for status, word in words.items()), else_="")


def changed_when(status: Status) -> ColumnElement[datetime]:
    """Return when a status was reached by those who have it now."""
    return case((subscriptions.c.status == status, subscriptions.c.changed_at), else_=null())
