"""Two processes that record events of the same people at once: everybody is counted once."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from campaigns.happening import counts, done, engaged, links, person, send
from staffetta.campaigns import record_events
from staffetta.db import Database, open_database
from trying import NOON

ROUNDS, PEOPLE = 25, 12


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # one process serves a SQLite file
def test_two_processes_that_record_the_same_people_at_once_count_each_of_them_once(database, account, settings):
    with database.transaction(account.id) as tx:
        message = send(tx)
        people = [person(tx, f"person{number}") for number in range(PEOPLE)]
        views = [done(tx, message, each) for each in people]
        clicks = [done(tx, message, each, "click", link_id=1) for each in reversed(people)]
    both_ready = threading.Barrier(2)

    async def record_often(own: Database) -> None:
        both_ready.wait(20)
        for number in range(ROUNDS):
            await own.write_across(record_events, clicks if number % 2 else views, now=NOON)

    def process() -> None:
        own = open_database(settings)
        try:
            asyncio.run(record_often(own))
        finally:
            own.close()

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(process), threads.submit(process)]:
            each.result(60)

    with database.transaction(account.id) as tx:
        views_seen, clicks_made = 2 * 13 * PEOPLE, 2 * 12 * PEOPLE
        assert counts(tx, message) == {
            "viewers": PEOPLE,
            "views": views_seen,
            "clickers": PEOPLE,
            "clicks": clicks_made,
        }
        assert len(engaged(tx)) == 2 * PEOPLE
        assert links(tx) == [(1, clicks_made, PEOPLE)]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # one process serves a SQLite file
def test_two_processes_that_record_the_same_people_in_another_order_are_not_in_each_others_way(
    database, account, settings
):
    with database.transaction(account.id) as tx:
        message = send(tx)
        tx.pooled_id("event")  # two that take the first block are in each other's way, once
        people = [person(tx, f"person{number}") for number in range(PEOPLE)]
        forth, back = (
            [done(tx, message, each, happened_at=NOON + timedelta(seconds=later)) for later, each in enumerate(whose)]
            for whose in (people, reversed(people))
        )
    both_ready = threading.Barrier(2)

    def process(events) -> None:
        own = open_database(settings)
        try:
            for _ in range(ROUNDS):
                both_ready.wait(20)
                with own.connection() as connection:  # which is told of a deadlock, and does not try again
                    record_events(connection, events, now=NOON)
        finally:
            own.close()

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(process, events) for events in (forth, back)]:
            each.result(60)

    with database.transaction(account.id) as tx:
        assert counts(tx, message) == {"viewers": PEOPLE, "views": 2 * ROUNDS * PEOPLE}
