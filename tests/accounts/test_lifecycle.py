from datetime import timedelta

import pytest

from staffetta.accounts import (
    AccountState,
    NoTrial,
    Owner,
    Plan,
    TrialOver,
    Turn,
    accept_terms,
    change_state,
    create_account,
    due_trials,
    expire,
    extend,
    get_account,
    look_at_trial,
    publish_terms,
    reactivate,
    suspend,
)
from staffetta.accounts.trial_queries import DUE, REMINDERS
from staffetta.errors import InvalidArgument
from staffetta.kit.languages import Language
from trying import NOON, undone

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def connection(own_database):
    yield from undone(own_database)


def create(connection, *, days=30, active=True):
    """Return a transaction of a new account on trial."""
    owner = Owner(
        name="Ada",
        email="ada@example.com",
        one_time_hash="!",
        plan=Plan(trial_days=days),
        expires_at=NOON + days * DAY if days else None,
    )
    made = create_account(connection, account_id=None, name="", hosts=(), password=None, now=NOON, owner=owner)
    tx = connection.for_account(made.id)
    if active:
        accept_terms(tx, login="m1", ip="", version=0, language=Language.EN, now=NOON)
    return tx


def by_hand(connection):
    made = create_account(connection, account_id=None, name="", hosts=(), password=None, now=NOON)
    return connection.for_account(made.id)


def state(tx):
    return get_account(tx, tx.account_id).state


def end(tx):
    return get_account(tx, tx.account_id).expires_at


def test_an_account_is_suspended_and_reactivated_and_others_are_not(connection):
    ours, theirs = create(connection), create(connection)

    suspend(ours)

    assert (state(ours), state(theirs)) == (AccountState.SUSPENDED, AccountState.ACTIVE)

    reactivate(ours, now=NOON)

    assert state(ours) == AccountState.ACTIVE


def test_whoever_comes_back_accepts_the_terms_that_changed_meanwhile(connection):
    bound, free = create(connection), by_hand(connection)
    suspend(bound)
    suspend(free)
    publish_terms(connection, {Language.EN: "Terms"}, now=NOON)

    reactivate(bound, now=NOON)
    reactivate(free, now=NOON)

    assert (state(bound), state(free)) == (AccountState.TERMS_NOT_ACCEPTED, AccountState.ACTIVE)


def test_an_account_whose_time_is_over_needs_more_of_it(connection):
    ours = create(connection, days=30)
    suspend(ours)

    with pytest.raises(TrialOver):
        reactivate(ours, now=NOON + 30 * DAY)

    assert state(ours) == AccountState.SUSPENDED


def test_an_account_is_expired_at_once_and_extended_from_then(connection):
    ours, theirs = create(connection), create(connection)

    expire(ours, now=NOON + DAY)

    assert (state(ours), end(ours)) == (AccountState.EXPIRED, NOON + DAY)
    assert (state(theirs), end(theirs)) == (AccountState.ACTIVE, NOON + 30 * DAY)
    assert extend(ours, days=10, now=NOON + 5 * DAY) == NOON + 15 * DAY
    assert (state(ours), end(ours)) == (AccountState.ACTIVE, NOON + 15 * DAY)
    assert end(theirs) == NOON + 30 * DAY


def test_an_account_that_is_in_use_is_extended_from_its_end(connection):
    ours = create(connection, days=30, active=False)

    assert extend(ours, days=10, now=NOON) == NOON + 40 * DAY
    assert state(ours) == AccountState.TERMS_NOT_ACCEPTED


def test_a_suspended_account_is_extended_and_stays_so(connection):
    ours = create(connection)
    suspend(ours)

    extend(ours, days=10, now=NOON)

    assert state(ours) == AccountState.SUSPENDED


def test_an_account_without_end_is_not_given_one_by_mistake(connection):
    ours = by_hand(connection)

    with pytest.raises(NoTrial):
        extend(ours, days=10, now=NOON)

    expire(ours, now=NOON)
    reactivate(ours, now=NOON)
    assert (state(ours), end(ours)) == (AccountState.ACTIVE, None)


@pytest.mark.parametrize("days", [0, -1, 3_651])
def test_an_account_is_extended_by_days_that_can_be(connection, days):
    with pytest.raises(InvalidArgument):
        extend(create(connection), days=days, now=NOON)


@pytest.mark.parametrize(
    ("to_go", "turn"),
    [
        (8 * DAY, Turn.NOTHING),
        (7 * DAY, Turn.REMINDED),
        (2 * DAY, Turn.REMINDED),
        (SECOND, Turn.REMINDED),
        (0 * DAY, Turn.EXPIRED),
        (-40 * DAY, Turn.EXPIRED),
    ],
)
def test_a_trial_is_looked_at_when_its_end_is_near_or_past(connection, to_go, turn):
    ours, forever = create(connection), create(connection, days=0)
    now = NOON + 30 * DAY - to_go

    due = due_trials(connection, now=now)
    done = look_at_trial(ours, now=now)

    assert (due, done) == ([] if turn == Turn.NOTHING else [ours.account_id], turn)
    assert (due_trials(connection, now=now), look_at_trial(ours, now=now)) == ([], Turn.NOTHING)
    assert look_at_trial(forever, now=now) == Turn.NOTHING


def test_everybody_is_reminded_three_times_and_then_expires(connection):
    ours = create(connection)

    turns = {day: look_at_trial(ours, now=NOON + day * DAY) for day in range(33)}

    assert {day: turn for day, turn in turns.items() if turn != Turn.NOTHING} == {
        23: Turn.REMINDED,
        27: Turn.REMINDED,
        29: Turn.REMINDED,
        30: Turn.EXPIRED,
    }
    assert state(ours) == AccountState.EXPIRED


def test_nobody_is_reminded_of_a_short_trial_as_soon_as_it_begins(connection):
    ours = create(connection, days=3)

    turns = [look_at_trial(ours, now=NOON + day * DAY) for day in range(4)]

    assert turns == [Turn.NOTHING, Turn.NOTHING, Turn.REMINDED, Turn.EXPIRED]


def test_an_extended_trial_is_reminded_of_anew(connection):
    ours = create(connection)
    look_at_trial(ours, now=NOON + 29 * DAY)

    extend(ours, days=30, now=NOON + 29 * DAY)

    assert look_at_trial(ours, now=NOON + 52 * DAY) == Turn.NOTHING
    assert look_at_trial(ours, now=NOON + 53 * DAY) == Turn.REMINDED


@pytest.mark.parametrize("closed", [AccountState.SUSPENDED, AccountState.INACTIVE, AccountState.EXPIRED])
def test_the_trial_of_an_account_that_is_closed_is_left_alone(connection, closed):
    ours = create(connection)
    change_state(ours, closed)
    later = NOON + 31 * DAY

    assert (due_trials(connection, now=later), look_at_trial(ours, now=later)) == ([], Turn.NOTHING)
    assert state(ours) == closed


def test_due_trials_are_found_by_the_index(own_database):
    if own_database.dialect_name != "sqlite":
        pytest.skip("a planner that reads statistics scans an empty table")
    prepared = DUE.prepared_for("sqlite")
    values = prepared.bind({"now": NOON, "most": 1, **{f"within_{days}": NOON for days in REMINDERS}})

    with own_database.connection() as connection:
        plan = connection._cursor.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", values).fetchall()

    assert ["USING INDEX accounts_expires_at" in row[3] for row in plan] == [True]
