"""The SQL of recipients, subscriptions, groups, suppressions and the ledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)

from staffetta.db import Connection, EnumOf, Instant, LongInteger, Statement, Transaction, json_rows
from staffetta.kit.languages import Language
from staffetta.recipients.model import Cause, Channel, Evidence, Recipient, Status, Subscription
from staffetta.recipients.tables import consents, memberships, recipients, subscriptions, suppressions

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
INSERT_CONSENT = Statement(
    insert(consents).values(
        account_id=_ACCOUNT,
        **{
            name: bindparam(name)
            for name in (
                "id",
                "recipient_id",
                "address",
                "list_id",
                "channel",
                "old_status",
                "new_status",
                "cause",
                "source",
                "ip",
                "user_agent",
                "wording",
                "happened_at",
            )
        },
    )
)
CONSENTS_OF_ADDRESS = Statement(
    select(consents)
    .where(
        consents.c.account_id == _ACCOUNT,
        consents.c.recipient_id.in_(
            select(recipients.c.id).where(
                recipients.c.account_id == _ACCOUNT,
                (recipients.c.email == bindparam("of_address")) | (recipients.c.mobile == bindparam("of_address")),
            )
        ),
    )
    .order_by(consents.c.happened_at, consents.c.id)
)
ACCOUNTS_TO_SEAL = Statement(select(consents.c.account_id).where(consents.c.position.is_(None)).distinct())
# What an entry says, in the order in which its digest takes it, as the database keeps it: sealing looks at every entry,
# and turning numbers into members and instants to turn them back again was most of its cost.
_SAYS = tuple(
    type_coerce(consents.c[name], LongInteger).label(name)
    if isinstance(consents.c[name].type, EnumOf | Instant)
    else consents.c[name]
    for name in (
        "account_id",
        "id",
        "recipient_id",
        "address",
        "list_id",
        "channel",
        "old_status",
        "new_status",
        "cause",
        "source",
        "ip",
        "user_agent",
        "wording",
        "happened_at",
    )
)
_SEAL = (consents.c.position, consents.c.digest, consents.c.chain)
UNSEALED = Statement(
    select(*_SAYS, *_SEAL)
    # The plus sign keeps SQLite from reading the whole ledger by its key, to pass over what is sealed: it is to walk
    # the partial index, which has the same order and nothing else in it.
    .where(literal_column("+consents.account_id") == _ACCOUNT, consents.c.position.is_(None))
    .order_by(consents.c.account_id, consents.c.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update()
)
HEAD = Statement(
    select(consents.c.position, consents.c.chain)
    .where(consents.c.account_id == _ACCOUNT, consents.c.position.is_not(None))
    .order_by(consents.c.position.desc())
    .limit(1)
)
SEAL = Statement(
    update(consents)
    .where(consents.c.account_id == _ACCOUNT, consents.c.id == bindparam("of_id", type_=LongInteger))
    .values(
        position=bindparam("new_position"),
        digest=bindparam("new_digest", type_=LargeBinary()),
        chain=bindparam("new_chain", type_=LargeBinary()),
    )
)
SEALED_AFTER = Statement(
    select(*_SAYS, *_SEAL)
    .where(consents.c.account_id == _ACCOUNT, consents.c.position > bindparam("after", type_=LongInteger))
    .order_by(consents.c.position)
    .limit(bindparam("most", type_=Integer()))
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


def subscriptions_of(tx: Transaction, recipient_id: int) -> dict[tuple[int, Channel], Subscription]:
    """Return a recipient's subscriptions by list and channel."""
    rows = tx.all(SUBSCRIPTIONS, of_recipient=recipient_id)
    return {(row.list_id, row.channel): Subscription(**row._asdict()) for row in rows}


def status_by_email(tx: Transaction, list_id: int, email: str) -> Status:
    """Return where an address stands on a list."""
    row = tx.first(STATUS_BY_EMAIL, list_id=list_id, channel=Channel.EMAIL, of_email=email)
    return row.status if row else Status.NOT_REGISTERED


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


def suppressed_among(connection: Connection, addresses: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return which of many (account, address) must not be written to."""
    rows = connection.all(SUPPRESSED_AMONG, addresses=list(addresses))
    return {(row.account_id, row.address) for row in rows}


def waiting_among(connection: Connection, people: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return which of many (account, recipient) are pending on some list."""
    rows = connection.all(WAITING_AMONG, people=list(people))
    return {(row.account_id, row.recipient_id) for row in rows}


def insert_consent(
    tx: Transaction,
    recipient: Recipient,
    list_id: int,
    channel: Channel,
    *,
    old: Status,
    new: Status,
    cause: Cause | None,
    evidence: Evidence,
    now: datetime,
) -> None:
    """Write down a change of status with its proof; it is sealed into the chain within a second."""
    address = recipient.email if channel == Channel.EMAIL else recipient.mobile
    tx.run(
        INSERT_CONSENT,
        id=tx.pooled_id("consent"),
        recipient_id=recipient.id,
        address=address or "",
        list_id=list_id,
        channel=channel,
        old_status=old,
        new_status=new,
        cause=cause,
        source=evidence.source,
        ip=evidence.ip,
        user_agent=evidence.user_agent,
        wording=evidence.wording,
        happened_at=now,
    )


def consents_of(tx: Transaction, address: str) -> list[Any]:
    """Return the ledger's entries about a recipient, oldest first."""
    return tx.all(CONSENTS_OF_ADDRESS, of_address=address)


def accounts_to_seal(connection: Connection) -> list[int]:
    """Return the accounts with entries that are not in their chain yet."""
    return [row.account_id for row in connection.all(ACCOUNTS_TO_SEAL)]


def unsealed(tx: Transaction, *, most: int) -> list[Any]:
    """Return entries that are not in the chain yet, in the order of their ids."""
    return tx.all(UNSEALED, most=most)


def said_by(entry: Any) -> tuple[Any, ...]:
    """Return what an entry that was read to be sealed or verified says, without its seal."""
    return tuple(entry[: len(_SAYS)])


def head(tx: Transaction) -> Any:
    """Return position and hash of the chain's last entry, or None."""
    return tx.first(HEAD)


def seal(tx: Transaction, seals: Iterable[dict[str, Any]]) -> None:
    """Give entries their places in the chain."""
    tx.run_many(SEAL, seals)


def sealed_after(tx: Transaction, position: int, *, most: int) -> list[Any]:
    """Return the chain's entries after a position."""
    return tx.all(SEALED_AFTER, after=position, most=most)
