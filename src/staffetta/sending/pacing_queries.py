"""What senders tell each other of their pace, and operators read: domains that are spared, and what relays got when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Text, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert  # what to do on a conflict is spelt the same by both

from staffetta.db import Connection, LongInteger, Statement, json_rows
from staffetta.outbox import count_senders
from staffetta.sending.pacing import Known, News
from staffetta.sending.slowing import SlowDomain
from staffetta.sending.tables import relay_days, slow_domains
from staffetta.sending.warming import day_of

# What is over stays readable for a day.
KEPT = timedelta(days=1)
# More domains than this are spared nowhere; it bounds what every sender reads every few seconds.
MOST_SLOW = 10_000

_SLOW = slow_domains.c
_new_slow = insert(slow_domains).values(**{each.name: bindparam(each.name) for each in slow_domains.columns})
# Two senders that heard the same keep the later word.
SPARE = Statement(
    _new_slow.on_conflict_do_update(
        index_elements=("relay", "domain"),
        set_={name: _new_slow.excluded[name] for name in ("rate", "reply", "since", "until")},
        where=_new_slow.excluded.until > _SLOW.until,
    )
)
FORGET = Statement(delete(slow_domains).where(_SLOW.until < bindparam("before", type_=_SLOW.until.type)))
SPARED = Statement(
    select(slow_domains).order_by(_SLOW.until.desc(), _SLOW.relay, _SLOW.domain).limit(MOST_SLOW), row_type=SlowDomain
)
RELEASE = Statement(delete(slow_domains).where(_SLOW.domain == bindparam("of_domain")))
_more = insert(relay_days).values(
    relay=bindparam("relay"), day=bindparam("day"), messages=bindparam("more", type_=LongInteger)
)
ADD_TO_DAY = Statement(
    _more.on_conflict_do_update(
        index_elements=("relay", "day"), set_={"messages": relay_days.c.messages + _more.excluded.messages}
    )
)
_relays = json_rows("relays", relay=Text)
DAYS = Statement(
    select(relay_days.c.relay, relay_days.c.day, relay_days.c.messages)
    .join(_relays, relay_days.c.relay == _relays.c.relay)
    .order_by(relay_days.c.relay, relay_days.c.day)
)


def share_pace(connection: Connection, news: News | None, warming: Sequence[str], *, now: datetime) -> Known:
    """Tell what a sender has found out, and return what all of them know."""
    if news:
        tell(connection, news, now=now)
    return read_pace(connection, warming, now=now)


def tell(connection: Connection, news: News, *, now: datetime) -> None:
    """Keep what a sender has found out; also within the transaction of a batch."""
    for relay, count in news.sent:
        add_to_day(connection, relay, count, now=now)
    if news.slow:
        connection.run(FORGET, before=now - KEPT)
        connection.run_many(SPARE, [slow._asdict() for slow in news.slow])


def add_to_day(connection: Connection, relay: str, count: int, *, now: datetime) -> None:
    """Count what a relay was handed today; a negative number takes back."""
    connection.run(ADD_TO_DAY, relay=relay, day=day_of(now), more=count)


def read_pace(connection: Connection, warming: Sequence[str], *, now: datetime) -> Known:
    """Return how many senders are alive, who is spared, and what the relays that warm up got."""
    days = connection.all(DAYS, relays=[[name] for name in warming]) if warming else []
    return Known(
        senders=count_senders(connection, now=now),
        slow=tuple(connection.all(SPARED)),
        days=tuple((row.relay, row.day, row.messages) for row in days),
    )


def release(connection: Connection, domain: str) -> int:
    """Spare a domain no more, whichever relay asked for it; return how many relays did.

    Senders that are running heed it within seconds.
    """
    return connection.changed(RELEASE, of_domain=domain)
