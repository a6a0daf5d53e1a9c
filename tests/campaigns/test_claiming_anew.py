"""Claims that are rolled back and run again, and people and senders that come between."""

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import bindparam, select

from campaigns.test_claiming import LEASE, ROWS, deferred, ids_of, launched, states
from campaigns.test_launching import EVIDENCE, join
from campaigns.written import write
from conftest import make_account
from staffetta.accounts import suspend
from staffetta.campaigns import (
    Audience,
    Bounce,
    CampaignOutcome,
    Patience,
    Recorded,
    Turns,
    audience_queries,
    get_campaign_sending,
    settle_campaign_orphans,
    step,
)
from staffetta.campaigns.tables import message_counters
from staffetta.db import Statement, open_database
from staffetta.outbox import DeliveryState, end_lease, keep_lease, take_lease
from staffetta.recipients import Cause, force_subscription, suppress, unsubscribe
from staffetta.sending.campaigning import Results, campaign_step
from staffetta.settings import InDoubtPolicy
from trying import NOON, UndoneError

TALKING, SENT = DeliveryState.TALKING, DeliveryState.SENT
FULL = "552 5.2.2 mailbox full"
COUNTED = Statement(
    select(message_counters.c.recipients, message_counters.c.soft_bounces).where(
        message_counters.c.account_id == bindparam("account_id")
    )
)


@pytest.fixture
def account_id(own_database):
    return make_account(own_database).id


class Process:
    """A process that sends, each step in a transaction of its own."""

    def __init__(self, database, *, most=2):
        self.database = database
        self.turns = Turns(alone=database.dialect_name == "sqlite")
        self.most = most
        self.now = NOON
        with database.connection() as connection:
            self.lease = take_lease(connection, alone=False, lasting=LEASE, now=NOON)

    def claim(self, recorded=None, budget=None):
        self.now += timedelta(seconds=1)
        claimed = None
        with self.database.connection() as connection:
            claimed = step(connection, recorded, self.turns, budget, lease=self.lease, most=self.most, now=self.now)
        if claimed:
            self.turns.pass_over(claimed)
        return claimed

    def claim_in_vain(self, recorded=None):
        """Claim, and see it rolled back."""
        with contextlib.suppress(UndoneError), self.database.connection() as connection:
            step(connection, recorded, self.turns, lease=self.lease, most=self.most, now=self.now)
            raise UndoneError

    def run(self, claimed):
        """Send what is claimed and all that follows; return who got it."""
        got = []
        while claimed:
            got += ids_of(claimed)
            claimed = self.claim(sent(claimed))
        return got


@pytest.fixture
def process(own_database):
    """A process that is the only one."""
    process = Process(own_database)
    yield process
    with own_database.connection() as connection:
        end_lease(connection, process.lease)
        for left in ("UPDATE sendings SET ended_at = 1", "DELETE FROM campaign_deliveries"):
            connection._cursor.execute(left)


@contextlib.contextmanager
def inside(database, account_id):
    with database.transaction(account_id) as tx:
        yield tx


def leave(tx, person):
    unsubscribe(tx, person, (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)


def sent(claimed):
    return Recorded(claimed, ids_of(claimed), "250 ok", 1_000, ())


def in_state(database, account_id, state):
    with inside(database, account_id) as tx:
        return [each for each, its in states(tx).items() if its == state]


def test_a_beginning_that_was_rolled_back_happens_again(own_database, account_id, process):
    with inside(own_database, account_id) as tx:
        people = join(tx, "ada", "bob", "cay")
        sending_id = launched(tx)

    process.claim_in_vain()
    first = process.claim() or process.claim()

    assert process.run(first) == people
    with inside(own_database, account_id) as tx:
        assert get_campaign_sending(tx, sending_id).ended_at
        assert tx.first(COUNTED).recipients == 3


def test_a_claim_that_was_rolled_back_claims_the_same_people_again(own_database, account_id, process):
    with inside(own_database, account_id) as tx:
        people = join(tx, *(f"p{number}" for number in range(8)))
        launched(tx)
    first = process.claim()

    for _ in range(3):
        process.claim_in_vain(sent(first))
    second = process.claim(sent(first))

    assert ids_of(second) == people[2:4]
    assert in_state(own_database, account_id, TALKING) == people[2:4]
    assert process.run(second) == people[2:]


def test_who_joins_meanwhile_makes_no_batch_larger(own_database, account_id, process):
    with inside(own_database, account_id) as tx:
        people = join(tx, *(f"p{number}" for number in range(12)))
        for each in people[3:-1]:
            leave(tx, each)
        launched(tx)
    first = process.claim()
    with inside(own_database, account_id) as tx:
        for each in people[3:-1]:
            force_subscription(tx, each, 1, evidence=EVIDENCE, now=NOON)

    second = process.claim(sent(first))

    assert ids_of(second) == people[2:4]
    assert process.run(second) == people[2:]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # SQLite has one writer
@pytest.mark.parametrize("leaves", ["unsubscribed", "suppressed"])
def test_who_leaves_in_the_moment_of_the_claim_is_left_out(own_database, account_id, process, monkeypatch, leaves):
    with inside(own_database, account_id) as tx:
        ada, bob, cay, dan, eve, fay = join(tx, "ada", "bob", "cay", "dan", "eve", "fay")
        sending_id = launched(tx)
    process.most = 3
    first = process.claim()
    with inside(own_database, account_id) as tx:  # so that those who were read ahead are not those who are there
        leave(tx, dan)

    def go():
        with inside(own_database, account_id) as tx:
            if leaves == "unsubscribed":
                leave(tx, fay)
            else:
                suppress(tx, "fay@example.com", cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    among = audience_queries.among

    def among_after_somebody_left(*args):
        with ThreadPoolExecutor(1) as threads:
            threads.submit(go).result(20)
        return among(*args)

    monkeypatch.setattr(audience_queries, "among", among_after_somebody_left)
    second = process.claim(sent(first))
    monkeypatch.undo()
    process.run(second)

    assert ids_of(second) == [eve]
    with inside(own_database, account_id) as tx:
        assert states(tx) == dict.fromkeys((ada, bob, cay, eve), SENT) | {fay: DeliveryState.CANCELLED}
        sending = get_campaign_sending(tx, sending_id)
        assert (sending.claimed, sending.sent, sending.left_out) == (5, 4, 1)
        assert sending.ended_at


class NothingFor:
    """What may be sent: nothing of one account, all of the others."""

    def __init__(self, account_id):
        self.account_id = account_id

    def begin(self):
        pass

    def take(self, account_id, most):
        return 0 if account_id == self.account_id else most

    def give_back(self, account_id, count):
        pass


def put_off(own_database, process, account_id, *, minutes, attempts=1):
    """Launch to one person, and put the mail off; return who that is."""
    with inside(own_database, account_id) as tx:
        [person] = join(tx, "ada")
        launched(tx)
    claimed = process.claim()
    later = Recorded(claimed, (), "", 0, [deferred(person, NOON + timedelta(minutes=minutes), attempts)])
    while process.claim(later):
        later = None
    return person


def test_who_may_send_nothing_now_holds_up_no_other_s_retries(own_database, account_id, process):
    other_id = make_account(own_database).id
    put_off(own_database, process, account_id, minutes=10)
    theirs = put_off(own_database, process, other_id, minutes=11)
    process.now += timedelta(hours=1)

    claimed = process.claim(budget=NothingFor(account_id))
    following = process.claim(sent(claimed), budget=NothingFor(account_id))
    last = process.claim()

    assert (claimed.mailing.account.id, ids_of(claimed)) == (other_id, [theirs])
    assert following is None or not following.people
    assert last.mailing.account.id == account_id


def test_nothing_of_a_suspended_account_is_tried_again(own_database, account_id, process):
    put_off(own_database, process, account_id, minutes=10)
    with inside(own_database, account_id) as tx:
        suspend(tx)
    process.now += timedelta(hours=1)

    assert process.claim() is None


def test_what_was_put_off_before_anybody_was_asked_is_tried_for_the_first_time(own_database, account_id, process):
    asked, not_asked = (make_account(own_database).id for _ in range(2))
    put_off(own_database, process, asked, minutes=10, attempts=1)
    put_off(own_database, process, not_asked, minutes=10, attempts=0)
    process.now += timedelta(days=5)
    begun = process.now

    tried = [process.claim(), process.claim()]

    first_tried_at = {each.mailing.account.id: next(iter(each.first_tried_at.values())) for each in tried}
    assert first_tried_at[asked] < NOON + timedelta(minutes=1)
    assert first_tried_at[not_asked] >= begun


def test_what_was_dropped_in_doubt_is_sent_to_nobody_again(own_database, account_id, process):
    with inside(own_database, account_id) as tx:
        ada, bob = join(tx, "ada", "bob")
        message = write(tx)
        sending_id = launched(tx, message)
    process.most = 1
    first = process.claim()
    second = process.claim(Recorded(first, (), "", 0, [CampaignOutcome(ada, DeliveryState.FAILED, NOON, 1, FULL)]))
    with own_database.connection() as connection:
        end_lease(connection, process.lease)
        settle_campaign_orphans(connection, InDoubtPolicy.DROP, now=NOON)
        keep_lease(connection, process.lease, lasting=LEASE, now=NOON)
    with inside(own_database, account_id) as tx:
        launched(tx, message, audience=Audience(not_reached_by=sending_id))

    again = process.claim()

    assert (ids_of(second), ids_of(again)) == ([bob], [ada])
    assert in_state(own_database, account_id, DeliveryState.DROPPED) == [bob]


def test_an_outcome_that_comes_after_the_lease_was_lost_is_kept(own_database, account_id, process):
    with inside(own_database, account_id) as tx:
        ada, bob, cay = join(tx, "ada", "bob", "cay")
        launched(tx)
    first = process.claim()
    with own_database.connection() as connection:
        end_lease(connection, process.lease)
        settle_campaign_orphans(connection, InDoubtPolicy.HOLD, now=NOON)
        keep_lease(connection, process.lease, lasting=LEASE, now=NOON)

    second = process.claim(sent(first))

    assert (ids_of(first), ids_of(second)) == ([ada, bob], [cay])
    assert in_state(own_database, account_id, SENT) == [ada, bob]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # SQLite has one sender
def test_senders_of_several_sendings_with_bounces_do_not_stop_one_another(own_database, account_id, settings):
    with inside(own_database, account_id) as tx:
        people = join(tx, *(f"p{number}" for number in range(120)))
        message_ids = [write(tx, subject=f"News {number}") for number in range(2)]
        for message in message_ids:
            launched(tx, message)
    own = replace(settings, database=own_database._url)
    ready = threading.Barrier(3)
    before = deadlocks(own)

    with ThreadPoolExecutor(3) as threads:
        sent_by = [each.result(120) for each in [threads.submit(send_all, own, ready) for _ in range(3)]]

    got = sorted(pair for each in sent_by for pair in each)
    assert got == sorted((message.id, person) for message in message_ids for person in people)
    with inside(own_database, account_id) as tx:
        rows = tx.all(ROWS)
        assert {row.state for row in rows} == {SENT, DeliveryState.FAILED}
        counted = tx.all(COUNTED)
    assert sum(each.soft_bounces for each in counted) == sum(row.state == DeliveryState.FAILED for row in rows) > 20
    # Two that find both sendings at their ends may still cross; it was at every other step.
    assert deadlocks(own) <= before + 2


def deadlocks(settings):
    """Return how often the database had to stop somebody; it tells so within a second."""
    time.sleep(1.5)
    with psycopg.connect(settings.database, autocommit=True) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return row[0]


def send_all(settings, ready):
    """Send as a process with two connections does, each first mail of a batch refused; return who got what."""
    database = open_database(settings)
    turns = Turns(alone=False)
    with database.connection() as connection:
        lease = take_lease(connection, alone=False, lasting=LEASE, now=NOON)
    ready.wait(20)

    async def feed(now):
        got, results = [], None
        while True:
            now += timedelta(milliseconds=21)
            claimed = await database.write_across(
                campaign_step, results, None, turns, None, lease=lease, most=8, now=now
            )
            if claimed is None:
                return got
            got += [(claimed.sending.message_id, each) for each in ids_of(claimed)]
            results = refused_first(claimed, now) if claimed.people else None

    async def both():
        return [pair for each in await asyncio.gather(feed(NOON), feed(NOON)) for pair in each]

    try:
        return asyncio.run(both())
    finally:
        database.close()


def refused_first(claimed, now):
    first, *others = ids_of(claimed)
    bounce = Bounce(
        account_id=claimed.mailing.account.id,
        message_id=claimed.sending.message_id,
        sending_id=claimed.sending.id,
        recipient_id=first,
        is_hard=False,
        reply=FULL,
    )
    outcome = CampaignOutcome(first, DeliveryState.FAILED, now, 1, FULL)
    return Results(Recorded(claimed, others, "250 ok", 1_000, [outcome]), [bounce], Patience())
