"""Dead addresses and those who complain are written to no more, full ones after a while, blocked ones always."""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select

from campaigns.happening import counts, done, engaged, person, record, send, time_lines
from campaigns.sent import delivered, sending_of
from staffetta.campaigns import Actor, Bounce, Complained, Patience, find_sent, record_bounces, record_complaints
from staffetta.campaigns.tables import events, soft_bounces
from staffetta.db import Connection, Statement
from staffetta.recipients import Cause, Channel, Source, Status, get_profile, history, suppressed_among
from trying import NOON

DAY = timedelta(days=1)
DEAD = "550 5.1.1 user unknown"
FULL = "452 4.2.2 mailbox full"
REASONS = Statement(
    select(events.c.kind, events.c.reason).where(events.c.account_id == bindparam("account_id")).order_by(events.c.id)
)
COUNTED = Statement(
    select(soft_bounces.c.recipient_id, soft_bounces.c.times).where(
        soft_bounces.c.account_id == bindparam("account_id")
    )
)


@pytest.fixture
def ada(tx):
    return person(tx)


def returned(tx, ada, sending_id=1, *, message_id, hard=False, reply=None, speaks=True):
    return Bounce(
        account_id=tx.account_id,
        message_id=message_id,
        sending_id=sending_id,
        recipient_id=ada,
        is_hard=hard,
        reply=reply or (DEAD if hard else FULL),
        speaks_of_address=speaks,
    )


def bounce(tx, ada, sending_id=1, *, now=NOON, **said):
    return record_bounces(tx, [returned(tx, ada, sending_id, **said)], now=now)


def complain(tx, ada, message_id, *, now=NOON):
    report = Complained(
        account_id=tx.account_id, message_id=message_id, sending_id=1, recipient_id=ada, report="abuse Provider/2"
    )
    return record_complaints(tx, [report], now=now)


def standing(tx, ada):
    subscription = get_profile(tx, ada).subscriptions[1, Channel.EMAIL]
    return subscription.status, subscription.cause


def is_suppressed(tx, name="ada"):
    return bool(suppressed_among(Connection(tx._session), [(tx.account_id, f"{name}@example.org")]))


def times(tx):
    return [tuple(row) for row in tx.all(COUNTED)]


def test_a_dead_address_is_given_up_and_the_ledger_says_by_which_words(tx, ada):
    message_id = send(tx)

    assert bounce(tx, ada, message_id=message_id, hard=True) == 1

    assert is_suppressed(tx)
    assert standing(tx, ada) == (Status.UNSUBSCRIBED, Cause.BOUNCE)
    proof = history(tx, "ada@example.org")[-1]
    assert (proof.source, proof.cause, proof.wording) == (Source.SENDING, Cause.BOUNCE, f"bounce: {DEAD}")
    assert counts(tx, message_id) == {"hard_bounces": 1}
    assert engaged(tx) == [("HARD_BOUNCE", ada, 1)]


def test_the_same_report_counts_once(tx, ada):
    message_id = send(tx)

    new = [bounce(tx, ada, message_id=message_id, hard=hard) for hard in (False, False, True, True, False)]

    assert new == [1, 0, 1, 0, 0]
    assert counts(tx, message_id) == {"hard_bounces": 1, "soft_bounces": 1}
    assert times(tx) == []


def test_the_same_report_twice_at_once_counts_once(tx, ada):
    message_id = send(tx)
    report = returned(tx, ada, message_id=message_id, hard=True)

    assert record_bounces(tx, [report, report], now=NOON) == 1

    assert counts(tx, message_id) == {"hard_bounces": 1}


def test_words_of_any_length_are_cut(tx, ada):
    bounce(tx, ada, message_id=send(tx), hard=True, reply="550 5.1.1 " + "x" * 10_000)

    assert len(history(tx, "ada@example.org")[-1].wording) == 300


def test_a_full_mailbox_is_written_to_again(tx, ada):
    message_id = send(tx)

    bounce(tx, ada, message_id=message_id)

    assert not is_suppressed(tx)
    assert standing(tx, ada) == (Status.SUBSCRIBED, None)
    assert times(tx) == [(ada, 1)]
    assert counts(tx, message_id) == {"soft_bounces": 1}


def test_patience_ends_by_number_and_time(tx, ada):
    message_id = send(tx)

    for number in range(5):
        bounce(tx, ada, number + 1, message_id=message_id, now=NOON + number * DAY)
    assert not is_suppressed(tx)
    bounce(tx, ada, 6, message_id=message_id, now=NOON + 7 * DAY)

    assert is_suppressed(tx)
    assert times(tx) == []
    assert tx.all(REASONS)[-1] == (3, f"6 soft bounces since 2026-06-01: {FULL}")
    assert history(tx, "ada@example.org")[-1].wording == f"bounce: 6 soft bounces since 2026-06-01: {FULL}"


def test_a_long_time_with_few_bounces_is_no_end(tx, ada):
    message_id = send(tx)

    for number in range(4):
        bounce(tx, ada, number + 1, message_id=message_id, now=NOON + 30 * number * DAY)

    assert not is_suppressed(tx)


@pytest.mark.parametrize(("actor", "count"), [(Actor.PERSON, 1), (Actor.UNSURE, 1), (Actor.MACHINE, 3)])
def test_who_opens_a_mail_is_alive_but_a_program_is_not(tx, ada, actor, count):
    message_id = send(tx)
    bounce(tx, ada, 1, message_id=message_id, now=NOON)
    bounce(tx, ada, 2, message_id=message_id, now=NOON + DAY)

    record(tx, done(tx, message_id, ada, actor=actor, happened_at=NOON + 2 * DAY))
    bounce(tx, ada, 3, message_id=message_id, now=NOON + 3 * DAY)

    assert times(tx) == [(ada, count)]


@pytest.mark.parametrize(("bounced_at", "count"), [(9, 1), (6, 2)])
def test_what_did_not_come_back_in_six_days_has_arrived(tx, ada, bounced_at, count):
    message_id = send(tx)
    bounce(tx, ada, 1, message_id=message_id, now=NOON)
    delivered(tx, message_id, 2, ada, at=NOON + 2 * DAY)

    bounce(tx, ada, 3, message_id=message_id, now=NOON + bounced_at * DAY)

    assert times(tx) == [(ada, count)]


def test_what_was_accepted_and_came_back_has_not_arrived(tx, ada):
    message_id = send(tx)
    bounce(tx, ada, 1, message_id=message_id, now=NOON)
    delivered(tx, message_id, 2, ada, at=NOON + DAY)
    bounce(tx, ada, 2, message_id=message_id, now=NOON + 2 * DAY)

    bounce(tx, ada, 3, message_id=message_id, now=NOON + 20 * DAY)

    assert times(tx) == [(ada, 3)]


def test_a_block_is_shown_and_never_counted_against_the_address(tx, ada):
    message_id = send(tx)

    for number in range(20):
        bounce(tx, ada, number, message_id=message_id, speaks=False, now=NOON + number * DAY)

    assert not is_suppressed(tx)
    assert times(tx) == []
    assert engaged(tx) == [("SOFT_BOUNCE", ada, 20)]


def test_how_patient_is_set(tx, ada):
    impatient = Patience(1, timedelta(0))

    record_bounces(tx, [returned(tx, ada, message_id=send(tx))], patience=impatient, now=NOON)

    assert is_suppressed(tx)


def test_who_complains_is_written_to_no_more_and_counts_once(tx, ada):
    message_id = send(tx)

    assert [complain(tx, ada, message_id), complain(tx, ada, message_id)] == [1, 0]

    assert is_suppressed(tx)
    assert standing(tx, ada) == (Status.UNSUBSCRIBED, Cause.COMPLAINT)
    assert counts(tx, message_id) == {"complaints": 1}
    assert history(tx, "ada@example.org")[-1].wording == "complaint: abuse Provider/2"


def test_who_is_gone_leaves_no_trace(tx):
    message_id = send(tx)

    assert bounce(tx, 99, message_id=message_id, hard=True) == 0
    assert complain(tx, 99, message_id) == 0

    assert (engaged(tx), time_lines(tx), counts(tx, message_id)) == ([], [], {})


def test_many_of_several_accounts_are_recorded_together(tx, stranger):
    message_id, theirs = send(tx), send(stranger)
    people = [person(tx, name) for name in ("ada", "bob", "eve")]
    namesake = person(stranger, "ada")

    new = record_bounces(
        tx,
        [
            *(returned(tx, each, message_id=message_id, hard=True) for each in people[:2]),
            returned(tx, people[2], message_id=message_id),
            returned(stranger, namesake, message_id=theirs),
        ],
        now=NOON,
    )

    assert new == 4
    assert counts(tx, message_id) == {"hard_bounces": 2, "soft_bounces": 1}
    assert counts(stranger, theirs) == {"soft_bounces": 1}
    assert [is_suppressed(tx, name) for name in ("ada", "bob", "eve")] == [True, True, False]
    assert not is_suppressed(stranger)


def test_a_sending_is_known_by_its_number_within_its_account(tx, stranger):
    message_id = send(tx)
    sending_id = sending_of(tx, message_id)

    assert find_sent(tx, sending_id) == (message_id, 1)
    assert find_sent(stranger, sending_id) is None
