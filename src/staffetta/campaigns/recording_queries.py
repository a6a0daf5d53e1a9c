"""The SQL of what people do with their mail: a handful of statements for a whole batch.

Rows travel as the database keeps them, with numbers for members and instants, and in the order of their keys: two
processes on PostgreSQL that have rows in common then wait for each other, and are not in each other's way.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    Table,
    Text,
    bindparam,
    case,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert  # what to do on a conflict is spelt the same by both

from staffetta.campaigns.tables import engagements, events, link_clicks, message_counters, message_links, messages
from staffetta.db import LongInteger, Statement, Transaction, json_values
from staffetta.recipients.tables import recipients

# Of `message_counters`, what events move; how many get a message is counted by who sends it.
COUNTED = (
    "viewers",
    "clickers",
    "hard_bounces",
    "soft_bounces",
    "unsubscriptions",
    "complaints",
    "views",
    "clicks",
    "machine_views",
    "machine_clicks",
    "untracked_views",
    "untracked_clicks",
)
_NOTHING = dict.fromkeys(COUNTED, 0)


class Doing(NamedTuple):
    """What people did with a message, each of them as often and in the same time."""

    message_id: int
    kind: int
    times: int
    first_at: int
    last_at: int
    detail: str


class Following(NamedTuple):
    """Which link of a message people followed, each of them as often and in the same time."""

    message_id: int
    link_id: int
    times: int
    first_at: int
    last_at: int


class Entry(NamedTuple):
    """A row of a person's time line, without the account."""

    recipient_id: int
    id: int
    kind: int
    message_id: int
    sending_id: int
    link_id: int
    actor: int
    reason: str
    ip: str
    happened_at: int


_ACCOUNT: BindParameter[int] = bindparam("account_id", type_=Integer())
_ids = select(json_values("ids", Integer).c.value)
EXISTING = Statement(select(messages.c.id).where(messages.c.account_id == _ACCOUNT, messages.c.id.in_(_ids)))
# Locked, so that whoever erases a person or forbids to follow them waits, and then deletes what is written here too. In
# the order of their ids, so that of two processes that record the same people one waits for the other: shared locks
# would let both go on, each to the engagement of a person whom the other has written.
THERE = Statement(
    select(recipients.c.id, recipients.c.tracked)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.id.in_(_ids))
    .order_by(recipients.c.id)
    .with_for_update(key_share=True)
)

_people = json_values("people", Integer)


def _inserted(table: Table, given: type[Doing | Following]) -> Insert:
    """Return what makes a row for each of `people`: ids alone are read twice as fast as whole rows."""
    values = {name: bindparam(f"new_{name}", type_=_plain(table.c[name])) for name in given._fields}
    return insert(table).from_select(
        ("account_id", "recipient_id", *values),
        select(_ACCOUNT, _people.c.value, *values.values()).where(true()).order_by(_people.c.value),
    )


def _plain(column: Column[Any]) -> Any:
    """Return the type of what a batch carries for a column: what the database keeps."""
    return Text() if isinstance(column.type, Text) else LongInteger


def _latest(table: Table, more: Insert) -> ColumnElement[int]:
    return case((more.excluded.last_at > table.c.last_at, more.excluded.last_at), else_=table.c.last_at)


_engaged = _inserted(engagements, Doing)
_one_engagement = ("account_id", "message_id", "kind", "recipient_id")
ENGAGE = Statement(
    _engaged.on_conflict_do_update(
        index_elements=_one_engagement,
        set_={
            "times": engagements.c.times + _engaged.excluded.times,
            "last_at": _latest(engagements, _engaged),
            "detail": case(
                (_engaged.excluded.detail != literal_column("''"), _engaged.excluded.detail),
                else_=engagements.c.detail,
            ),
        },
    ).returning(engagements.c.recipient_id, engagements.c.times)
)
ENGAGE_FIRST = Statement(_engaged.on_conflict_do_nothing(index_elements=_one_engagement))
_clicked = _inserted(link_clicks, Following)
CLICK = Statement(
    _clicked.on_conflict_do_update(
        index_elements=("account_id", "message_id", "link_id", "recipient_id"),
        set_={"times": link_clicks.c.times + _clicked.excluded.times, "last_at": _latest(link_clicks, _clicked)},
    ).returning(link_clicks.c.recipient_id, link_clicks.c.times)
)

ADD_TO_LINK = Statement(
    update(message_links)
    .where(
        message_links.c.account_id == _ACCOUNT,
        message_links.c.message_id == bindparam("of_message", type_=Integer()),
        message_links.c.id == bindparam("of_link", type_=Integer()),
    )
    .values(
        clicks=message_links.c.clicks + bindparam("more_clicks", type_=Integer()),
        clickers=message_links.c.clickers + bindparam("more_clickers", type_=Integer()),
    )
)
_first_count = insert(message_counters).values(
    account_id=_ACCOUNT,
    message_id=bindparam("of_message", type_=Integer()),
    recipients=bindparam("nobody", 0, type_=Integer()),
    **{name: bindparam(name, type_=Integer()) for name in COUNTED},
)
ADD_TO_COUNTERS = Statement(
    _first_count.on_conflict_do_update(
        index_elements=("account_id", "message_id"),
        set_={name: message_counters.c[name] + _first_count.excluded[name] for name in COUNTED},
    )
)


def existing_messages(tx: Transaction, ids: Iterable[int]) -> set[int]:
    """Return those of the messages that there are."""
    return {row[0] for row in tx.all(EXISTING, ids=list(ids))}


def there(tx: Transaction, ids: Iterable[int]) -> dict[int, bool]:
    """Return those people who are there, locked for this transaction: may what they open and follow be recorded?"""
    return dict(tx.all(THERE, ids=list(ids)))


def engage(tx: Transaction, doing: Doing, people: Sequence[int]) -> list[int]:
    """Add to what people have done; return those who did it for the first time."""
    rows = tx.all(ENGAGE, people=people, **_given(doing))
    return [recipient_id for recipient_id, times in rows if times == doing.times]


def engage_first(tx: Transaction, doing: Doing, people: Sequence[int]) -> int:
    """Say of people that they did something, unless that is known; return of how many it was not."""
    return tx.changed(ENGAGE_FIRST, people=people, **_given(doing))


def click(tx: Transaction, following: Following, people: Sequence[int]) -> int:
    """Add to which link people have followed; return how many did so for the first time."""
    rows = tx.all(CLICK, people=people, **_given(following))
    return sum(times == following.times for _, times in rows)


def _given(doing: Doing | Following) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in zip(doing._fields, doing, strict=True)}


def add_entries(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Add to the time lines of an account's people."""
    tx.load(events, Entry._fields, entries)


def add_to_links(tx: Transaction, changes: Mapping[tuple[int, int], Sequence[int]]) -> None:
    """Add clicks and clickers to links of (message, link)."""
    rows: list[dict[str, Any]] = [
        {"of_message": message_id, "of_link": link_id, "more_clicks": clicks, "more_clickers": clickers}
        for (message_id, link_id), (clicks, clickers) in sorted(changes.items())
    ]
    tx.run_many(ADD_TO_LINK, rows)


def add_to_counters(tx: Transaction, changes: Mapping[int, Mapping[str, int]]) -> None:
    """Add to the counters of messages; `changes` say by how much each moves."""
    rows: list[dict[str, Any]] = [
        {"of_message": message_id, **_NOTHING, **change} for message_id, change in sorted(changes.items())
    ]
    tx.run_many(ADD_TO_COUNTERS, rows)
