"""The SQL of bounces: whom a message came back from, what is recorded of it, and what speaks for an address."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Integer, bindparam, delete, func, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import insert

from staffetta.campaigns.events import EventKind
from staffetta.campaigns.tables import campaign_deliveries, engagements, events, soft_bounces
from staffetta.db import Instant, LongInteger, Statement, Transaction, json_rows, json_values, to_microseconds
from staffetta.outbox import DeliveryState
from staffetta.outbox.tables import sendings
from staffetta.recipients.tables import recipients

RETURNS = (EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE, EventKind.COMPLAINT)
SIGNS_OF_LIFE = (EventKind.VIEW, EventKind.CLICK)


class Sent(NamedTuple):
    """Which message a sending sends, and to whose list."""

    message_id: int
    list_id: int


class SoftBounces(NamedTuple):
    """How often an address has refused in a row."""

    recipient_id: int
    times: int
    first_at: datetime
    last_at: datetime


class CameBack(NamedTuple):
    """What came back from somebody before."""

    recipient_id: int
    sending_id: int
    kind: EventKind


_ACCOUNT: BindParameter[int] = bindparam("account_id")
# Not joined: SQLite would walk through everybody of the account, and look each up among these.
_PEOPLE = select(json_values("people", Integer).c.value)
# Locked, so that of two who record the same report one sees what the other has recorded.
ADDRESSES = Statement(
    select(recipients.c.id, recipients.c.email)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.id.in_(_PEOPLE), recipients.c.email.is_not(None))
    .order_by(recipients.c.id)
    .with_for_update()
)
RECORDED = Statement(
    select(*(events.c[name] for name in CameBack._fields))
    .where(
        events.c.account_id == _ACCOUNT,
        events.c.recipient_id.in_(_PEOPLE),
        or_(*(events.c.kind == each for each in RETURNS)),
    )
    .distinct(),
    row_type=CameBack,
)
SOFT_BOUNCES = Statement(
    select(*(soft_bounces.c[name] for name in SoftBounces._fields)).where(
        soft_bounces.c.account_id == _ACCOUNT, soft_bounces.c.recipient_id.in_(_PEOPLE)
    ),
    row_type=SoftBounces,
)
LAST_SEEN = Statement(
    select(engagements.c.recipient_id, func.max(engagements.c.last_at).label("at"))
    .where(
        engagements.c.account_id == _ACCOUNT,
        engagements.c.recipient_id.in_(_PEOPLE),
        or_(*(engagements.c.kind == each for each in SIGNS_OF_LIFE)),
    )
    .group_by(engagements.c.recipient_id)
)
_BOUNCED = (
    select(events.c.id)
    .where(
        events.c.account_id == campaign_deliveries.c.account_id,
        events.c.recipient_id == campaign_deliveries.c.recipient_id,
        events.c.sending_id == campaign_deliveries.c.sending_id,
        or_(events.c.kind == EventKind.HARD_BOUNCE, events.c.kind == EventKind.SOFT_BOUNCE),
    )
    .exists()
)
# What was accepted and has not come back in all the time that servers try.
LAST_KEPT = Statement(
    select(campaign_deliveries.c.recipient_id, func.max(campaign_deliveries.c.changed_at).label("at"))
    .where(
        campaign_deliveries.c.account_id == _ACCOUNT,
        campaign_deliveries.c.recipient_id.in_(_PEOPLE),
        campaign_deliveries.c.state == DeliveryState.SENT,
        campaign_deliveries.c.changed_at <= bindparam("accepted_by", type_=Instant()),
        ~_BOUNCED,
    )
    .group_by(campaign_deliveries.c.recipient_id)
)
_counted = json_rows("counted", recipient_id=Integer, times=Integer, first_at=LongInteger, last_at=LongInteger)
_add = insert(soft_bounces).from_select(
    ("account_id", *SoftBounces._fields), select(type_coerce(_ACCOUNT, Integer), *_counted.c).where(true())
)
SAVE = Statement(
    _add.on_conflict_do_update(
        index_elements=("account_id", "recipient_id"),
        set_={name: _add.excluded[name] for name in ("times", "first_at", "last_at")},
    )
)
FORGET = Statement(
    delete(soft_bounces).where(soft_bounces.c.account_id == _ACCOUNT, soft_bounces.c.recipient_id.in_(_PEOPLE))
)
SENT = Statement(
    select(sendings.c.message_id, sendings.c.list_id).where(
        sendings.c.account_id == _ACCOUNT, sendings.c.id == bindparam("of_sending", type_=Integer())
    ),
    row_type=Sent,
)


def addresses(tx: Transaction, people: Iterable[int]) -> dict[int, str]:
    """Return the addresses of those people that there are, locked for this transaction."""
    return {row.id: row.email for row in tx.all(ADDRESSES, people=sorted(people))}


def recorded(tx: Transaction, people: Iterable[int]) -> set[CameBack]:
    """Return what has come back from people before."""
    return set(tx.all(RECORDED, people=list(people)))


def soft_bounces_of(tx: Transaction, people: Iterable[int]) -> dict[int, SoftBounces]:
    """Return how often the addresses of people have refused in a row."""
    return {row.recipient_id: row for row in tx.all(SOFT_BOUNCES, people=list(people))}


def last_signs_of_life(tx: Transaction, people: Iterable[int], *, accepted_by: datetime) -> dict[int, datetime]:
    """Return when people last opened or followed something, or got what was accepted by then and did not come back."""
    asked = list(people)
    signs = dict(tx.all(LAST_SEEN, people=asked))
    for recipient_id, at in tx.all(LAST_KEPT, people=asked, accepted_by=accepted_by):
        signs[recipient_id] = max(at, signs.get(recipient_id, at))
    return signs


def save_soft_bounces(tx: Transaction, counted: Sequence[SoftBounces]) -> None:
    """Remember how often addresses have refused in a row."""
    rows = [
        (each.recipient_id, each.times, to_microseconds(each.first_at), to_microseconds(each.last_at))
        for each in sorted(counted)
    ]
    tx.run(SAVE, counted=rows)


def forget_soft_bounces(tx: Transaction, people: Iterable[int]) -> None:
    """Forget how often addresses have refused."""
    tx.run(FORGET, people=sorted(people))


def find_sent(tx: Transaction, sending_id: int) -> Sent | None:
    """Return what a sending sends, None if it is gone or sends no message."""
    found = tx.first(SENT, of_sending=sending_id)
    return found if found and found.message_id else None
