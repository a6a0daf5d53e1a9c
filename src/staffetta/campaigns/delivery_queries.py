"""The SQL of campaign deliveries: rows are added when they are claimed, and most are changed once, all at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same

from staffetta.campaigns.sendings import CampaignSending
from staffetta.campaigns.tables import campaign_deliveries, message_counters
from staffetta.db import Connection, LongInteger, Statement, Transaction, json_rows, json_values
from staffetta.db.types import to_microseconds
from staffetta.outbox import DeliveryState, SendingState
from staffetta.outbox.tables import sender_leases, sendings
from staffetta.recipients import Channel, Status
from staffetta.recipients.tables import recipients, subscriptions


class Place(NamedTuple):
    """Where a sending is that has not ended."""

    state: SendingState
    begun_at: datetime | None
    reached_id: int
    last_id: int
    has_earlier: bool
    has_others: bool


class Doubtful(NamedTuple):
    """Whose mail is in doubt, since when and why; `email` is None of somebody who was erased."""

    recipient_id: int
    email: str | None
    since: datetime
    reply: str


class Tally(NamedTuple):
    """What came of some deliveries of a sending."""

    sent: int = 0
    failed: int = 0
    left_out: int = 0
    octets: int = 0


_ACCOUNT: BindParameter[int] = bindparam("account_id")
_DELIVERY = campaign_deliveries.c
_OF_MESSAGE = bindparam("of_message", type_=Integer())
_OF_SENDING = bindparam("of_sending", type_=Integer())
_NOW = bindparam("now", type_=_DELIVERY.due_at.type)
_CHANGED_AT = bindparam("new_changed_at", type_=LongInteger)


def _in_state(state: DeliveryState) -> Any:
    return _DELIVERY.state == literal_column(str(int(state)))


_OF_THIS = and_(
    _DELIVERY.account_id == _ACCOUNT, _DELIVERY.message_id == _OF_MESSAGE, _DELIVERY.sending_id == _OF_SENDING
)
# The plus sign lets SQLite walk a partial index, of the few that are in talk or wait, and not all rows of the message.
_OF_THIS_AMONG_FEW = and_(
    literal_column("+campaign_deliveries.account_id") == _ACCOUNT,
    _DELIVERY.message_id == _OF_MESSAGE,
    _DELIVERY.sending_id == _OF_SENDING,
)
# What others have taken for dead meanwhile is in doubt no more, once its outcome is known.
_MINE = and_(
    _DELIVERY.lease == bindparam("of_lease", type_=LongInteger),
    or_(_in_state(DeliveryState.TALKING), _in_state(DeliveryState.IN_DOUBT)),
)
RUNS = (SendingState.IMMEDIATE, SendingState.DEFERRED)
COLUMNS = (
    "message_id",
    "recipient_id",
    "sending_id",
    "state",
    "attempts",
    "due_at",
    "first_tried_at",
    "changed_at",
    "lease",
    "reply",
)
RECORD_SENT = Statement(
    update(campaign_deliveries)
    .where(
        _OF_THIS,
        _DELIVERY.recipient_id >= bindparam("first", type_=Integer()),
        _DELIVERY.recipient_id <= bindparam("last", type_=Integer()),
        _MINE,
    )
    .values(
        state=literal_column(str(int(DeliveryState.SENT))),
        changed_at=_CHANGED_AT,
        reply=bindparam("new_reply", type_=Text()),
    )
)
RECORD = Statement(
    update(campaign_deliveries)
    .where(_OF_THIS, _DELIVERY.recipient_id == bindparam("of_recipient", type_=Integer()), _MINE)
    .values(
        state=bindparam("new_state", type_=Integer()),
        due_at=bindparam("new_due_at", type_=LongInteger),
        attempts=bindparam("new_attempts", type_=Integer()),
        changed_at=_CHANGED_AT,
        reply=bindparam("new_reply", type_=Text()),
    )
)
_blocked = json_values("blocked", Integer)
_longest_due = (
    select(_DELIVERY.account_id, _DELIVERY.message_id, _DELIVERY.sending_id)
    .where(
        _in_state(DeliveryState.DEFERRED),
        _DELIVERY.due_at <= _NOW,
        _DELIVERY.account_id.not_in(select(_blocked.c.value)),
    )
    .order_by(_DELIVERY.due_at)
    .limit(literal_column("1000"))
    .subquery()
)
DUE_SENDINGS = Statement(select(_longest_due).distinct())
DUE = Statement(
    select(_DELIVERY.recipient_id, _DELIVERY.attempts, _DELIVERY.first_tried_at)
    .where(_in_state(DeliveryState.DEFERRED), _DELIVERY.due_at <= _NOW, _OF_THIS_AMONG_FEW)
    .order_by(_DELIVERY.due_at)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True)
)
RECLAIM = Statement(
    update(campaign_deliveries)
    .where(_OF_THIS, _DELIVERY.recipient_id == bindparam("of_recipient", type_=Integer()))
    .values(
        state=literal_column(str(int(DeliveryState.TALKING))),
        lease=bindparam("new_lease", type_=LongInteger),
        attempts=_DELIVERY.attempts + literal_column("1"),
        # What was put off before anybody was asked is tried for the first time now.
        first_tried_at=case((_DELIVERY.attempts == literal_column("0"), _CHANGED_AT), else_=_DELIVERY.first_tried_at),
        changed_at=_CHANGED_AT,
    )
)
LEASE_STANDS = Statement(
    select(sender_leases.c.number).where(sender_leases.c.number == bindparam("of_lease", type_=LongInteger))
)
NEXT_DUE = Statement(
    select(_DELIVERY.due_at)
    .where(_in_state(DeliveryState.DEFERRED))
    .order_by(_DELIVERY.due_at)
    .limit(literal_column("1"))
)
_SENDING = and_(sendings.c.account_id == _ACCOUNT, sendings.c.id == _OF_SENDING)
_earlier = sendings.alias("earlier")
# What changes while a sending is on its way, and whether the message has gone to anybody by another.
PLACE = Statement(
    select(
        sendings.c.state,
        sendings.c.begun_at,
        sendings.c.reached_id,
        sendings.c.last_id,
        exists()
        .where(
            _earlier.c.account_id == _ACCOUNT,
            _earlier.c.message_id == _OF_MESSAGE,
            _earlier.c.id != _OF_SENDING,
            _earlier.c.claimed > literal_column("0"),
        )
        .label("has_earlier"),
        exists()
        .where(
            _earlier.c.account_id == _ACCOUNT,
            _earlier.c.message_id == _OF_MESSAGE,
            _earlier.c.id != _OF_SENDING,
            _earlier.c.begun_at.is_not(None),
        )
        .label("has_others"),
    )
    .where(_SENDING, sendings.c.ended_at.is_(None))
    .with_for_update(of=sendings),
    row_type=Place,
)
_TALLIED = {name: sendings.c[name] + bindparam(f"more_{name}", type_=sendings.c[name].type) for name in Tally._fields}
ADVANCE = Statement(
    update(sendings)
    .where(_SENDING)
    .values(
        reached_id=bindparam("new_reached_id", type_=Integer()),
        claimed=sendings.c.claimed + bindparam("more_claimed", type_=Integer()),
        **_TALLIED,
    )
)
TALLY = Statement(
    update(sendings)
    .where(_SENDING)
    .values(**_TALLIED)
    .returning(sendings.c.reached_id, sendings.c.last_id, sendings.c.state)
)
UNSETTLED = tuple(
    Statement(select(_DELIVERY.recipient_id).where(_in_state(state), _OF_THIS_AMONG_FEW).limit(literal_column("1")))
    for state in (DeliveryState.TALKING, DeliveryState.DEFERRED)
)
_COUNTERS = tuple(column.name for column in message_counters.columns if column.name not in ("account_id", "message_id"))
BEGIN_COUNTING = Statement(
    insert(message_counters)
    .values(account_id=_ACCOUNT, message_id=bindparam("message_id", type_=Integer()), **dict.fromkeys(_COUNTERS, 0))
    .on_conflict_do_nothing()
)
LOCK_COUNTERS = Statement(
    select(message_counters.c.recipients)
    .where(message_counters.c.account_id == _ACCOUNT, message_counters.c.message_id == _OF_MESSAGE)
    .with_for_update()
)
COUNT_RECIPIENTS = Statement(
    update(message_counters)
    .where(message_counters.c.account_id == _ACCOUNT, message_counters.c.message_id == _OF_MESSAGE)
    .values(recipients=message_counters.c.recipients + bindparam("more", type_=Integer()))
)
_NOW_AS_KEPT = bindparam("instant", type_=LongInteger)
ADD_SUBSCRIBED = Statement(
    insert(campaign_deliveries)
    .from_select(
        ("account_id", *COLUMNS),
        select(
            subscriptions.c.account_id,
            cast(_OF_MESSAGE, Integer),
            subscriptions.c.recipient_id,
            cast(_OF_SENDING, Integer),
            literal_column(str(int(DeliveryState.TALKING))),
            literal_column("1"),
            cast(_NOW_AS_KEPT, LongInteger),
            cast(_NOW_AS_KEPT, LongInteger),
            cast(_NOW_AS_KEPT, LongInteger),
            cast(bindparam("of_lease", type_=LongInteger), LongInteger),
            literal_column("''"),
        )
        .where(
            subscriptions.c.account_id == _ACCOUNT,
            subscriptions.c.list_id == bindparam("of_list", type_=Integer()),
            subscriptions.c.channel == literal_column(str(int(Channel.EMAIL))),
            subscriptions.c.status == literal_column(str(int(Status.SUBSCRIBED))),
            subscriptions.c.recipient_id > bindparam("after", type_=Integer()),
            subscriptions.c.recipient_id <= bindparam("up_to", type_=Integer()),
        )
        # Somebody may have joined in between since they were read.
        .order_by(subscriptions.c.recipient_id)
        .limit(bindparam("most", type_=Integer())),
    )
    .returning(campaign_deliveries.c.recipient_id)
)
_sought = json_rows("sought", recipient_id=Integer)
REACHED_BEFORE = Statement(
    select(_DELIVERY.recipient_id)
    .where(
        _DELIVERY.account_id == _ACCOUNT,
        _DELIVERY.message_id == _OF_MESSAGE,
        _DELIVERY.recipient_id.in_(select(_sought.c.recipient_id)),
    )
    .distinct()
)
ORPHANS = Statement(
    select(_DELIVERY.account_id, _DELIVERY.message_id, _DELIVERY.sending_id)
    .where(_in_state(DeliveryState.TALKING), _DELIVERY.lease.not_in(select(sender_leases.c.number)))
    .distinct()
    # Several processes find them at once, and lock one sending after the other.
    .order_by(_DELIVERY.account_id, _DELIVERY.message_id, _DELIVERY.sending_id)
)
MOVE_ORPHANS = Statement(
    update(campaign_deliveries)
    .where(
        _in_state(DeliveryState.TALKING),
        _DELIVERY.lease.not_in(select(sender_leases.c.number)),
        _OF_THIS_AMONG_FEW,
    )
    .values(
        state=bindparam("new_state", type_=Integer()),
        due_at=_NOW,
        changed_at=_NOW,
        reply="the process ended before the relay's answer was read",
    )
)
DOUBTFUL = Statement(
    select(_DELIVERY.recipient_id, recipients.c.email, _DELIVERY.changed_at, _DELIVERY.reply)
    .select_from(
        campaign_deliveries.outerjoin(
            recipients,
            and_(recipients.c.account_id == _DELIVERY.account_id, recipients.c.id == _DELIVERY.recipient_id),
        )
    )
    .where(_in_state(DeliveryState.IN_DOUBT), _OF_THIS)
    .order_by(_DELIVERY.recipient_id)
    .limit(bindparam("most", type_=Integer())),
    row_type=Doubtful,
)
FORGET_REPLIES = Statement(
    update(campaign_deliveries)
    .where(
        _DELIVERY.account_id == _ACCOUNT,
        _DELIVERY.recipient_id == bindparam("of_recipient", type_=Integer()),
        _DELIVERY.reply != literal_column("''"),
    )
    .values(reply="")
)
_MOVED = {"state": bindparam("new_state", type_=Integer()), "due_at": _NOW, "changed_at": _NOW}
# By the state that they are in, each in the way that finds few rows fast.
MOVES = {
    state: Statement(update(campaign_deliveries).where(_in_state(state), which).values(_MOVED))
    for state, which in (
        (DeliveryState.DEFERRED, _OF_THIS_AMONG_FEW),
        (DeliveryState.IN_DOUBT, _OF_THIS),
        (DeliveryState.HELD, _OF_THIS),
    )
}


def add(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add deliveries; values in the order of COLUMNS, as the database keeps them."""
    tx.load(campaign_deliveries, COLUMNS, rows)


def add_subscribed(
    tx: Transaction, sending: CampaignSending, *, up_to: int, most: int, lease: int, now: datetime
) -> list[int]:
    """Add deliveries, in talk, to the next on the sending's list beyond the id that it has reached; return to whom."""
    rows = tx.all(
        ADD_SUBSCRIBED,
        of_message=sending.message_id,
        of_sending=sending.id,
        of_list=sending.list_id,
        after=sending.reached_id,
        up_to=up_to,
        most=most,
        of_lease=lease,
        instant=to_microseconds(now),
    )
    return sorted(row.recipient_id for row in rows)


def lease_stands(connection: Connection, lease: int) -> bool:
    """Tell whether a sender still has its lease: one that was paused for too long claims nothing by it."""
    return connection.first(LEASE_STANDS, of_lease=lease) is not None


def record_sent(
    tx: Transaction, message_id: int, sending_id: int, first: int, last: int, *, lease: int, reply: str, now: datetime
) -> int:
    """Record that all that is still in talk between two ids was sent; return how many that were."""
    return tx.changed(
        RECORD_SENT,
        of_message=message_id,
        of_sending=sending_id,
        first=first,
        last=last,
        of_lease=lease,
        new_reply=reply,
        new_changed_at=to_microseconds(now),
    )


def record(tx: Transaction, rows: Iterable[dict[str, Any]]) -> None:
    """Record what became of single deliveries."""
    tx.run_many(RECORD, rows)


def due_sendings(connection: Connection, *, blocked: Iterable[int], now: datetime) -> list[Any]:
    """Return account, message and sending of what waits longest to be tried again, but for some accounts."""
    return connection.all(DUE_SENDINGS, blocked=list(blocked), now=now)


def due(tx: Transaction, message_id: int, sending_id: int, *, most: int, now: datetime) -> list[Any]:
    """Return who of a sending is to be tried again, with how often it was and since when."""
    return tx.all(DUE, of_message=message_id, of_sending=sending_id, most=most, now=now)


def reclaim(
    tx: Transaction, message_id: int, sending_id: int, ids: Iterable[int], *, lease: int, now: datetime
) -> None:
    """Say that deliveries are in talk again."""
    changed_at = to_microseconds(now)
    tx.run_many(
        RECLAIM,
        [
            {
                "of_message": message_id,
                "of_sending": sending_id,
                "of_recipient": each,
                "new_lease": lease,
                "new_changed_at": changed_at,
            }
            for each in ids
        ],
    )


def next_due_at(connection: Connection) -> datetime | None:
    """Return when something is to be tried again."""
    row = connection.first(NEXT_DUE)
    return None if row is None else row.due_at


def place(tx: Transaction, message_id: int, sending_id: int) -> Place | None:
    """Return where a sending is, locked for this transaction; None when it has ended."""
    found: Place | None = tx.first(PLACE, of_message=message_id, of_sending=sending_id)
    return found


def advance(tx: Transaction, sending_id: int, reached_id: int, *, claimed: int, counted: Tally) -> None:
    """Say how far a sending has come, and count what came of it before."""
    more = {f"more_{name}": value for name, value in zip(Tally._fields, counted, strict=True)}
    tx.run(ADVANCE, of_sending=sending_id, new_reached_id=reached_id, more_claimed=claimed, **more)


def tally(tx: Transaction, sending_id: int, counted: Tally) -> bool:
    """Count what came of a sending; return whether it runs and has been claimed to its end."""
    more = {f"more_{name}": value for name, value in zip(Tally._fields, counted, strict=True)}
    row = tx.first(TALLY, of_sending=sending_id, **more)
    return row is not None and row.reached_id >= row.last_id and row.state in RUNS


def is_settled(tx: Transaction, message_id: int, sending_id: int) -> bool:
    """Tell whether nothing of a sending is in talk, or waits."""
    return all(tx.first(each, of_message=message_id, of_sending=sending_id) is None for each in UNSETTLED)


def begin_counting(tx: Transaction, message_id: int) -> None:
    """Make the counters of a message, unless it has them."""
    tx.run(BEGIN_COUNTING, message_id=message_id)


def lock_counters(tx: Transaction, message_id: int) -> None:
    """Let nobody else count people of a message until this transaction ends."""
    tx.first(LOCK_COUNTERS, of_message=message_id)


def count_recipients(tx: Transaction, message_id: int, more: int) -> None:
    """Count people who get a message for the first time."""
    tx.run(COUNT_RECIPIENTS, of_message=message_id, more=more)


def reached_before(tx: Transaction, message_id: int, ids: Iterable[int]) -> int:
    """Return how many of some people have a delivery of a message."""
    return len(tx.all(REACHED_BEFORE, of_message=message_id, sought=[(each,) for each in ids]))


def orphans(connection: Connection) -> list[Any]:
    """Return account, message and sending of what dead senders left in talk."""
    return connection.all(ORPHANS)


def move_orphans(tx: Transaction, message_id: int, sending_id: int, *, to: DeliveryState, now: datetime) -> int:
    """Move what dead senders left in talk of a sending; return how many."""
    return tx.changed(MOVE_ORPHANS, of_message=message_id, of_sending=sending_id, new_state=int(to), now=now)


def in_doubt(tx: Transaction, sending: CampaignSending, *, most: int) -> list[Doubtful]:
    """Return whose mail of a sending is in doubt."""
    return tx.all(DOUBTFUL, of_message=sending.message_id, of_sending=sending.id, most=most)


def forget_replies(tx: Transaction, recipient_id: int) -> None:
    """Forget what mail servers said of a person's address."""
    tx.run(FORGET_REPLIES, of_recipient=recipient_id)


def move(
    tx: Transaction, message_id: int, sending_id: int, *, of: DeliveryState, to: DeliveryState, now: datetime
) -> int:
    """Move all of a sending from one state to another; return how many."""
    return tx.changed(MOVES[of], of_message=message_id, of_sending=sending_id, new_state=int(to), now=now)
