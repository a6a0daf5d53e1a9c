"""What senders do with sendings of messages: claim the next people, record what became of the last ones.

Promise: a delivery's row is there, in talk, with the commit that claims it, and before the last octet of its mail
leaves. A sending's rows and how far it has come change together, so that a crash between two batches loses nobody and
repeats nobody; what was in talk when a sender died is in doubt, and no more than that.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, Protocol

from staffetta.accounts import AccountState, find_account
from staffetta.campaigns import audience_queries, audiences
from staffetta.campaigns import delivery_queries as deliveries
from staffetta.campaigns import sending_queries as sendings
from staffetta.campaigns.audiences import Ahead, People
from staffetta.campaigns.beginning import begin, read_mailing
from staffetta.campaigns.delivery_queries import Tally
from staffetta.campaigns.ending import end_if_settled
from staffetta.campaigns.mailing import Addressee, Mailing
from staffetta.campaigns.sendings import CampaignSending
from staffetta.db import Connection, Transaction, brief, to_microseconds
from staffetta.outbox import AFTER_CRASH, DeliveryState, SendingState
from staffetta.settings import InDoubtPolicy

# As many sendings take turns; those beyond wait until one of these has ended.
MOST_OPEN = 50
MOST_KNOWN = 200
# A sending goes on for so long before others have their turn, and what is to be tried again is looked for.
LOOK_AFTER = timedelta(milliseconds=20)
# What an account has to be tried again is passed over for so long when it may send nothing.
BLOCKED_FOR = timedelta(seconds=1)
LEFT_OUT = (DeliveryState.CANCELLED, DeliveryState.SUPPRESSED, DeliveryState.DROPPED)


class Course:
    """A sending that has begun: what its mails are written from, and whom it will come to next."""

    __slots__ = ("ahead", "mailing", "sending")

    def __init__(self, sending: CampaignSending, mailing: Mailing) -> None:
        self.sending = sending
        self.mailing = mailing
        self.ahead = Ahead()


class Turns:
    """What one process remembers between batches: the sendings it is busy with, and whose turn it is.

    A step that is rolled back may run again: what is remembered of a sending is held against the sending each time.

    `alone` says that no other process sends (SQLite): nobody takes this one for dead, and its lease stands.
    `busy_lists` tells which lists of an account people are being imported into: a sending to such a list does not begin
    before that is over (contract rest.md 7.7).
    """

    def __init__(self, *, alone: bool, busy_lists: Callable[[Transaction], Collection[int]] = lambda _: ()) -> None:
        self.alone = alone
        self.busy_lists = busy_lists
        self._known: OrderedDict[tuple[int, int], Course] = OrderedDict()
        self._last: tuple[int, int] | None = None
        self._looked_at: datetime | None = None
        self._retried_at: datetime | None = None
        self._blocked: dict[int, datetime] = {}

    def next(self, connection: Connection, now: datetime) -> Iterator[tuple[int, int]]:
        """Return accounts and sendings in the order of their turns; the same goes on for a moment."""
        if self._last and self._looked_at and now - self._looked_at < LOOK_AFTER:
            yield self._last
        self._looked_at = now
        pairs = [(row.account_id, row.id) for row in sendings.open_sendings(connection, most=MOST_OPEN, now=now)]
        last = self._last or (0, 0)
        yield from sorted(pairs, key=lambda pair: (pair <= last, pair))

    def took(self, account_id: int, sending_id: int) -> None:
        """Remember whose turn it was."""
        self._last = (account_id, sending_id)

    def retries(self, connection: Connection, now: datetime) -> list[tuple[int, int, int]]:
        """Return account, message and sending of what is to be tried again, now and then; those of one in turn."""
        if self._retried_at and now - self._retried_at < (BLOCKED_FOR if self._blocked else LOOK_AFTER):
            return []
        self._retried_at = now
        self._blocked = {each: until for each, until in self._blocked.items() if until > now}
        found = deliveries.due_sendings(connection, blocked=self._blocked, now=now)
        last = self._last or (0, 0)
        return sorted(
            ((row.account_id, row.message_id, row.sending_id) for row in found),
            key=lambda each: ((each[0], each[2]) <= last, each[0], each[2]),
        )

    def block(self, account_id: int, now: datetime) -> None:
        """Pass over for a moment what an account has to be tried again."""
        self._blocked[account_id] = now + BLOCKED_FOR

    def look_again(self) -> None:
        """Let the next step look at all there is, whoever has the turn."""
        self._looked_at = self._retried_at = None

    def course(self, tx: Transaction, sending_id: int) -> Course | None:
        """Return a sending that has begun with what its mails are written from, read once; None when that is gone."""
        key = (tx.account_id, sending_id)
        found = self._known.get(key)
        if found is None:
            sending = sendings.find(tx, sending_id)
            mailing = read_mailing(tx, sending) if sending and sending.version else None
            if sending is None or mailing is None:
                return None
            found = self._known[key] = Course(sending, mailing)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return found

    def forget(self, account_id: int, sending_id: int) -> None:
        """Remember a sending no more: it is not what it was."""
        self._known.pop((account_id, sending_id), None)

    def pass_over(self, claimed: "Claimed") -> None:
        """Say that a batch was claimed, and the claim committed."""
        found = self._known.get((claimed.mailing.account.id, claimed.sending.id))
        if found and claimed.people and claimed.is_fresh:
            found.ahead.pass_over(claimed.people[-1].recipient_id)

    def ahead(self, account_id: int, sending_id: int, *, most: int) -> list[Addressee]:
        """Return who is likely to be claimed next of a sending, as far as they were read ahead."""
        found = self._known.get((account_id, sending_id))
        return list(islice(found.ahead.people, most)) if found else []


class Claimed(NamedTuple):
    """A batch of one sending, in talk from the commit on.

    Attributes:
        people: who is to be written to; nobody, where a stretch of the audience was passed over and there is more.
        is_fresh: whether it is their first try: no other delivery of the sending lies between the first and the last.
        attempts, first_tried_at: by recipient, of those who were tried before; this try counts.

    """

    mailing: Mailing
    sending: CampaignSending
    people: Sequence[Addressee]
    is_fresh: bool
    attempts: Mapping[int, int] = {}
    first_tried_at: Mapping[int, datetime] = {}


class CampaignOutcome(NamedTuple):
    """What became of one delivery that was not simply taken."""

    recipient_id: int
    state: DeliveryState
    due_at: datetime
    attempts: int
    reply: str


class Recorded(NamedTuple):
    """What became of a batch: who was sent their mail, and each of the others."""

    claimed: Claimed
    sent: Sequence[int]
    reply: str
    octets: int
    others: Sequence[CampaignOutcome]


class Budget(Protocol):
    """How many mails of an account may leave now."""

    def begin(self) -> None:
        """Begin to take; what was taken for a step that came to nothing is given back."""
        ...

    def take(self, account_id: int, most: int) -> int:
        """Return how many, up to `most`; they count as gone."""
        ...

    def give_back(self, account_id: int, count: int) -> None:
        """Say that so many did not leave."""
        ...


@brief
def step(
    connection: Connection,
    recorded: Recorded | None,
    turns: Turns,
    budget: Budget | None = None,
    *,
    lease: int,
    most: int,
    now: datetime,
) -> Claimed | None:
    """Record what became of a batch and claim the next, of at most `most`, both with one commit.

    None when there is nothing to claim: nothing is due, `most` is 0, or no account with something due has a budget. It
    is a batch of nobody when there may be something, which another step has to look for.

    Where several processes send, a step that has recorded a batch locks no other sending, and the message's counters
    after it: two that each held a sending that the other wants would stop one another.
    """
    if budget:
        budget.begin()
    counted = _record(connection, recorded, lease=lease, now=now) if recorded else None
    claimed: Claimed | None = None
    if most and (turns.alone or deliveries.lease_stands(connection, lease)):
        only = counted.key if counted and not turns.alone else None
        try:
            claimed = _retried(connection, turns, budget, only, lease=lease, most=most, now=now)
            claimed = claimed or _fresh(connection, turns, budget, counted, only, lease=lease, most=most, now=now)
        except _AnotherSending:
            turns.look_again()
            claimed = recorded.claimed._replace(people=()) if recorded else None
    if counted:
        counted.settle(connection, now)
    return claimed


def record(connection: Connection, recorded: Recorded, *, lease: int, now: datetime) -> None:
    """Record what became of a batch."""
    _record(connection, recorded, lease=lease, now=now).settle(connection, now)


def due_at(connection: Connection, *, now: datetime) -> datetime | None:
    """Return when a sender has something to do next, as far as it is known now."""
    if sendings.open_sendings(connection, most=1, now=now):
        return now
    return deliveries.next_due_at(connection)


def settle_campaign_orphans(connection: Connection, policy: InDoubtPolicy, *, now: datetime) -> int:
    """Treat what dead senders left in talk as its sending says, else as `policy` says; return how many that were."""
    settled = 0
    for row in deliveries.orphans(connection):
        tx = connection.for_account(row.account_id)
        sending = sendings.lock(tx, row.sending_id)
        own = InDoubtPolicy(sending.in_doubt) if sending and sending.in_doubt else policy
        moved = deliveries.move_orphans(tx, row.message_id, row.sending_id, to=AFTER_CRASH[own], now=now)
        if own == InDoubtPolicy.DROP:
            deliveries.tally(tx, row.sending_id, Tally(left_out=moved))
        end_if_settled(tx, row.message_id, row.sending_id, now=now)
        settled += moved
    return settled


class _AnotherSending(Exception):  # noqa: N818 - not an error
    """It is the turn of a sending that this transaction must not lock."""


class _Counted:
    """What came of a batch, until it is counted: with the next claim of the same sending, or else by itself."""

    def __init__(self, account_id: int, sending: CampaignSending, tally: Tally) -> None:
        self.key = (account_id, sending.id)
        self.tally = tally
        self.is_counted = False
        self._message_id = sending.message_id

    def settle(self, connection: Connection, now: datetime) -> None:
        """Count it now, unless it has been."""
        if self.is_counted:
            return
        account_id, sending_id = self.key
        tx = connection.for_account(account_id)
        ends = deliveries.tally(tx, sending_id, self.tally)
        if ends and deliveries.is_settled(tx, self._message_id, sending_id):
            sendings.end_by_itself(tx, sending_id, now=now)


def _record(connection: Connection, recorded: Recorded, *, lease: int, now: datetime) -> _Counted:
    """Record rows, in the order that lets one statement do for all that were simply sent."""
    sending = recorded.claimed.sending
    account_id = recorded.claimed.mailing.account.id
    tx = connection.for_account(account_id)
    if recorded.others:
        _record_each(tx, sending, recorded.others, lease=lease, now=now)
    sent = 0
    if recorded.sent:
        is_fresh = recorded.claimed.is_fresh
        ranges = [(recorded.sent[0], recorded.sent[-1])] if is_fresh else [(each, each) for each in recorded.sent]
        for first, last in ranges:
            sent += deliveries.record_sent(
                tx, sending.message_id, sending.id, first, last, lease=lease, reply=recorded.reply, now=now
            )
    tally = Tally(
        sent=sent,
        failed=sum(each.state == DeliveryState.FAILED for each in recorded.others),
        left_out=sum(each.state in LEFT_OUT for each in recorded.others),
        octets=recorded.octets,
    )
    return _Counted(account_id, sending, tally)


def _record_each(
    tx: Transaction, sending: CampaignSending, outcomes: Sequence[CampaignOutcome], *, lease: int, now: datetime
) -> None:
    changed_at = to_microseconds(now)
    deliveries.record(
        tx,
        [
            {
                "of_message": sending.message_id,
                "of_sending": sending.id,
                "of_recipient": each.recipient_id,
                "of_lease": lease,
                "new_state": int(each.state),
                "new_due_at": to_microseconds(each.due_at),
                "new_attempts": each.attempts,
                "new_reply": each.reply,
                "new_changed_at": changed_at,
            }
            for each in outcomes
        ],
    )


def _fresh(
    connection: Connection,
    turns: Turns,
    budget: Budget | None,
    counted: _Counted | None,
    only: tuple[int, int] | None,
    *,
    lease: int,
    most: int,
    now: datetime,
) -> Claimed | None:
    for account_id, sending_id in turns.next(connection, now):
        if only and only != (account_id, sending_id):
            raise _AnotherSending
        if not _is_active(connection, account_id):
            continue
        tx = connection.for_account(account_id)
        course = turns.course(tx, sending_id) or _begun(tx, turns, sending_id, now=now)
        if course is None:
            continue
        granted = _granted(budget, account_id, most)
        if not granted:
            continue
        same = counted if counted and counted.key == (account_id, sending_id) else None
        claimed = _claim(tx, turns, course, same, lease=lease, most=granted, now=now)
        if budget:
            budget.give_back(account_id, granted - (len(claimed.people) if claimed else 0))
        if claimed:
            turns.took(account_id, sending_id)
            return claimed
    return None


def _is_active(connection: Connection, account_id: int) -> bool:
    account = find_account(connection, account_id)
    return account is not None and account.state == AccountState.ACTIVE


def _granted(budget: Budget | None, account_id: int, most: int) -> int:
    return budget.take(account_id, most) if budget else most


def _begun(tx: Transaction, turns: Turns, sending_id: int, *, now: datetime) -> Course | None:
    sending = sendings.lock(tx, sending_id)
    if sending is None or sending.ended_at or sending.state not in deliveries.RUNS:
        return None
    if sending.begun_at:
        course = turns.course(tx, sending_id)  # another process has let it begin in this moment
        if course is None:  # or what it is written from is gone
            sendings.end(tx, sending_id, SendingState.DELETED, now=now)
        return course
    if not sending.audience.recipients and sending.list_id in turns.busy_lists(tx):
        return None
    return turns.course(tx, sending_id) if begin(tx, sending, now=now) else None


def _claim(
    tx: Transaction, turns: Turns, course: Course, counted: _Counted | None, *, lease: int, most: int, now: datetime
) -> Claimed | None:
    sending = course.sending
    place = deliveries.place(tx, sending.message_id, sending.id)
    if place is not None and place.begun_at != sending.begun_at:  # that it began was rolled back
        turns.forget(tx.account_id, sending.id)
        return None
    if place and place.has_others and not turns.alone:
        # Whom another sending of the message reaches in this moment is known when that is committed.
        deliveries.lock_counters(tx, sending.message_id)
        place = deliveries.place(tx, sending.message_id, sending.id)
    if place is None or place.state not in deliveries.RUNS or place.reached_id >= place.last_id:
        return None
    sending = sending._replace(reached_id=place.reached_id, last_id=place.last_id)
    earlier = place.has_earlier
    people = _claim_ahead(tx, course.ahead, sending, lease=lease, most=most, now=now) if not earlier else None
    new = len(people.addressees) + len(people.suppressed) if people else 0
    if people is None:
        people = audiences.next_people(tx, sending, most=most)
        ids = [each.recipient_id for each in people.addressees]
        new = len(ids) + len(people.suppressed)
        if new and earlier:
            new -= deliveries.reached_before(tx, sending.message_id, (*ids, *people.suppressed))
        deliveries.add(tx, _rows(sending, ids, people.suppressed, lease=lease, now=now))
    tally = counted.tally if counted else Tally()
    if counted:
        counted.is_counted = True
    tally = tally._replace(left_out=tally.left_out + len(people.suppressed))
    claimed = len(people.addressees) + len(people.suppressed)
    deliveries.advance(tx, sending.id, people.reached_id, claimed=claimed, counted=tally)
    if new:
        deliveries.count_recipients(tx, sending.message_id, new)
    if not people.addressees and people.reached_id >= sending.last_id:
        end_if_settled(tx, sending.message_id, sending.id, now=now)
        return None
    return Claimed(course.mailing, sending, people.addressees, is_fresh=True)


def _claim_ahead(
    tx: Transaction, ahead: Ahead, sending: CampaignSending, *, lease: int, most: int, now: datetime
) -> People | None:
    """Claim the next people of a whole list, who were read ahead; None where it has to be done one by one.

    Who of them is still subscribed is decided by the statement that adds their rows, in one step.
    """
    found = ahead.next(tx, sending, most=most, now=now)
    if found is None:
        return None
    claimed = deliveries.add_subscribed(tx, sending, up_to=found.reached_id, most=most, lease=lease, now=now)
    if claimed == [each.recipient_id for each in found.addressees]:
        return found
    # Somebody left, or came back to the list, since they were read.
    ahead.clear()
    rows = audience_queries.among(tx, sending.list_id, claimed) if claimed else []
    people = [audiences.addressee(each) for each in rows if each.suppressed is None]
    still = {each.recipient_id for each in people}
    gone = [each for each in claimed if each not in still]  # in this very moment, on PostgreSQL
    if gone:
        _record_each(tx, sending, [_gone(each, 0, now) for each in gone], lease=lease, now=now)
    return People(people, gone, claimed[-1] if len(claimed) == most else found.reached_id)


def _rows(
    sending: CampaignSending, ids: Sequence[int], suppressed: Sequence[int], *, lease: int, now: datetime
) -> Sequence[tuple[int | str, ...]]:
    message_id, sending_id, instant = sending.message_id, sending.id, to_microseconds(now)
    state = int(DeliveryState.TALKING)
    rows = [(message_id, each, sending_id, state, 1, instant, instant, instant, lease, "") for each in ids]
    if suppressed:
        state, why = int(DeliveryState.SUPPRESSED), "the address is suppressed"
        rows += [(message_id, each, sending_id, state, 0, instant, instant, instant, lease, why) for each in suppressed]
    return rows


def _retried(
    connection: Connection,
    turns: Turns,
    budget: Budget | None,
    only: tuple[int, int] | None,
    *,
    lease: int,
    most: int,
    now: datetime,
) -> Claimed | None:
    for account_id, message_id, sending_id in turns.retries(connection, now):
        if only and only != (account_id, sending_id):
            raise _AnotherSending
        granted = _granted(budget, account_id, most) if _is_active(connection, account_id) else 0
        if not granted:
            turns.block(account_id, now)
            continue
        tx = connection.for_account(account_id)
        claimed = _reclaim(tx, turns, message_id, sending_id, lease=lease, most=granted, now=now)
        if budget:
            budget.give_back(account_id, granted - (len(claimed.people) if claimed else 0))
        if claimed:
            turns.took(account_id, sending_id)
            return claimed
        if not turns.alone:  # it has locked one sending
            return None
    return None


def _reclaim(
    tx: Transaction, turns: Turns, message_id: int, sending_id: int, *, lease: int, most: int, now: datetime
) -> Claimed | None:
    """Claim what is to be tried again of a sending."""
    place, course = deliveries.place(tx, message_id, sending_id), turns.course(tx, sending_id)
    if place is None or course is None or place.state not in deliveries.RUNS:
        # Put off while the sending was stopped or deleted.
        to = DeliveryState.HELD if place and course else DeliveryState.CANCELLED
        deliveries.move(tx, message_id, sending_id, of=DeliveryState.DEFERRED, to=to, now=now)
        return None
    rows = {row.recipient_id: row for row in deliveries.due(tx, message_id, sending_id, most=most, now=now)}
    if not rows:
        return None
    found = audience_queries.among(tx, course.sending.list_id, rows)
    people = [audiences.addressee(each) for each in found if each.suppressed is None]
    still = {each.recipient_id for each in people}
    deliveries.reclaim(tx, message_id, sending_id, rows, lease=lease, now=now)
    claimed = Claimed(
        course.mailing,
        course.sending,
        people,
        is_fresh=False,
        attempts={each: rows[each].attempts + 1 for each in still},
        first_tried_at={each: rows[each].first_tried_at if rows[each].attempts else now for each in still},
    )
    gone = [_gone(each, row.attempts, now) for each, row in rows.items() if each not in still]
    if gone:
        record(tx, Recorded(claimed, (), "", 0, gone), lease=lease, now=now)
    return claimed


def _gone(recipient_id: int, attempts: int, now: datetime) -> CampaignOutcome:
    return CampaignOutcome(recipient_id, DeliveryState.CANCELLED, now, attempts, "not on the list any more")
