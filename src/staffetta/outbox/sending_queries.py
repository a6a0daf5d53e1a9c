"""The SQL of sendings and of the deliveries that are planned for one, many at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Integer, and_, bindparam, insert, literal_column, or_, select, update

from staffetta.db import Instant, Statement, Transaction, json_rows
from staffetta.outbox.model import DeliveryState, SendingState
from staffetta.outbox.tables import deliveries, sendings


class Sending(NamedTuple):
    """One message to many; `starts_at` is when it begins, None as long as nobody has launched it.

    `message_id` is that of a campaign; only one knows when it has begun and ended.
    """

    id: int
    kind: str
    list_id: int
    subject: str
    notes: str
    state: SendingState
    starts_at: datetime | None
    created_at: datetime
    message_id: int | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_SENDING = tuple(sendings.c[name] for name in Sending._fields)
INSERT = Statement(
    insert(sendings).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("id", "kind", "list_id", "subject", "notes", "state", "created_at")},
    )
)
BY_ID = Statement(
    select(*_SENDING)
    .where(sendings.c.account_id == _ACCOUNT, sendings.c.id == bindparam("of_id", type_=Integer()))
    .with_for_update(),
    row_type=Sending,
)
_OF_ACCOUNT = select(*_SENDING).where(sendings.c.account_id == _ACCOUNT).order_by(sendings.c.id.desc())
_NOW = bindparam("now", type_=Instant())
UNDEFINED = Statement(
    _OF_ACCOUNT.where(
        or_(sendings.c.state == SendingState.UNDEFINED, sendings.c.state == SendingState.STOPPED),
        sendings.c.ended_at.is_(None),
    ),
    row_type=Sending,
)
DEFERRED = Statement(
    _OF_ACCOUNT.where(sendings.c.state == SendingState.DEFERRED, sendings.c.starts_at > _NOW), row_type=Sending
)
RUNNING = Statement(
    _OF_ACCOUNT.where(
        sendings.c.starts_at <= _NOW,
        # What was launched before this has come to an end, and need not be looked through for what waits.
        sendings.c.starts_at > bindparam("since", type_=Instant()),
        or_(sendings.c.state == SendingState.IMMEDIATE, sendings.c.state == SendingState.DEFERRED),
        or_(
            and_(sendings.c.message_id.is_not(None), sendings.c.ended_at.is_(None)),
            select(deliveries.c.id)
            .where(
                deliveries.c.account_id == sendings.c.account_id,
                deliveries.c.sending_id == sendings.c.id,
                deliveries.c.state <= literal_column(str(int(DeliveryState.TALKING))),
            )
            .exists(),
        ),
    ),
    row_type=Sending,
)
GONE = Statement(
    select(sendings.c.id).where(
        sendings.c.account_id == _ACCOUNT,
        sendings.c.id == bindparam("of_id", type_=Integer()),
        sendings.c.state != SendingState.UNDEFINED,
        sendings.c.state != SendingState.STOPPED,
        ~select(deliveries.c.id)
        .where(
            deliveries.c.account_id == sendings.c.account_id,
            deliveries.c.sending_id == sendings.c.id,
            deliveries.c.state <= literal_column(str(int(DeliveryState.TALKING))),
        )
        .exists(),
    )
)
LAUNCH = Statement(
    update(sendings)
    .where(sendings.c.account_id == _ACCOUNT, sendings.c.id == bindparam("of_id", type_=Integer()))
    .values(state=bindparam("new_state"), starts_at=bindparam("new_starts_at"))
)
SET_STATE = Statement(
    update(sendings)
    .where(sendings.c.account_id == _ACCOUNT, sendings.c.id == bindparam("of_id", type_=Integer()))
    .values(state=bindparam("new_state", type_=sendings.c.state.type))
)
_WAITING = or_(
    *(
        deliveries.c.state == literal_column(str(int(each)))
        for each in (DeliveryState.PLANNED, DeliveryState.DEFERRED, DeliveryState.HELD)
    )
)
# What waits, whether it is held or not.
SET_WAITING = Statement(
    update(deliveries)
    .where(
        deliveries.c.account_id == _ACCOUNT,
        deliveries.c.sending_id == bindparam("of_sending", type_=Integer()),
        _WAITING,
    )
    .values(
        state=bindparam("new_state", type_=deliveries.c.state.type),
        changed_at=bindparam("new_changed_at", type_=deliveries.c.changed_at.type),
    )
)
# What is held, and what is not due yet.
RELEASE = Statement(
    update(deliveries)
    .where(
        deliveries.c.account_id == _ACCOUNT,
        deliveries.c.sending_id == bindparam("of_sending", type_=Integer()),
        or_(
            deliveries.c.state == literal_column(str(int(DeliveryState.HELD))),
            deliveries.c.state == literal_column(str(int(DeliveryState.PLANNED))),
        ),
    )
    .values(state=DeliveryState.PLANNED, due_at=bindparam("new_due_at"), changed_at=bindparam("new_changed_at"))
)
PLANNED_AMONG = Statement(
    select(deliveries.c.recipient_id).where(
        deliveries.c.account_id == _ACCOUNT,
        deliveries.c.recipient_id.in_(select(json_rows("people", recipient_id=Integer).c.recipient_id)),
        deliveries.c.sending_id == bindparam("of_sending", type_=Integer()),
    )
)
DELIVERY_COLUMNS = (
    "id",
    "kind",
    "address",
    "list_id",
    "recipient_id",
    "sending_id",
    "details",
    "message_id",
    "state",
    "due_at",
    "attempts",
    "reply",
    "created_at",
    "changed_at",
)


def insert_sending(tx: Transaction, sending: Sending) -> None:
    """Add a sending that was not launched."""
    values = sending._asdict()
    for name in ("starts_at", "message_id", "begun_at", "ended_at"):
        del values[name]
    tx.run(INSERT, **values)


def find_sending(tx: Transaction, sending_id: int) -> Sending | None:
    """Return a sending, locked for this transaction."""
    found: Sending | None = tx.first(BY_ID, of_id=sending_id)
    return found


def undefined(tx: Transaction) -> list[Sending]:
    """Return the sendings that nobody has launched, and those that were stopped, newest first."""
    return tx.all(UNDEFINED)


def deferred(tx: Transaction, *, now: datetime) -> list[Sending]:
    """Return the sendings whose time is to come, newest first."""
    return tx.all(DEFERRED, now=now)


def running(tx: Transaction, *, since: datetime, now: datetime) -> list[Sending]:
    """Return the sendings launched after `since` that have mail left to send, newest first."""
    return tx.all(RUNNING, since=since, now=now)


def has_gone(tx: Transaction, sending_id: int) -> bool:
    """Tell whether a sending was launched and has no mail left."""
    return tx.first(GONE, of_id=sending_id) is not None


def launch(tx: Transaction, sending_id: int, *, state: SendingState, starts_at: datetime) -> None:
    """Set when a sending begins."""
    tx.run(LAUNCH, of_id=sending_id, new_state=state, new_starts_at=starts_at)


def release(tx: Transaction, sending_id: int, *, due_at: datetime, now: datetime) -> None:
    """Let the deliveries that a sending holds go, and those that wait for another time."""
    tx.run(RELEASE, of_sending=sending_id, new_due_at=due_at, new_changed_at=now)


def set_state(tx: Transaction, sending_id: int, state: SendingState, *, waiting: DeliveryState, now: datetime) -> None:
    """Set the state of a sending, and that of its deliveries that wait."""
    tx.run(SET_STATE, of_id=sending_id, new_state=state)
    tx.run(SET_WAITING, of_sending=sending_id, new_state=waiting, new_changed_at=now)


def planned_among(tx: Transaction, sending_id: int, recipient_ids: Iterable[int]) -> set[int]:
    """Return who of many has a delivery of a sending."""
    people = [(recipient_id,) for recipient_id in recipient_ids]
    return {row.recipient_id for row in tx.all(PLANNED_AMONG, of_sending=sending_id, people=people)}


def insert_deliveries(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add deliveries; values in the order of DELIVERY_COLUMNS, as the database keeps them."""
    tx.load(deliveries, DELIVERY_COLUMNS, rows)
