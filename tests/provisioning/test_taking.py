"""Taking activations: each by one, and again when whoever took it has died."""

from datetime import timedelta

import pytest

from provisioning.asking import ask, asked
from staffetta.db import Connection
from staffetta.provisioning import ActivationState, get_activation, request_activation
from staffetta.provisioning.model import LEASE, MOST_ATTEMPTS
from staffetta.provisioning.taking import is_due, take
from trying import NOON

SOON = timedelta(seconds=1)


def test_the_one_that_waits_longest_is_taken_first(connection):
    second = ask(connection, now=NOON + SOON)
    first = ask(connection)

    taken = [take(connection, now=NOON + SOON) for _ in range(3)]

    assert [each and each.activation.id for each in taken] == [first.id, second.id, None]
    found = get_activation(connection, first.id)
    assert (found.state, found.attempts) == (ActivationState.IN_PROGRESS, 1)


def test_what_is_not_due_waits(connection):
    ask(connection, now=NOON + SOON)

    assert not is_due(connection, now=NOON)
    assert take(connection, now=NOON) is None


def test_each_account_has_an_id_of_its_own(connection):
    ask(connection)
    ask(connection)

    ids = [taken.account_id for _ in range(2) if (taken := take(connection, now=NOON))]

    assert len(set(ids)) == 2


def test_the_lease_of_whoever_died_runs_out(connection):
    ask(connection)
    first = take(connection, now=NOON)

    too_early = take(connection, now=NOON + LEASE - SOON)
    second = take(connection, now=NOON + LEASE)

    assert too_early is None
    assert first
    assert second
    assert (second.activation.id, second.activation.attempts) == (first.activation.id, 2)


def test_what_was_begun_too_often_is_given_up(connection):
    activation_id = ask(connection).id

    for attempt in range(MOST_ATTEMPTS):
        assert take(connection, now=NOON + attempt * LEASE)
    nothing = take(connection, now=NOON + MOST_ATTEMPTS * LEASE)

    found = get_activation(connection, activation_id)
    assert nothing is None
    assert (found.state, found.due_at) == (ActivationState.ERROR, None)
    assert found.problem


def test_two_at_once_never_take_the_same(quiet):
    if quiet.dialect_name == "sqlite":
        pytest.skip("SQLite has one writer")
    with quiet.connection() as connection:
        ids = [ask(connection).id for _ in range(2)]

    with quiet.connection() as one, quiet.connection() as other:
        taken = [claimed(each) for each in (one, other)]
        third = claimed(other)

    assert sorted(taken) == ids
    assert third is None


def claimed(connection: Connection):
    from staffetta.provisioning import queries

    found = queries.claim(connection, until=NOON + LEASE, now=NOON)
    return found and found.id


def test_of_two_who_ask_at_once_from_one_address_one_is_refused(quiet):
    import asyncio

    requests = [asked(caller_ip="203.0.113.9") for _ in range(8)]

    async def ask_all():
        return await asyncio.gather(
            *(quiet.write_across(request_activation, each, ip_window=timedelta(days=1), now=NOON) for each in requests),
            return_exceptions=True,
        )

    answers = asyncio.run(ask_all())

    assert [type(each).__name__ for each in answers].count("Requested") == 1
