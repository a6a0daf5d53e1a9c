"""Where pages far back in the recipients of a message begin, found without walking up to them.

Of each message that is read so, a process keeps every 4,096th recipient by rising id. A sending claims its recipients
in that order, so that what it adds comes behind the last mark. Nothing is trusted that does not add up: as many
recipients as have come since must be found behind the last mark, else the marks are made anew, in a fifth of a second
for a million.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

from staffetta.campaigns import statistics_queries as queries
from staffetta.campaigns.statistics_queries import NEWEST
from staffetta.db import Transaction

# The most that a page has to pass over.
STEP = 4_096
MOST_KEPT = 256


def locate(tx: Transaction, message_id: int, offset: int, *, counted: int) -> tuple[int, int]:
    """Return where a page of a message's recipients begins, newest first: below which id, and how many to pass over.

    `counted` is how many recipients the message's counter tells of.
    """
    if offset < STEP:
        return NEWEST, offset
    kept = tx.lasting("landmarks of messages", _Kept)
    key = (tx.account_id, message_id)
    found = kept.find(key)
    if found is None or found.counted != counted:
        found = (_grown(tx, message_id, found, counted) if found else None) or _walk(tx, message_id, [], counted)
        kept.put(key, found)
    return found.place(offset)


class _Landmarks(NamedTuple):
    """The marks of a message: each is the last of 4,096 recipients, and `beyond` are behind the last of them."""

    marks: list[int]
    beyond: int
    counted: int

    @property
    def people(self) -> int:
        return len(self.marks) * STEP + self.beyond

    def place(self, offset: int) -> tuple[int, int]:
        rank = self.people - 1 - offset
        block = rank // STEP
        if not 0 <= block < len(self.marks):
            return NEWEST, offset
        return self.marks[block] + 1, (block + 1) * STEP - 1 - rank


def _grown(tx: Transaction, message_id: int, known: _Landmarks, counted: int) -> _Landmarks | None:
    """Return marks with what has come behind the last of them, None if something came before it."""
    now = _walk(tx, message_id, known.marks, counted)
    return now if now.people - known.people == counted - known.counted else None


def _walk(tx: Transaction, message_id: int, known: list[int], counted: int) -> _Landmarks:
    marks = list(known)
    while True:
        last, people = queries.next_recipients(tx, message_id, after=marks[-1] if marks else 0, most=STEP)
        if people < STEP:
            return _Landmarks(marks, people, counted)
        marks.append(last)


class _Kept:
    """The marks of the messages that were read last, those of all accounts in one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: OrderedDict[tuple[int, int], _Landmarks] = OrderedDict()

    def find(self, key: tuple[int, int]) -> _Landmarks | None:
        with self._lock:
            return self._marks.get(key)

    def put(self, key: tuple[int, int], landmarks: _Landmarks) -> None:
        with self._lock:
            self._marks[key] = landmarks
            self._marks.move_to_end(key)
            while len(self._marks) > MOST_KEPT:
                self._marks.popitem(last=False)
