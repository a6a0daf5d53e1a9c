"""The SQL of many recipients at once: what is known of a chunk of addresses, and writing what becomes of them.

Values are those that the database keeps, numbers for members and instants: turning each of a million into an object
and back would cost more than writing it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    true,
    type_coerce,
    update,
)

from staffetta.db import Json, LongInteger, Statement, Transaction, by_index, json_values
from staffetta.recipients.ledger import Move
from staffetta.recipients.model import Channel, Status
from staffetta.recipients.tables import memberships, recipients, subscriptions, suppressions

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_LIST: BindParameter[int] = bindparam("list_id", type_=Integer())


class Known(NamedTuple):
    """A recipient as stored, and where they stand on the import's list by either channel."""

    id: int
    email: str | None
    mobile: str | None
    name: str
    language: str | None
    fields: dict[str, str]
    created_at: int
    changed_at: int
    email_standing: int | None
    sms_standing: int | None


# Status and cause leave the database as one number, so that where somebody stands is looked up once and not twice.
_STATUSES = 10
_NOWHERE = (int(Status.NOT_REGISTERED), None)


def standing_of(packed: int | None) -> tuple[int, int | None]:
    """Return status and cause of a `Known` person's standing."""
    if packed is None:
        return _NOWHERE
    cause, status = divmod(packed, _STATUSES)
    return status, cause - 1 if cause else None


def _standing(channel: Channel) -> ColumnElement[Any]:
    """Return a column of where a recipient stands on the list, looked up by its key for each of them.

    As a join PostgreSQL, with statistics of an hour ago, reads the whole list for each recipient. The zeros keep it
    from the index of the list's people, where it would, without statistics, pass over all of them for each.
    """
    standing = subscriptions.alias(f"by_{channel.name.lower()}")
    status, cause = (type_coerce(standing.c[name], Integer) for name in ("status", "cause"))
    packed = status + func.coalesce(cause + literal_column("1"), literal_column("0")) * literal_column(str(_STATUSES))
    return (
        select(packed)
        .where(
            standing.c.account_id == recipients.c.account_id,
            standing.c.recipient_id == recipients.c.id,
            standing.c.list_id + literal_column("0") == _LIST,
            type_coerce(standing.c.channel, Integer) + literal_column("0") == literal_column(str(int(channel))),
        )
        .correlate(recipients)
        .scalar_subquery()
        .label(f"{channel.name.lower()}_standing")
    )


def _known(match: ColumnElement[bool], rows: FromClause = recipients) -> Select[Any]:
    return (
        select(
            *(recipients.c[name] for name in ("id", "email", "mobile", "name", "language", "fields")),
            type_coerce(recipients.c.created_at, LongInteger),
            type_coerce(recipients.c.changed_at, LongInteger),
            *(_standing(channel) for channel in (Channel.EMAIL, Channel.SMS)),
        )
        .select_from(rows)
        .where(match)
        .with_for_update(of=recipients)
    )


# The account is known only with each address: by the bound one alone SQLite, without statistics, takes the key and
# reads all of the account's recipients.
_emails = json_values("emails", Text)
_account = case((_emails.c.value.is_not(None), _ACCOUNT))
KNOWN_BY_EMAIL = Statement(
    _known(
        by_index((recipients.c.account_id, recipients.c.email), (_account, _emails.c.value)),
        _emails.join(recipients, true()),
    ),
    row_type=Known,
)
# By numbers it does so in any case, but once for all of them where they are in a list.
_mobiles = select(json_values("mobiles", Text).c.value)
KNOWN_BY_MOBILE = Statement(
    _known(and_(recipients.c.account_id == _ACCOUNT, recipients.c.mobile.in_(_mobiles))).order_by(recipients.c.id),
    row_type=Known,
)
ANYBODY_SUPPRESSED = Statement(
    select(suppressions.c.cause).where(suppressions.c.account_id == _ACCOUNT).limit(literal_column("1"))
)
_addresses = select(json_values("addresses", Text).c.value)
SUPPRESSED = Statement(
    select(suppressions.c.address).where(suppressions.c.account_id == _ACCOUNT, suppressions.c.address.in_(_addresses))
)
_people = select(json_values("people", Integer).c.value)
MEMBERSHIPS = Statement(
    select(memberships.c.recipient_id, memberships.c.group_id).where(
        memberships.c.account_id == _ACCOUNT, memberships.c.recipient_id.in_(_people)
    )
)
LEAVE = Statement(
    delete(memberships).where(
        memberships.c.account_id == _ACCOUNT,
        memberships.c.recipient_id == bindparam("of_recipient", type_=Integer()),
        memberships.c.group_id == bindparam("of_group", type_=Integer()),
    )
)
# One call of the driver for a chunk: on SQLite a third of what UPDATE … FROM json_each costs.
UPDATE_PERSON = Statement(
    update(recipients)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.id == bindparam("of_id", type_=Integer()))
    .values(
        mobile=bindparam("new_mobile"),
        name=bindparam("new_name"),
        fields=bindparam("new_fields", type_=Json()),
        changed_at=bindparam("new_changed_at", type_=LongInteger),
    )
)
UPDATE_STANDING = Statement(
    update(subscriptions)
    .where(
        subscriptions.c.account_id == _ACCOUNT,
        subscriptions.c.recipient_id == bindparam("of_recipient", type_=Integer()),
        subscriptions.c.list_id == bindparam("of_list", type_=Integer()),
        subscriptions.c.channel == bindparam("of_channel", type_=Integer()),
    )
    .values(
        status=bindparam("new_status", type_=Integer()),
        cause=bindparam("new_cause", type_=Integer()),
        changed_at=bindparam("new_changed_at", type_=LongInteger),
    )
)

PAGE_AFTER = Statement(
    select(
        recipients.c.id,
        recipients.c.email,
        recipients.c.mobile,
        recipients.c.name,
        recipients.c.fields,
        subscriptions.c.status,
        subscriptions.c.changed_at,
    )
    .select_from(
        subscriptions.join(
            recipients,
            and_(
                recipients.c.account_id == subscriptions.c.account_id,
                recipients.c.id == subscriptions.c.recipient_id,
            ),
        )
    )
    .where(
        subscriptions.c.account_id == _ACCOUNT,
        subscriptions.c.list_id == _LIST,
        subscriptions.c.channel == bindparam("of_channel"),
        subscriptions.c.status == bindparam("of_status"),
        subscriptions.c.recipient_id > bindparam("after", type_=Integer()),
    )
    .order_by(subscriptions.c.recipient_id)
    .limit(bindparam("most", type_=Integer())),
)

PERSON_COLUMNS = ("id", "email", "mobile", "name", "fields")


def known_by_email(tx: Transaction, list_id: int, emails: Iterable[str | None]) -> dict[str, Known]:
    """Return the recipients of addresses, locked for this transaction."""
    sought = list(emails)
    rows: list[Known] = tx.all(KNOWN_BY_EMAIL, list_id=list_id, emails=sought) if sought else []
    return {row.email: row for row in rows if row.email}


def known_by_mobile(tx: Transaction, list_id: int, mobiles: Iterable[str | None]) -> dict[str, Known]:
    """Return the first recipient of each number, likewise."""
    sought = list(mobiles)
    rows: list[Known] = tx.all(KNOWN_BY_MOBILE, list_id=list_id, mobiles=sought) if sought else []
    return {row.mobile: row for row in reversed(rows) if row.mobile}


def suppressed(tx: Transaction, addresses: Iterable[str]) -> set[str]:
    """Return which addresses must not be written to."""
    if tx.first(ANYBODY_SUPPRESSED) is None:
        return set()
    return {row.address for row in tx.all(SUPPRESSED, addresses=list(addresses))}


def memberships_of(tx: Transaction, recipient_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Return recipient and group of every membership, on all lists."""
    rows = tx.all(MEMBERSHIPS, people=list(recipient_ids))
    return {(row.recipient_id, row.group_id) for row in rows}


def page_after(  # noqa: PLR0917 - which page of which list is one question
    tx: Transaction, list_id: int, channel: Channel, status: Status, after: int, most: int
) -> list[Any]:
    """Return those of one status with ids beyond one, in their order, with all that is known of them."""
    return tx.all(PAGE_AFTER, list_id=list_id, of_channel=channel, of_status=status, after=after, most=most)


def add_people(tx: Transaction, rows: Sequence[tuple[Any, ...]], now: int) -> None:
    """Add recipients; values in the order of PERSON_COLUMNS."""
    tx.load(recipients, PERSON_COLUMNS, rows, shared={"created_at": now, "changed_at": now})


def change_people(tx: Transaction, changes: Iterable[dict[str, Any]]) -> None:
    """Change what is known of recipients."""
    tx.run_many(UPDATE_PERSON, changes)


def begin_standings(tx: Transaction, recipient_ids: Iterable[int], move: Move, now: int) -> None:
    """Add the subscriptions of people who were not on the list of a move."""
    shared = {
        "list_id": move.list_id,
        "channel": move.channel,
        "status": move.new_status,
        "cause": move.cause,
        "changed_at": now,
    }
    tx.load(subscriptions, ("recipient_id",), [(recipient_id,) for recipient_id in recipient_ids], shared=shared)


def change_standings(tx: Transaction, recipient_ids: Iterable[int], move: Move, now: int) -> None:
    """Change the subscriptions of people who were."""
    values = {
        "of_list": move.list_id,
        "of_channel": move.channel,
        "new_status": move.new_status,
        "new_cause": move.cause,
        "new_changed_at": now,
    }
    tx.run_many(UPDATE_STANDING, ({**values, "of_recipient": recipient_id} for recipient_id in recipient_ids))


def join(tx: Transaction, rows: Sequence[tuple[int, int]]) -> None:
    """Put recipients into groups that they are not in."""
    tx.load(memberships, ("recipient_id", "group_id"), rows)


def leave(tx: Transaction, rows: Iterable[tuple[int, int]]) -> None:
    """Take recipients out of groups."""
    tx.run_many(LEAVE, [{"of_recipient": recipient_id, "of_group": group_id} for recipient_id, group_id in rows])
