"""Who gets a message: the next people of an audience, by rising id, as things stand when they are asked for.

Everybody must be subscribed to the list, by email, at that moment: who leaves while a sending is on its way gets
nothing, who joins meanwhile gets it if their id is not past yet.
"""

from collections import deque
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from staffetta.campaigns import audience_queries as queries
from staffetta.campaigns.mailing import Addressee
from staffetta.campaigns.sendings import Audience, CampaignSending
from staffetta.db import Transaction
from staffetta.recipients import Channel, Status
from staffetta.recipients import count as count_on_list

# How many of an audience are looked at in one step, where few of them are to be written to.
MOST_LOOKED_AT = 4_096
# How many of a whole list are read at once, and for how long that is good.
MOST_AHEAD = 512
GOOD_FOR = timedelta(seconds=2)


class People(NamedTuple):
    """The next people of an audience.

    Attributes:
        addressees: who is to be written to.
        suppressed: ids of those who must not be.
        reached_id: up to which id the audience was looked through.

    """

    addressees: list[Addressee]
    suppressed: list[int]
    reached_id: int


class Ahead:
    """People of a whole list who were read before it is their turn: many at once cost half as much for each.

    What is said of them is a few seconds old at most. Whether they are still subscribed is asked when they are claimed,
    and who has been claimed is known from the sending alone: a claim that is rolled back leaves nothing behind here.
    """

    def __init__(self) -> None:
        self.people: deque[Addressee] = deque()
        self._follows = self._read_to = 0
        self._read_at: datetime | None = None

    def next(self, tx: Transaction, sending: CampaignSending, *, most: int, now: datetime) -> People | None:
        """Return the next people beyond the one that a sending has reached; None if they cannot be told so simply."""
        if not sending.audience.is_whole_list:
            return None
        if sending.reached_id < self._follows:  # a claim was rolled back
            self.clear()
        people = self.people
        self.pass_over(sending.reached_id)
        if not people or (self._read_at and now - self._read_at > GOOD_FOR):
            self.clear()
            self._follows = self._read_to = sending.reached_id
            self._read_at = now
        if len(people) < most and self._read_to < sending.last_id and not self._read(tx, sending):
            return None
        chosen = list(islice(people, most))
        more = len(chosen) < len(people) or self._read_to < sending.last_id
        return People(chosen, [], chosen[-1].recipient_id if chosen and more else sending.last_id)

    def pass_over(self, reached_id: int) -> None:
        """Let go of those up to an id: they were claimed, here or by another process."""
        while self.people and self.people[0].recipient_id <= reached_id:
            self._follows = self.people.popleft().recipient_id

    def clear(self) -> None:
        """Forget who was read."""
        self.people.clear()
        self._follows = self._read_to = 0
        self._read_at = None

    def _read(self, tx: Transaction, sending: CampaignSending) -> bool:
        """Read on; False where somebody must not be written to."""
        rows = queries.after(tx, sending.list_id, self._read_to, sending.last_id, most=MOST_AHEAD)
        self._read_to = rows[-1].recipient_id if len(rows) == MOST_AHEAD else sending.last_id
        if any(row.suppressed is not None for row in rows):
            self.clear()
            return False
        self.people.extend(addressee(row) for row in rows)
        return True


def count(tx: Transaction, list_id: int, audience: Audience, *, message_id: int) -> int:
    """Return how many an audience of a message has as things stand; suppressed addresses are on no list."""
    if audience.is_whole_list:
        return count_on_list(tx, list_id, Channel.EMAIL, Status.SUBSCRIBED)
    if audience.recipients:
        ids = _without(tx, audience, message_id, sorted(set(audience.recipients)))
        return sum(each.suppressed is None for each in queries.among(tx, list_id, ids)) if ids else 0
    return queries.count(tx, list_id, audience, message_id=message_id)


def last_id(tx: Transaction, list_id: int, audience: Audience) -> int:
    """Return the highest id that an audience can have now; whoever comes later comes too late."""
    if audience.recipients:
        return max(audience.recipients)
    return queries.last_on_list(tx, list_id)


def next_people(tx: Transaction, sending: CampaignSending, *, most: int) -> People:
    """Return up to `most` people beyond the one that a sending has reached, with how far that is."""
    audience, reached = sending.audience, sending.reached_id
    if audience.is_whole_list:
        rows = queries.after(tx, sending.list_id, reached, sending.last_id, most=most)
        return _people(rows, rows[-1].recipient_id if len(rows) == most else sending.last_id)
    for _ in range(max(1, MOST_LOOKED_AT // most)):
        ids = _candidates(tx, sending, reached, most)
        full = len(ids) == most
        reached = ids[-1] if full else sending.last_id
        ids = _without(tx, audience, sending.message_id, ids)
        rows = queries.among(tx, sending.list_id, ids) if ids else []
        if rows or not full:
            return _people(rows, reached)
    return _people([], reached)


def _candidates(tx: Transaction, sending: CampaignSending, reached: int, most: int) -> list[int]:
    audience = sending.audience
    if audience.recipients:
        named = sorted(each for each in set(audience.recipients) if each > reached)
        return named[:most]
    if audience.groups:
        found = {
            each
            for group_id in audience.groups
            for each in queries.members_after(tx, group_id, reached, sending.last_id, most=most)
        }
        return sorted(found)[:most]
    return queries.subscribers_after(tx, sending.list_id, reached, sending.last_id, most=most)


def _without(tx: Transaction, audience: Audience, message_id: int, ids: list[int]) -> list[int]:
    """Return who of some people is not kept out of an audience."""
    out: set[int] = set()
    if audience.excluded and ids:
        out |= queries.members_among(tx, audience.excluded, ids)
    if audience.not_reached_by and ids:
        out |= queries.reached_among(tx, message_id, ids)
    return [each for each in ids if each not in out]


def addressee(person: queries.Person) -> Addressee:
    """Return somebody of an audience as mails know them."""
    return Addressee(person.recipient_id, person.email, person.name, person.fields, person.tracked == 1)


def _people(rows: list[queries.Person], reached_id: int) -> People:
    addressees = [addressee(row) for row in rows if row.suppressed is None]
    suppressed = [row.recipient_id for row in rows if row.suppressed is not None] if len(addressees) < len(rows) else []
    return People(addressees, suppressed, reached_id)
