"""What people and programs do with their mail, recorded: the one place that writes it down and counts it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from staffetta.campaigns import recording_queries as queries
from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.recording_queries import Doing, Entry, Following
from staffetta.db import Connection, Transaction, brief, to_microseconds

# What a mail server or a program says of itself, as much as a person reads.
LONGEST_REASON = 500

# The column that counts the people of whom something has happened.
PEOPLE = {
    EventKind.VIEW: "viewers",
    EventKind.CLICK: "clickers",
    EventKind.HARD_BOUNCE: "hard_bounces",
    EventKind.SOFT_BOUNCE: "soft_bounces",
    EventKind.UNSUBSCRIPTION: "unsubscriptions",
    EventKind.COMPLAINT: "complaints",
}
# What is counted as often as it happens: under these names by people, and with `machine_` before them by programs, with
# `untracked_` by people who are not to be followed.
TIMES = {EventKind.VIEW: "views", EventKind.CLICK: "clicks"}


class Happening(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that a person or a program did with a message.

    Attributes:
        recipient_id: whose mail it was; 0 for somebody who is not to be followed.
        link_id: the number of the link that was followed, 0 if it is no click.
        reason: why `actor` is taken for a person or a program, or what a bounce or a complaint said.
        ip: where it came from, "" if that is not known.

    """

    account_id: int
    message_id: int
    sending_id: int
    recipient_id: int
    kind: EventKind
    link_id: int = 0
    actor: Actor = Actor.PERSON
    reason: str = ""
    ip: str = ""
    happened_at: datetime


@brief
def record_events(connection: Connection, events: Sequence[Happening], *, now: datetime) -> None:  # noqa: ARG001 - what is kept for a time only will need it
    """Write down what has happened, of any accounts and messages, and count it; up to some hundred events at once.

    Each event moves the figures of its message; who records one twice counts it twice. People are counted exactly, also
    by several processes at once. Views and clicks of

    - people: go into their time line, make or add to their engagement, and count as theirs. Who follows a link has seen
      the message: where no view is known of them they get one, of the same moment;
    - programs: go into the time line of whose mail it was, and count as programs';
    - people who are not to be followed: only count, and as such.

    What concerns messages or people that are gone is dropped, silently. Bounces, unsubscriptions and complaints are
    written down of everybody.
    """
    for account_id, its_events in groupby(sorted(events, key=_ACCOUNT), key=_ACCOUNT):
        _record(connection.for_account(account_id), list(its_events))


_ACCOUNT = attrgetter("account_id")


def _record(tx: Transaction, events: Sequence[Happening]) -> None:
    people = {each.recipient_id for each in events if each.recipient_id}
    followed = queries.there(tx, people) if people else {}
    messages = queries.existing_messages(tx, {each.message_id for each in events})
    batch = _Batch()
    entries: list[Entry] = []
    for each in events:
        recipient_id = each.recipient_id
        if each.message_id in messages and (not recipient_id or recipient_id in followed):
            at = to_microseconds(each.happened_at)
            if batch.add(each, at, followed=followed.get(recipient_id, False)):
                entries.append(_entry(each, tx.pooled_id("event"), at))
    queries.add_entries(tx, entries)
    batch.save(tx)


class _Batch:
    """What a batch of events of one account comes to."""

    def __init__(self) -> None:
        # By (message, kind, recipient): how often, first and last, and what was said.
        self._engaged: dict[tuple[int, int, int], tuple[int, int, int, str]] = {}
        # By (message, link, recipient): how often, first and last.
        self._clicked: dict[tuple[int, int, int], tuple[int, int, int]] = {}
        # By message.
        self._counts: defaultdict[int, Counter[str]] = defaultdict(Counter)

    def add(self, event: Happening, at: int, *, followed: bool) -> bool:
        """Count an event; return whether it belongs into a time line."""
        times = TIMES.get(event.kind)
        is_program = event.actor == Actor.MACHINE
        if times:
            name = f"machine_{times}" if is_program else times if followed else f"untracked_{times}"
            self._counts[event.message_id][name] += 1
        is_kept = bool(event.recipient_id) and (followed or not times)
        if is_kept and not (times and is_program):
            self._engage(event, at)
        return is_kept

    def _engage(self, event: Happening, at: int) -> None:
        whose = (event.message_id, int(event.kind), event.recipient_id)
        said = "" if event.kind in TIMES else event.reason[:LONGEST_REASON]
        times, first_at, last_at, before = self._engaged.get(whose, (0, at, at, ""))
        self._engaged[whose] = (times + 1, min(first_at, at), max(last_at, at), said or before)
        if event.link_id:
            link = (event.message_id, event.link_id, event.recipient_id)
            times, first_at, last_at = self._clicked.get(link, (0, at, at))
            self._clicked[link] = (times + 1, min(first_at, at), max(last_at, at))

    def save(self, tx: Transaction) -> None:
        """Write who did what, and count it."""
        for key, people in _gathered(self._engaged):
            self._save_engaged(tx, Doing(*key), people)
        self._save_clicked(tx)
        queries.add_to_counters(tx, self._counts)

    def _save_engaged(self, tx: Transaction, doing: Doing, people: Sequence[int]) -> None:
        counts = self._counts[doing.message_id]
        new = queries.engage(tx, doing, people)
        counts[PEOPLE[EventKind(doing.kind)]] += len(new)
        if doing.kind == EventKind.CLICK and new:
            # Whoever has followed a link before has a view.
            seeing = doing._replace(kind=int(EventKind.VIEW), times=1, last_at=doing.first_at)
            seen = queries.engage_first(tx, seeing, new)
            counts["views"] += seen
            counts["viewers"] += seen

    def _save_clicked(self, tx: Transaction) -> None:
        changes: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        for key, people in _gathered(self._clicked):
            following = Following(*key)
            change = changes[following.message_id, following.link_id]
            change[0] += following.times * len(people)
            change[1] += queries.click(tx, following, people)
        queries.add_to_links(tx, changes)


def _gathered(rows: Mapping[tuple[int, int, int], tuple[Any, ...]]) -> list[tuple[Any, list[int]]]:
    """Return the people who did the same in the same time, by what they did; views come before clicks."""
    together: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for key, value in rows.items():
        together[key[:2] + value].append(key[2])
    return sorted(together.items())


def _entry(event: Happening, number: int, at: int) -> Entry:
    return Entry(
        event.recipient_id,
        number,
        int(event.kind),
        event.message_id,
        event.sending_id,
        event.link_id,
        int(event.actor),
        event.reason[:LONGEST_REASON],
        event.ip,
        at,
    )
