"""The SQL of the ledger of consent, of its chain, and of the counts that follow from it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    LargeBinary,
    bindparam,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)

from staffetta.db import Connection, EnumOf, Instant, LongInteger, Statement, Transaction
from staffetta.recipients.model import Cause, Channel, Evidence, Recipient, Status
from staffetta.recipients.tables import consents, ledger_heads, recipients

_ACCOUNT: BindParameter[int] = bindparam("account_id")
# What an entry says, in the order in which its digest takes it.
SAID = (
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

INSERT_CONSENT = Statement(
    insert(consents).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in SAID if name != "account_id"},
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
STATUS_BEFORE = Statement(
    select(consents.c.old_status)
    .where(
        consents.c.account_id == _ACCOUNT,
        consents.c.recipient_id == bindparam("of_recipient", type_=Integer()),
        consents.c.list_id == bindparam("of_list", type_=Integer()),
        consents.c.channel == Channel.EMAIL,
        consents.c.cause == bindparam("of_cause", type_=consents.c.cause.type),
    )
    .order_by(consents.c.happened_at.desc(), consents.c.id.desc())
    .limit(literal_column("1"))
)
ACCOUNTS_TO_SEAL = Statement(select(consents.c.account_id).where(consents.c.position.is_(None)).distinct())
# The same as the database keeps it: sealing looks at every entry, and turning numbers into members and instants, to
# turn them back again, was most of its cost.
_SAYS = tuple(
    type_coerce(consents.c[name], LongInteger).label(name)
    if isinstance(consents.c[name].type, EnumOf | Instant)
    else consents.c[name]
    for name in SAID
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
_HEAD = (ledger_heads.c.position, ledger_heads.c.chain)
HEAD = Statement(select(*_HEAD).where(ledger_heads.c.account_id == _ACCOUNT))
LOCK_HEAD = Statement(select(*_HEAD).where(ledger_heads.c.account_id == _ACCOUNT).with_for_update())
INSERT_HEAD = Statement(
    insert(ledger_heads).values(account_id=_ACCOUNT, position=bindparam("position"), chain=bindparam("chain"))
)
MOVE_HEAD = Statement(
    update(ledger_heads)
    .where(ledger_heads.c.account_id == _ACCOUNT)
    .values(position=bindparam("new_position"), chain=bindparam("new_chain", type_=LargeBinary()))
)
SEAL = Statement(
    update(consents)
    .where(
        consents.c.account_id == _ACCOUNT,
        consents.c.recipient_id == bindparam("of_recipient", type_=Integer()),
        consents.c.id == bindparam("of_id", type_=LongInteger),
    )
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

BLANK = Statement(
    update(consents)
    .where(
        consents.c.account_id == _ACCOUNT,
        consents.c.recipient_id == bindparam("of_recipient", type_=Integer()),
        consents.c.position.is_not(None),
    )
    .values(address="", ip="", user_agent="", wording="")
)
ERASED = Statement(
    select(consents.c.recipient_id).where(consents.c.account_id == _ACCOUNT, consents.c.cause == Cause.ERASURE)
)
# What entries that are written at once have each for themselves, and what they share, in the order of SAID.
_OWN = ("id", "recipient_id", "address", "position", "digest", "chain")
_SHARED = tuple(name for name in SAID if name not in ("account_id", *_OWN))


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


def status_before(tx: Transaction, recipient_id: int, list_id: int, cause: Cause) -> Status | None:
    """Return where somebody's address stood on a list before it was last taken off it for this cause."""
    found = tx.first(STATUS_BEFORE, of_recipient=recipient_id, of_list=list_id, of_cause=cause)
    return found.old_status if found else None


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


def lock_head(tx: Transaction) -> Any:
    """Return the head likewise, locked for this transaction: nobody else seals until it ends."""
    return tx.first(LOCK_HEAD)


def move_head(tx: Transaction, position: int, chain: bytes, *, is_first: bool) -> None:
    """Let the chain end at another entry."""
    if is_first:
        tx.run(INSERT_HEAD, position=position, chain=chain)
    else:
        tx.run(MOVE_HEAD, new_position=position, new_chain=chain)


def insert_sealed(tx: Transaction, rows: list[tuple[Any, ...]], shared: tuple[Any, ...]) -> None:
    """Add entries that have their place in the chain: id, recipient, address, seal; and what all of them say."""
    tx.load(consents, _OWN, rows, shared=dict(zip(_SHARED, shared, strict=True)))


def blank(tx: Transaction, recipient_id: int) -> None:
    """Take out of a person's sealed entries what tells who it was."""
    tx.run(BLANK, of_recipient=recipient_id)


def erased(tx: Transaction) -> set[int]:
    """Return the recipients whose erasure the ledger tells of."""
    return {row.recipient_id for row in tx.all(ERASED)}


def seal(tx: Transaction, seals: Iterable[dict[str, Any]]) -> None:
    """Give entries their places in the chain."""
    tx.run_many(SEAL, seals)


def sealed_after(tx: Transaction, position: int, *, most: int) -> list[Any]:
    """Return the chain's entries after a position."""
    return tx.all(SEALED_AFTER, after=position, most=most)
