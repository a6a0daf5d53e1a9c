"""Sendings on their way: begun, claimed batch by batch, recorded, tried again, stopped, ended, and left by the dead."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select, update

from campaigns.test_launching import EVIDENCE, LATER, join
from campaigns.written import write
from conftest import make_account
from staffetta.accounts import reactivate, suspend
from staffetta.accounts.tables import accounts
from staffetta.campaigns import (
    Audience,
    CampaignOutcome,
    Draft,
    Recorded,
    SenderDisabled,
    Turns,
    change_message,
    delete_sending,
    doubtful,
    erase,
    failed_people,
    get_campaign_sending,
    launch_sending,
    record,
    remove_list,
    send_message,
    settle_campaign_orphans,
    settle_doubt,
    start_stopped,
    step,
    stop_sending,
)
from staffetta.campaigns.tables import campaign_deliveries, message_counters
from staffetta.db import Statement
from staffetta.errors import ResourceExhausted
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import add_list
from staffetta.outbox import DeliveryState, SendingState, UnknownSending, end_lease, take_lease
from staffetta.recipients import Cause, force_subscription, suppress, unsubscribe
from staffetta.senders import block, trust
from staffetta.settings import InDoubtPolicy
from trying import NOON, undone

LEASE = timedelta(minutes=5)
ROWS = Statement(
    select(
        campaign_deliveries.c.recipient_id,
        campaign_deliveries.c.sending_id,
        campaign_deliveries.c.state,
        campaign_deliveries.c.attempts,
        campaign_deliveries.c.reply,
    )
    .where(campaign_deliveries.c.account_id == bindparam("account_id"))
    .order_by(campaign_deliveries.c.sending_id, campaign_deliveries.c.recipient_id)
)
SET_PLAN = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(plan=bindparam("plan", type_=accounts.c.plan.type))
)
COUNTED = Statement(
    select(message_counters.c.recipients).where(message_counters.c.account_id == bindparam("account_id"))
)


@pytest.fixture
def account(own_database):
    """An account of a database of this module's own: what other tests leave open would be claimed here."""
    return make_account(own_database)


@pytest.fixture
def connection(own_database, account):
    """A transaction across accounts, undone at the end."""
    yield from undone(own_database)


@pytest.fixture
def tx(connection, account):
    """The same within the wall of an account."""
    return connection.for_account(account.id)


class Sender:
    """One sender, without the mail: what is claimed is whose it says, and every outcome is told to it."""

    def __init__(self, connection, *, most=2):
        self.connection = connection
        self.most = most
        self.turns = Turns(alone=False)
        self.lease = take_lease(connection, alone=False, lasting=LEASE, now=NOON)
        self.now = NOON

    def claim(self, recorded=None, *, most=None):
        self.now += timedelta(seconds=1)
        most = self.most if most is None else most
        claimed = step(self.connection, recorded, self.turns, lease=self.lease, most=most, now=self.now)
        while claimed is not None and not claimed.people:
            claimed = step(self.connection, None, self.turns, lease=self.lease, most=most, now=self.now)
        return claimed

    def sent(self, claimed, *others):
        refused = {each.recipient_id for each in others}
        ids = [each.recipient_id for each in claimed.people if each.recipient_id not in refused]
        return Recorded(claimed, ids, "250 ok", 1_000 * len(ids), others)

    def run(self):
        """Send all there is; return who got it, in order."""
        got, recorded = [], None
        while claimed := self.claim(recorded):
            got += ids_of(claimed)
            recorded = self.sent(claimed)
        return got


def launched(tx, message=None, **said):
    message = message or write(tx)
    said.setdefault("audience", Audience())
    return send_message(tx, 1, message.id, now=NOON, **said).sending_id


def ids_of(claimed):
    return [each.recipient_id for each in claimed.people]


def states(tx):
    return {row.recipient_id: row.state for row in tx.all(ROWS)}


def deferred(recipient_id, due_at, attempts=1):
    return CampaignOutcome(recipient_id, DeliveryState.DEFERRED, due_at, attempts, "451 later")


def test_what_failed_is_told_with_the_reply(connection, tx):
    _, bob = join(tx, "ada", "bob")
    sending_id, sender = launched(tx), Sender(connection)
    why = "550 it cannot be written: ValueError"

    sender.claim(sender.sent(sender.claim(), CampaignOutcome(bob, DeliveryState.FAILED, NOON, 1, why)))

    assert [(each.recipient_id, each.reply) for each in failed_people(tx, sending_id, most=9)] == [(bob, why)]


def test_everybody_gets_it_once_and_has_a_row_that_says_so(connection, tx):
    people = join(tx, "ada", "bob", "cay", "dan", "eve")
    sending_id = launched(tx)

    got = Sender(connection).run()

    sending = get_campaign_sending(tx, sending_id)
    assert got == people
    assert [(row.recipient_id, row.state, row.attempts, row.reply) for row in tx.all(ROWS)] == [
        (each, DeliveryState.SENT, 1, "250 ok") for each in people
    ]
    assert (sending.claimed, sending.sent, sending.failed, sending.left_out, sending.octets) == (5, 5, 0, 0, 5_000)
    assert sending.begun_at
    assert sending.ended_at
    assert tx.first(COUNTED).recipients == 5


def test_what_is_claimed_is_in_talk_before_it_leaves(connection, tx):
    ada, bob, _ = join(tx, "ada", "bob", "cay")
    launched(tx)

    Sender(connection).claim()

    assert states(tx) == {ada: DeliveryState.TALKING, bob: DeliveryState.TALKING}


def test_a_sending_to_nobody_ends_at_once(connection, tx):
    sending_id = launched(tx)

    assert Sender(connection).claim() is None
    assert get_campaign_sending(tx, sending_id).ended_at


def test_what_waits_for_its_time_is_left_alone(connection, tx):
    join(tx, "ada")
    launched(tx, starts_at=LATER)

    assert Sender(connection).claim() is None


def test_what_would_begin_too_late_does_not_begin(connection, tx):
    join(tx, "ada")
    sending_id = launched(tx, not_after=NOON)

    assert Sender(connection).claim() is None
    sending = get_campaign_sending(tx, sending_id)
    assert (sending.state, sending.claimed) == (SendingState.LATE, 0)
    assert sending.ended_at


def test_what_is_from_a_sender_disabled_meanwhile_is_stopped_before_it_begins(connection, tx):
    ada = join(tx, "ada")
    disabled = trust(tx, EmailAddress.parse("news@shop.example"), base_url="", host="a.example", now=NOON)
    theirs = launched(tx, sender_email="news@shop.example")
    launched(tx, sender_email="else@shop.example")
    block(tx, disabled.id, now=NOON)

    got = Sender(connection).run()

    stopped = get_campaign_sending(tx, theirs)
    assert (got, stopped.state, stopped.begun_at, stopped.claimed) == (ada, SendingState.STOPPED, None, 0)
    with pytest.raises(SenderDisabled):
        launch_sending(tx, theirs, now=NOON)
    assert start_stopped(tx, now=NOON) == 0


def test_who_leaves_or_joins_on_the_way_is_heeded(connection, tx):
    people = join(tx, "ada", "bob", "cay", "dan")
    launched(tx)
    sender = Sender(connection)
    first = sender.claim()

    unsubscribe(tx, people[2], (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)
    join(tx, "late")
    second = sender.claim(sender.sent(first))

    assert ids_of(second) == [people[3]]
    assert sender.claim(sender.sent(second)) is None


def test_an_outcome_that_is_not_plain_is_kept_with_its_words(connection, tx):
    ada, bob = join(tx, "ada", "bob")
    sending_id = launched(tx)
    sender = Sender(connection)
    claimed = sender.claim()

    sender.claim(sender.sent(claimed, CampaignOutcome(bob, DeliveryState.FAILED, NOON, 1, "550 5.7.1 no")))

    assert {row.recipient_id: (row.state, row.reply) for row in tx.all(ROWS)} == {
        ada: (DeliveryState.SENT, "250 ok"),
        bob: (DeliveryState.FAILED, "550 5.7.1 no"),
    }
    sending = get_campaign_sending(tx, sending_id)
    assert (sending.sent, sending.failed) == (1, 1)
    assert sending.ended_at


def test_what_was_put_off_is_tried_again_when_it_is_due_and_holds_the_end_up(connection, tx):
    ada, bob = join(tx, "ada", "bob")
    sending_id = launched(tx)
    sender = Sender(connection)
    claimed = sender.claim()
    assert sender.claim(sender.sent(claimed, deferred(bob, LATER))) is None
    assert get_campaign_sending(tx, sending_id).ended_at is None

    sender.now = LATER
    again = sender.claim()
    assert sender.claim(sender.sent(again)) is None

    assert (ids_of(again), again.is_fresh, again.attempts[bob]) == ([bob], False, 2)
    assert states(tx) == {ada: DeliveryState.SENT, bob: DeliveryState.SENT}
    assert get_campaign_sending(tx, sending_id).ended_at


def test_who_left_before_the_next_try_is_not_written_to(connection, tx):
    ada, bob, cay = join(tx, "ada", "bob", "cay")
    sending_id = launched(tx)
    sender = Sender(connection, most=3)
    claimed = sender.claim()
    sender.claim(sender.sent(claimed, deferred(ada, NOON), deferred(bob, NOON), deferred(cay, NOON)), most=0)
    unsubscribe(tx, ada, (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)
    suppress(tx, "bob@example.com", cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    again = sender.claim()
    sender.claim(sender.sent(again))

    assert ids_of(again) == [cay]
    assert states(tx) == {ada: DeliveryState.CANCELLED, bob: DeliveryState.CANCELLED, cay: DeliveryState.SENT}
    assert get_campaign_sending(tx, sending_id).left_out == 2


def test_a_stopped_sending_claims_nothing_and_goes_on_where_it_was(connection, tx):
    people = join(tx, "ada", "bob", "cay", "dan")
    sending_id = launched(tx)
    sender = Sender(connection)
    claimed = sender.claim()

    stop_sending(tx, sending_id, now=NOON)
    nothing = sender.claim(sender.sent(claimed, deferred(people[1], NOON)))
    held = states(tx)
    launch_sending(tx, sending_id, now=NOON)

    assert nothing is None
    assert held == {people[0]: DeliveryState.SENT, people[1]: DeliveryState.HELD}
    assert sorted(sender.run()) == people[1:]
    assert get_campaign_sending(tx, sending_id).sent == 4


def test_what_waits_of_a_stopped_sending_is_held(connection, tx):
    ada = join(tx, "ada")[0]
    sending_id = launched(tx)
    sender = Sender(connection)
    sender.claim(sender.sent(sender.claim(), deferred(ada, NOON)), most=0)

    stop_sending(tx, sending_id, now=NOON)

    assert states(tx) == {ada: DeliveryState.HELD}
    assert sender.claim() is None
    launch_sending(tx, sending_id, now=NOON)
    assert sender.run() == [ada]


def test_a_deleted_sending_cancels_what_waits(connection, tx):
    ada = join(tx, "ada")[0]
    sending_id = launched(tx)
    sender = Sender(connection)
    sender.claim(sender.sent(sender.claim(), deferred(ada, NOON)), most=0)
    stop_sending(tx, sending_id, now=NOON)

    delete_sending(tx, sending_id, now=NOON)

    assert states(tx) == {ada: DeliveryState.CANCELLED}
    assert sender.claim() is None


def test_a_message_goes_on_as_it_was_when_its_sending_began(connection, tx):
    join(tx, "ada", "bob", "cay")
    message = write(tx, content="<p>old</p>")
    launched(tx, message)
    sender = Sender(connection)
    first = sender.claim()

    change_message(tx, 1, message.id, Draft(content="<p>new</p>"), now=NOON)
    other = Sender(connection)
    second = other.claim()
    sender.claim(sender.sent(first), most=0)
    other.claim(other.sent(second), most=0)
    launched(tx, message)

    assert [each.mailing.message.content for each in (first, second, other.claim())] == [
        "<p>old</p>",
        "<p>old</p>",
        "<p>new</p>",
    ]


def test_people_count_once_for_a_message_however_often_it_is_sent(connection, tx):
    join(tx, "ada", "bob")
    message = write(tx)
    sender = Sender(connection)
    launched(tx, message)
    sender.run()
    join(tx, "cay")

    launched(tx, message)
    sender.run()

    assert tx.first(COUNTED).recipients == 3


def test_a_message_is_sent_again_to_those_whom_it_did_not_reach(connection, tx):
    _, bob, _ = join(tx, "ada", "bob", "cay")
    message = write(tx)
    sender = Sender(connection, most=3)
    first = launched(tx, message)
    sender.claim(sender.sent(sender.claim(), CampaignOutcome(bob, DeliveryState.FAILED, NOON, 1, "554 5.7.1 not now")))

    second = launched(tx, message, audience=Audience(not_reached_by=first))

    assert get_campaign_sending(tx, second).addressed == 1
    assert sender.run() == [bob]


def test_sendings_take_turns(connection, tx):
    join(tx, "ada", "bob", "cay")
    one, other = launched(tx), launched(tx)
    sender = Sender(connection, most=1)

    turns = []
    recorded = None
    while claimed := sender.claim(recorded):
        turns.append(claimed.sending.id)
        recorded = sender.sent(claimed)

    assert turns == [one, other] * 3


def test_the_sending_of_an_account_that_is_suspended_waits(connection, tx):
    join(tx, "ada")
    launched(tx)
    sender = Sender(connection)

    suspend(tx)
    nothing = sender.claim()
    reactivate(tx, now=NOON)

    assert nothing is None
    assert len(sender.run()) == 1


@pytest.mark.parametrize(
    ("policy", "own", "state"),
    [
        (InDoubtPolicy.HOLD, "", DeliveryState.IN_DOUBT),
        (InDoubtPolicy.DROP, "", DeliveryState.DROPPED),
        (InDoubtPolicy.RESEND, "", DeliveryState.DEFERRED),
        (InDoubtPolicy.HOLD, "drop", DeliveryState.DROPPED),
        (InDoubtPolicy.DROP, "resend", DeliveryState.DEFERRED),
    ],
)
def test_what_a_dead_sender_had_in_talk_is_treated_as_the_sending_says(connection, tx, policy, own, state):
    ada = join(tx, "ada")[0]
    sending_id = launched(tx, in_doubt=own)
    sender = Sender(connection)
    sender.claim()

    end_lease(connection, sender.lease)
    settled = settle_campaign_orphans(connection, policy, now=NOON)

    assert (settled, states(tx)) == (1, {ada: state})
    assert bool(get_campaign_sending(tx, sending_id).ended_at) == (state != DeliveryState.DEFERRED)


def test_a_sender_whose_lease_has_ended_claims_nothing(connection, tx):
    join(tx, "ada")
    launched(tx)
    sender = Sender(connection)

    end_lease(connection, sender.lease)

    assert sender.claim() is None


def test_an_outcome_that_comes_after_the_lease_is_kept(connection, tx):
    ada = join(tx, "ada")[0]
    sending_id = launched(tx)
    sender = Sender(connection)
    claimed = sender.claim()
    end_lease(connection, sender.lease)
    settle_campaign_orphans(connection, InDoubtPolicy.HOLD, now=NOON)

    record(connection, sender.sent(claimed), lease=sender.lease, now=NOON)

    assert states(tx) == {ada: DeliveryState.SENT}
    assert get_campaign_sending(tx, sending_id).sent == 1


def test_an_outcome_of_another_lease_changes_nothing(connection, tx):
    ada = join(tx, "ada")[0]
    sending_id = launched(tx)
    sender = Sender(connection)
    claimed = sender.claim()
    end_lease(connection, sender.lease)
    settle_campaign_orphans(connection, InDoubtPolicy.RESEND, now=NOON)
    other = Sender(connection)
    other.claim()

    record(connection, sender.sent(claimed), lease=sender.lease, now=NOON)

    assert states(tx) == {ada: DeliveryState.TALKING}
    assert get_campaign_sending(tx, sending_id).sent == 0


def test_senders_at_once_double_nobody(own_database):
    database, account_id = own_database, make_account(own_database).id
    with database.connection() as connection:
        tx = connection.for_account(account_id)
        people = join(tx, *(f"person{n}" for n in range(60)))
        launched(tx)
    got: list[int] = []

    def send() -> None:
        turns = Turns(alone=False)
        recorded = None
        with database.connection() as connection:
            lease = take_lease(connection, alone=False, lasting=LEASE, now=NOON)
        for _ in range(100):
            with database.connection() as connection:
                claimed = step(connection, recorded, turns, lease=lease, most=3, now=NOON)
            if claimed is None:
                break
            ids = ids_of(claimed)
            got.extend(ids)
            recorded = Recorded(claimed, ids, "", 0, ())

    threads = [threading.Thread(target=send) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(got) == people
    with database.connection() as connection:
        tx = connection.for_account(account_id)
        assert set(states(tx).values()) == {DeliveryState.SENT}


def in_doubt(connection, tx):
    """Leave one mail of a sending in doubt; return the sending and whose it is."""
    ada = join(tx, "ada")[0]
    sending_id = launched(tx)
    sender = Sender(connection)
    sender.claim()
    end_lease(connection, sender.lease)
    settle_campaign_orphans(connection, InDoubtPolicy.HOLD, now=NOON)
    return sending_id, ada


def test_what_is_in_doubt_is_listed_and_sent_again_if_somebody_says_so(connection, tx):
    sending_id, ada = in_doubt(connection, tx)
    listed = [(each.recipient_id, each.email) for each in doubtful(tx, sending_id, most=10)]

    settled = settle_doubt(tx, sending_id, resend=True, now=NOON)

    assert (listed, settled) == ([(ada, "ada@example.com")], 1)
    assert Sender(connection).run() == [ada]
    assert states(tx) == {ada: DeliveryState.SENT}
    assert get_campaign_sending(tx, sending_id).ended_at


def test_what_is_in_doubt_is_given_up_if_somebody_says_so(connection, tx):
    sending_id, ada = in_doubt(connection, tx)

    assert settle_doubt(tx, sending_id, resend=False, now=NOON) == 1

    assert states(tx) == {ada: DeliveryState.DROPPED}
    assert get_campaign_sending(tx, sending_id).left_out == 1
    assert doubtful(tx, sending_id, most=10) == []


def test_what_servers_said_of_somebody_goes_with_them(connection, tx):
    ada = join(tx, "ada")[0]
    launched(tx)
    sender = Sender(connection)
    refused = CampaignOutcome(ada, DeliveryState.FAILED, NOON, 1, "550 no ada@example.com here")
    sender.claim(sender.sent(sender.claim(), refused))

    erase(tx, ada, evidence=EVIDENCE, now=NOON)

    assert [(row.state, row.reply) for row in tx.all(ROWS)] == [(DeliveryState.FAILED, "")]


def test_a_sending_goes_with_its_list(connection, tx):
    list_id = add_list(tx, "Second", now=NOON).id
    ada = join(tx, "ada")[0]
    force_subscription(tx, ada, list_id, evidence=EVIDENCE, now=NOON)
    message = write(tx, list_id)
    sending_id = send_message(tx, list_id, message.id, audience=Audience(), now=NOON).sending_id
    remove_list(tx, list_id, evidence=EVIDENCE, now=NOON)

    assert Sender(connection).claim() is None
    with pytest.raises(UnknownSending):
        get_campaign_sending(tx, sending_id)


def test_a_plan_has_so_many_messages_a_month(connection, tx):
    join(tx, "ada", "bob")
    tx.run(SET_PLAN, plan={"trial_days": 0, "monthly_messages": 3})
    tx.configuration_changed()
    launched(tx)
    with pytest.raises(ResourceExhausted, match="3 messages a month, of which 1 are left"):
        launched(tx)
    Sender(connection).run()

    with pytest.raises(ResourceExhausted, match="3 messages a month, of which 1 are left"):
        launched(tx)
    next_month = NOON + timedelta(days=31)
    message = write(tx)
    assert send_message(tx, 1, message.id, audience=Audience(), now=next_month).addressed == 2


def test_a_sending_waits_until_the_import_into_its_list_is_over(connection, tx):
    ada = join(tx, "ada")[0]
    launched(tx)
    single = launched(tx, audience=Audience(recipients=(ada,)))
    busy = {1}
    sender = Sender(connection)
    sender.turns = Turns(alone=False, busy_lists=lambda _: busy)

    first = sender.claim()
    sender.claim(sender.sent(first), most=0)
    nothing = sender.claim()
    busy.clear()

    assert (first.sending.id, nothing) == (single, None)
    assert sender.run() == [ada]
