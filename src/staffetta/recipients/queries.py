"""The SQL of recipients, subscriptions, groups, suppressions and the ledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Text,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from staffetta.db import Connection, Statement, Transaction, json_rows
from staffetta.kit.languages import Language
from staffetta.recipients.model import Cause, Channel, Recipient, Status, Subscription, Suppression
from staffetta.recipients.tables import memberships, recipients, subscriptions, suppressions

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_OF_RECIPIENT = bindparam("of_recipient", type_=Integer())

_RECIPIENT = (
    recipients.c.id,
    recipients.c.email,
    recipients.c.mobile,
    recipients.c.name,
    recipients.c.language,
    recipients.c.fields,
)
BY_EMAIL = Statement(
    select(*_RECIPIENT)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.email == bindparam("of_email"))
    .with_for_update()
)
BY_MOBILE = Statement(
    select(*_RECIPIENT)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.mobile == bindparam("of_mobile"))
    .order_by(recipients.c.id)
    .limit(1)
    .with_for_update()
)
BY_MOBILE_ON_LIST = Statement(
    select(*_RECIPIENT)
    .join(
        subscriptions,
        (subscriptions.c.account_id == recipients.c.account_id) & (subscriptions.c.recipient_id == recipients.c.id),
    )
    .where(
        recipients.c.account_id == _ACCOUNT,
        recipients.c.mobile == bindparam("of_mobile"),
        subscriptions.c.list_id == bindparam("list_id"),
        subscriptions.c.channel == Channel.SMS,
    )
    .order_by(recipients.c.id)
    .with_for_update(of=recipients)
)
BY_ID = Statement(
    select(*_RECIPIENT).where(recipients.c.account_id == _ACCOUNT, recipients.c.id == _OF_RECIPIENT).with_for_update()
)
ALL_BY_MOBILE = Statement(
    select(*_RECIPIENT)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.mobile == bindparam("of_mobile"))
    .order_by(recipients.c.id)
    .limit(literal_column("100"))
    .with_for_update()
)
INSERT_RECIPIENT = Statement(
    insert(recipients).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("id", "email", "mobile", "name", "language", "fields")},
        created_at=bindparam("now", type_=recipients.c.created_at.type),
        changed_at=bindparam("now", type_=recipients.c.created_at.type),
    )
)
UPDATE_RECIPIENT = Statement(
    update(recipients)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.id == _OF_RECIPIENT)
    .values(
        mobile=bindparam("new_mobile"),
        name=bindparam("new_name"),
        language=bindparam("new_language"),
        fields=bindparam("new_fields"),
        changed_at=bindparam("now", type_=recipients.c.changed_at.type),
    )
)
CHANGE_EMAIL = Statement(
    update(recipients)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.id == _OF_RECIPIENT)
    .values(email=bindparam("new_email"))
)
DELETE_RECIPIENT = Statement(
    delete(recipients).where(recipients.c.account_id == _ACCOUNT, recipients.c.id == _OF_RECIPIENT)
)
_SUBSCRIPTION = (
    subscriptions.c.list_id,
    subscriptions.c.channel,
    subscriptions.c.status,
    subscriptions.c.cause,
    subscriptions.c.changed_at,
)
SUBSCRIPTIONS = Statement(
    select(*_SUBSCRIPTION).where(subscriptions.c.account_id == _ACCOUNT, subscriptions.c.recipient_id == _OF_RECIPIENT)
)
_STATUS = (
    select(subscriptions.c.status)
    .select_from(
        recipients.join(
            subscriptions,
            (subscriptions.c.account_id == recipients.c.account_id) & (subscriptions.c.recipient_id == recipients.c.id),
        )
    )
    .where(
        recipients.c.account_id == _ACCOUNT,
        subscriptions.c.list_id == bindparam("list_id"),
        subscriptions.c.channel == bindparam("channel"),
    )
    .limit(literal_column("1"))
)
STATUS_BY_EMAIL = Statement(_STATUS.where(recipients.c.email == bindparam("of_email")))
STATUS_BY_MOBILE = Statement(
    _STATUS.where(recipients.c.mobile == bindparam("of_mobile")).order_by(
        subscriptions.c.status != Status.SUBSCRIBED, recipients.c.id
    )
)
# Of many at once; each is looked up by the index, whatever a planner thinks of how many there are.
_asked = json_rows("asked", account_id=Integer, address=Text)
STATUS_AMONG = Statement(
    select(
        _asked.c.address,
        _STATUS.where(recipients.c.account_id == _asked.c.account_id, recipients.c.email == _asked.c.address)
        .correlate(_asked)
        .scalar_subquery()
        .label("status"),
    )
)
KNOWN_AMONG = Statement(
    select(_asked.c.address).where(
        _asked.c.account_id == _ACCOUNT,
        or_(
            *(
                exists().where(of.c.account_id == _asked.c.account_id, address == _asked.c.address)
                for of, address in ((recipients, recipients.c.email), (suppressions, suppressions.c.address))
            )
        ),
    )
)
INSERT_SUBSCRIPTION = Statement(
    insert(subscriptions).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("recipient_id", "list_id", "channel", "status", "cause", "changed_at")},
    )
)
UPDATE_SUBSCRIPTION = Statement(
    update(subscriptions)
    .where(
        subscriptions.c.account_id == _ACCOUNT,
        subscriptions.c.recipient_id == bindparam("of_recipient", type_=Integer()),
        subscriptions.c.list_id == bindparam("of_list", type_=Integer()),
        subscriptions.c.channel == bindparam("of_channel", type_=subscriptions.c.channel.type),
    )
    .values(status=bindparam("new_status"), cause=bindparam("new_cause"), changed_at=bindparam("now"))
)
DELETE_SUBSCRIPTION = Statement(
    delete(subscriptions).where(
        subscriptions.c.account_id == _ACCOUNT,
        subscriptions.c.recipient_id == _OF_RECIPIENT,
        subscriptions.c.list_id == bindparam("of_list", type_=Integer()),
        subscriptions.c.channel == bindparam("of_channel", type_=subscriptions.c.channel.type),
    )
)
MEMBERSHIPS = Statement(
    select(memberships.c.group_id).where(
        memberships.c.account_id == _ACCOUNT, memberships.c.recipient_id == _OF_RECIPIENT
    )
)
INSERT_MEMBERSHIP = Statement(
    insert(memberships).values(
        account_id=_ACCOUNT, recipient_id=bindparam("recipient_id"), group_id=bindparam("group_id")
    )
)
DELETE_MEMBERSHIP = Statement(
    delete(memberships).where(
        memberships.c.account_id == _ACCOUNT,
        memberships.c.recipient_id == _OF_RECIPIENT,
        memberships.c.group_id == bindparam("of_group", type_=Integer()),
    )
)
SUPPRESSION = Statement(
    select(suppressions.c.cause).where(
        suppressions.c.account_id == _ACCOUNT, suppressions.c.address == bindparam("of_address")
    )
)
INSERT_SUPPRESSION = Statement(
    insert(suppressions).values(
        account_id=_ACCOUNT, **{name: bindparam(name) for name in ("address", "cause", "suppressed_at")}
    )
)
DELETE_SUPPRESSION = Statement(
    delete(suppressions).where(suppressions.c.account_id == _ACCOUNT, suppressions.c.address == bindparam("of_address"))
)
_SUPPRESSIONS = (
    select(suppressions.c.address, suppressions.c.cause, suppressions.c.suppressed_at)
    .where(suppressions.c.account_id == _ACCOUNT)
    .order_by(suppressions.c.suppressed_at.desc(), suppressions.c.address)
    .limit(bindparam("most", type_=Integer()))
)
SUPPRESSIONS = Statement(_SUPPRESSIONS, row_type=Suppression)
SUPPRESSIONS_BY_CAUSE = Statement(
    _SUPPRESSIONS.where(suppressions.c.cause == bindparam("of_cause", type_=suppressions.c.cause.type)),
    row_type=Suppression,
)
_addresses = json_rows("addresses", account_id=Integer, address=Text)
SUPPRESSED_AMONG = Statement(
    select(suppressions.c.account_id, suppressions.c.address).join(
        _addresses,
        (suppressions.c.account_id == _addresses.c.account_id) & (suppressions.c.address == _addresses.c.address),
    )
)
_people = json_rows("people", account_id=Integer, recipient_id=Integer)
WAITING_AMONG = Statement(
    select(subscriptions.c.account_id, subscriptions.c.recipient_id)
    .join(
        _people,
        (subscriptions.c.account_id == _people.c.account_id) & (subscriptions.c.recipient_id == _people.c.recipient_id),
    )
    .where(subscriptions.c.status == Status.PENDING)
)


def recipient_by_email(tx: Transaction, email: str) -> Recipient | None:
    """Return the recipient of an address, locked for this transaction."""
    return _recipient(tx.first(BY_EMAIL, of_email=email))


def recipient_by_mobile(tx: Transaction, mobile: str) -> Recipient | None:
    """Return the first recipient of a number, locked for this transaction; several people can share a number."""
    return _recipient(tx.first(BY_MOBILE, of_mobile=mobile))


def recipients_by_mobile_on_list(tx: Transaction, mobile: str, list_id: int) -> list[Recipient]:
    """Return everybody of a number who is or was on a list by SMS, locked for this transaction."""
    found = (_recipient(row) for row in tx.all(BY_MOBILE_ON_LIST, of_mobile=mobile, list_id=list_id))
    return [recipient for recipient in found if recipient]


def recipients_by_mobile(tx: Transaction, mobile: str) -> list[Recipient]:
    """Return those who share a number, a hundred at most, locked for this transaction."""
    found = (_recipient(row) for row in tx.all(ALL_BY_MOBILE, of_mobile=mobile))
    return [recipient for recipient in found if recipient]


def recipient_by_id(tx: Transaction, recipient_id: int) -> Recipient | None:
    """Return a recipient, locked for this transaction."""
    return _recipient(tx.first(BY_ID, of_recipient=recipient_id))


def _recipient(row: Any) -> Recipient | None:
    if row is None:
        return None
    return Recipient(
        id=row.id,
        email=row.email,
        mobile=row.mobile,
        name=row.name,
        language=Language(row.language) if row.language else None,
        fields=row.fields,
    )


def insert_recipient(tx: Transaction, recipient: Recipient, *, now: datetime) -> None:
    """Add a recipient."""
    tx.run(
        INSERT_RECIPIENT,
        id=recipient.id,
        email=recipient.email,
        mobile=recipient.mobile,
        name=recipient.name,
        language=recipient.language.value if recipient.language else None,
        fields=recipient.fields,
        now=now,
    )


def update_recipient(tx: Transaction, recipient: Recipient, *, now: datetime) -> None:
    """Change what is known of a recipient, but for the address."""
    tx.run(
        UPDATE_RECIPIENT,
        of_recipient=recipient.id,
        new_mobile=recipient.mobile,
        new_name=recipient.name,
        new_language=recipient.language.value if recipient.language else None,
        new_fields=recipient.fields,
        now=now,
    )


def change_email(tx: Transaction, recipient_id: int, email: str) -> None:
    """Give a recipient another address."""
    tx.run(CHANGE_EMAIL, of_recipient=recipient_id, new_email=email)


def delete_recipient(tx: Transaction, recipient_id: int) -> None:
    """Remove what is known of a recipient."""
    tx.run(DELETE_RECIPIENT, of_recipient=recipient_id)


def subscriptions_of(tx: Transaction, recipient_id: int) -> dict[tuple[int, Channel], Subscription]:
    """Return a recipient's subscriptions by list and channel."""
    rows = tx.all(SUBSCRIPTIONS, of_recipient=recipient_id)
    return {(row.list_id, row.channel): Subscription(**row._asdict()) for row in rows}


def status_by_email(tx: Transaction, list_id: int, email: str) -> Status:
    """Return where an address stands on a list."""
    row = tx.first(STATUS_BY_EMAIL, list_id=list_id, channel=Channel.EMAIL, of_email=email)
    return row.status if row else Status.NOT_REGISTERED


def statuses_by_email(tx: Transaction, list_id: int, emails: Iterable[str]) -> dict[str, Status]:
    """Return where addresses stand on a list."""
    asked = [(tx.account_id, each) for each in emails]
    rows = tx.all(STATUS_AMONG, list_id=list_id, channel=Channel.EMAIL, asked=asked)
    return {row.address: row.status or Status.NOT_REGISTERED for row in rows}


def known_among(tx: Transaction, addresses: Iterable[str]) -> set[str]:
    """Return those of some addresses that are a recipient's, or are suppressed."""
    rows = tx.all(KNOWN_AMONG, asked=[(tx.account_id, each) for each in addresses])
    return {row.address for row in rows}


def status_by_mobile(tx: Transaction, list_id: int, mobile: str) -> Status:
    """Return where a number stands on a list; subscribed if one of those who share it is."""
    row = tx.first(STATUS_BY_MOBILE, list_id=list_id, channel=Channel.SMS, of_mobile=mobile)
    return row.status if row else Status.NOT_REGISTERED


def insert_subscription(
    tx: Transaction,
    recipient_id: int,
    list_id: int,
    channel: Channel,
    *,
    status: Status,
    cause: Cause | None,
    now: datetime,
) -> None:
    """Add a recipient to a list."""
    tx.run(
        INSERT_SUBSCRIPTION,
        recipient_id=recipient_id,
        list_id=list_id,
        channel=channel,
        status=status,
        cause=cause,
        changed_at=now,
    )


def update_subscription(
    tx: Transaction,
    recipient_id: int,
    list_id: int,
    channel: Channel,
    *,
    status: Status,
    cause: Cause | None,
    now: datetime,
) -> None:
    """Change where a recipient stands on a list."""
    tx.run(
        UPDATE_SUBSCRIPTION,
        of_recipient=recipient_id,
        of_list=list_id,
        of_channel=channel,
        new_status=status,
        new_cause=cause,
        now=now,
    )


def delete_subscription(tx: Transaction, recipient_id: int, list_id: int, channel: Channel) -> None:
    """Forget where a recipient stands on a list."""
    tx.run(DELETE_SUBSCRIPTION, of_recipient=recipient_id, of_list=list_id, of_channel=channel)


def groups_of(tx: Transaction, recipient_id: int) -> set[int]:
    """Return the ids of a recipient's groups, on all lists."""
    return {row.group_id for row in tx.all(MEMBERSHIPS, of_recipient=recipient_id)}


def join_groups(tx: Transaction, recipient_id: int, group_ids: Iterable[int]) -> None:
    """Put a recipient into groups that it is not in."""
    tx.run_many(INSERT_MEMBERSHIP, [{"recipient_id": recipient_id, "group_id": each} for each in group_ids])


def leave_groups(tx: Transaction, recipient_id: int, group_ids: Iterable[int]) -> None:
    """Take a recipient out of groups."""
    tx.run_many(DELETE_MEMBERSHIP, [{"of_recipient": recipient_id, "of_group": each} for each in group_ids])


def is_suppressed(tx: Transaction, address: str) -> bool:
    """Tell whether an address must not be written to."""
    return tx.first(SUPPRESSION, of_address=address) is not None


def insert_suppression(tx: Transaction, address: str, *, cause: Cause, now: datetime) -> None:
    """Never write to an address again."""
    tx.run(INSERT_SUPPRESSION, address=address, cause=cause, suppressed_at=now)


def delete_suppression(tx: Transaction, address: str) -> bool:
    """Let an address be written to; tell whether it was not to be."""
    return tx.changed(DELETE_SUPPRESSION, of_address=address) > 0


def suppressions_of_account(tx: Transaction, *, cause: Cause | None, most: int) -> list[Suppression]:
    """Return the addresses that must not be written to, of one cause or all, the newest first."""
    if cause is None:
        return tx.all(SUPPRESSIONS, most=most)
    return tx.all(SUPPRESSIONS_BY_CAUSE, of_cause=cause, most=most)


def suppressed_among(connection: Connection, addresses: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return which of many (account, address) must not be written to."""
    rows = connection.all(SUPPRESSED_AMONG, addresses=list(addresses))
    return {(row.account_id, row.address) for row in rows}


def waiting_among(connection: Connection, people: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return which of many (account, recipient) are pending on some list."""
    rows = connection.all(WAITING_AMONG, people=list(people))
    return {(row.account_id, row.recipient_id) for row in rows}
