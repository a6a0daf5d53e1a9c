import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from outbox.planned import LASTING, MINUTE, NOON, begin, ending, plan
from staffetta.outbox import (
    DeliveryState,
    count_senders,
    count_states,
    count_waiting,
    end_lease,
    exchange,
    in_state,
    keep_lease,
    next_due_at,
    settle_orphans,
    take_lease,
)
from staffetta.settings import InDoubtPolicy


def claim(connection, lease, *, most=10, now=NOON, outcomes=()):
    return exchange(connection, outcomes, lease=lease, most=most, now=now)


def ids(deliveries):
    return {each.id for each in deliveries}


def test_what_is_due_longest_is_claimed_first(connection, ours):
    late, early, middle = (plan(ours, now=NOON + minutes * MINUTE) for minutes in (3, 1, 2))
    lease = begin(connection)

    first = claim(connection, lease, most=2, now=NOON + 10 * MINUTE)
    second = claim(connection, lease, most=2, now=NOON + 10 * MINUTE)

    assert ids(first) == {early, middle}
    assert ids(second) == {late}


def test_what_is_not_due_is_left(connection, ours):
    plan(ours, now=NOON + MINUTE)

    assert claim(connection, begin(connection)) == []
    assert next_due_at(connection) == NOON + MINUTE


def test_nothing_is_due_when_nothing_waits(connection):
    assert next_due_at(connection) is None
    assert count_waiting(connection) == 0


def test_deliveries_of_every_account_are_claimed(connection, ours, theirs):
    plan(ours)
    plan(theirs)

    assert {each.account_id for each in claim(connection, begin(connection))} == {1, 2}


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize("most", [1, 3, 64])
def test_no_more_is_claimed_than_asked_for(connection, ours, rows, most):
    for _ in range(rows):
        plan(ours)

    claimed = claim(connection, begin(connection), most=most)

    assert len(claimed) == min(rows, most)
    assert count_states(connection).get(DeliveryState.TALKING) == min(rows, most)


def test_what_is_claimed_is_not_claimed_again(connection, ours):
    plan(ours)
    claim(connection, begin(connection))

    assert claim(connection, begin(connection)) == []
    assert claim(connection, begin(connection), now=NOON + timedelta(days=9)) == []


def test_a_try_is_counted_when_it_begins_and_the_first_is_remembered(connection, ours):
    plan(ours)
    lease = begin(connection)
    [first] = claim(connection, lease)
    deferred = ending(first, DeliveryState.DEFERRED, due_at=NOON + 30 * MINUTE)

    early = claim(connection, lease, outcomes=[deferred], now=NOON + MINUTE)
    [second] = claim(connection, lease, now=NOON + 30 * MINUTE)

    assert early == []
    assert (first.attempts, first.first_tried_at) == (1, NOON)
    assert (second.attempts, second.first_tried_at) == (2, NOON)


def test_outcomes_are_recorded_with_the_relays_last_words(connection, ours):
    for _ in range(3):
        plan(ours)
    lease = begin(connection)
    claimed = sorted(claim(connection, lease), key=lambda each: each.id)
    states = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SUPPRESSED)

    claim(
        connection,
        lease,
        most=0,
        outcomes=[
            ending(each, state, reply=f"“{state.name}” 'é' \\") for each, state in zip(claimed, states, strict=True)
        ],
    )

    for each, state in zip(claimed, states, strict=True):
        [row] = in_state(ours, state, most=10)
        assert (row.id, row.reply, row.changed_at) == (each.id, f"“{state.name}” 'é' \\", NOON)


def test_an_outcome_reaches_only_the_delivery_that_it_names(connection, ours, theirs):
    plan(ours)
    plan(theirs)
    lease = begin(connection)
    mine = next(each for each in claim(connection, lease) if each.account_id == 1)

    claim(connection, lease, most=0, outcomes=[ending(mine, DeliveryState.SENT)])

    assert len(in_state(ours, DeliveryState.SENT, most=10)) == 1
    assert len(in_state(theirs, DeliveryState.TALKING, most=10)) == 1


def test_the_outcome_of_another_sender_is_passed_over(connection, ours):
    plan(ours)
    [claimed] = claim(connection, begin(connection))

    claim(connection, begin(connection), most=0, outcomes=[ending(claimed, DeliveryState.SENT)])

    assert count_states(connection) == {DeliveryState.TALKING: 1}


def test_an_outcome_that_comes_twice_changes_nothing_more(connection, ours):
    plan(ours)
    lease = begin(connection)
    [claimed] = claim(connection, lease)
    claim(connection, lease, most=0, outcomes=[ending(claimed, DeliveryState.SENT)])

    claim(connection, lease, most=0, outcomes=[ending(claimed, DeliveryState.FAILED)])

    assert count_states(connection) == {DeliveryState.SENT: 1}


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (InDoubtPolicy.HOLD, DeliveryState.IN_DOUBT),
        (InDoubtPolicy.RESEND, DeliveryState.DEFERRED),
        (InDoubtPolicy.DROP, DeliveryState.DROPPED),
    ],
)
def test_what_a_dead_sender_left_in_talk_is_settled_by_the_policy(connection, ours, policy, state):
    plan(ours)
    plan(ours, now=NOON + timedelta(days=1))
    claim(connection, begin(connection))

    settled = settle_orphans(connection, policy, now=NOON + LASTING + MINUTE)

    [row] = in_state(ours, state, most=10)
    assert settled == 1
    assert (row.due_at, row.attempts) == (NOON + LASTING + MINUTE, 1)
    assert row.reply
    assert count_waiting(connection) == (2 if policy == InDoubtPolicy.RESEND else 1)


def test_a_sender_that_lives_keeps_what_it_talks_about(connection, ours):
    plan(ours)
    lease = begin(connection)
    claim(connection, lease)

    keep_lease(connection, lease, lasting=LASTING, now=NOON + LASTING)
    settled = settle_orphans(connection, InDoubtPolicy.HOLD, now=NOON + LASTING + timedelta(seconds=1))

    assert settled == 0


@pytest.mark.parametrize("policy", [InDoubtPolicy.RESEND, InDoubtPolicy.DROP])
def test_the_outcomes_of_a_lost_lease_are_passed_over(connection, ours, policy):
    plan(ours)
    lost = begin(connection)
    [claimed] = claim(connection, lost)
    settle_orphans(connection, policy, now=NOON + LASTING + MINUTE)
    before = count_states(connection)

    keep_lease(connection, lost, lasting=LASTING, now=NOON + LASTING + MINUTE)
    claim(connection, lost, most=0, outcomes=[ending(claimed, DeliveryState.SENT)])

    assert count_states(connection) == before


def test_a_sender_that_was_taken_for_dead_goes_on_under_its_number(connection, ours):
    plan(ours)
    plan(ours)
    lost = begin(connection)
    [claimed] = claim(connection, lost, most=1)
    later = NOON + LASTING + MINUTE
    settle_orphans(connection, InDoubtPolicy.HOLD, now=later)
    claimed_meanwhile = claim(connection, lost, now=later)

    keep_lease(connection, lost, lasting=LASTING, now=later)
    [following] = claim(connection, lost, outcomes=[ending(claimed, DeliveryState.SENT)], now=later)
    claim(connection, lost, most=0, outcomes=[ending(following, DeliveryState.SENT)], now=later)

    assert claimed_meanwhile == []
    assert count_states(connection) == {DeliveryState.SENT: 2}


def test_a_delivery_sent_again_belongs_to_the_sender_that_sends_it_now(connection, ours):
    plan(ours)
    lost = begin(connection)
    [claimed] = claim(connection, lost)
    later = NOON + LASTING + MINUTE
    settle_orphans(connection, InDoubtPolicy.RESEND, now=later)
    successor = begin(connection, now=later)
    [again] = claim(connection, successor, now=later)

    claim(connection, lost, most=0, outcomes=[ending(claimed, DeliveryState.FAILED)])
    claim(connection, successor, most=0, outcomes=[ending(again, DeliveryState.SENT)])

    assert again.message_id == claimed.message_id
    assert count_states(connection) == {DeliveryState.SENT: 1}


def test_a_late_answer_clears_a_doubt_that_nobody_has_settled(connection, ours):
    plan(ours)
    lease = begin(connection)
    [claimed] = claim(connection, lease)
    settle_orphans(connection, InDoubtPolicy.HOLD, now=NOON + LASTING + MINUTE)

    claim(connection, lease, most=0, outcomes=[ending(claimed, DeliveryState.SENT)])

    assert count_states(connection) == {DeliveryState.SENT: 1}


def test_a_sender_that_is_alone_ends_every_older_lease_at_once(connection, ours):
    plan(ours)
    claim(connection, begin(connection))

    begin(connection, alone=True)

    assert settle_orphans(connection, InDoubtPolicy.HOLD, now=NOON) == 1


def test_a_sender_that_is_not_alone_leaves_the_leases_that_live(connection):
    other = begin(connection)

    begin(connection)

    assert count_senders(connection, now=NOON) == 2
    keep_lease(connection, other, lasting=LASTING, now=NOON)
    assert count_senders(connection, now=NOON) == 2


def test_a_sender_that_has_ended_is_none(connection):
    lease = begin(connection)

    end_lease(connection, lease)

    assert count_senders(connection, now=NOON) == 0


def test_two_senders_at_once_never_get_the_same_delivery(own_database):
    with own_database.transaction(1) as tx:
        planned = {plan(tx) for _ in range(120)}
    both_ready = threading.Barrier(2)

    def send():
        with own_database.connection() as connection:
            lease = take_lease(connection, alone=False, lasting=LASTING, now=NOON)
        both_ready.wait(20)
        sent = []
        outcomes = []
        while True:
            with own_database.connection() as connection:
                claimed = exchange(connection, outcomes, lease=lease, most=7, now=NOON)
            if not claimed:
                return sent
            sent += [each.id for each in claimed]
            outcomes = [ending(each, DeliveryState.SENT) for each in claimed]

    with ThreadPoolExecutor(2) as threads:
        [first, second] = [each.result(60) for each in [threads.submit(send), threads.submit(send)]]

    assert len(first) + len(second) == len(planned)
    assert set(first) | set(second) == planned
