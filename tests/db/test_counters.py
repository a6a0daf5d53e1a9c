import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from db.playing import put
from staffetta.db.counters import BLOCK
from trying import UndoneError

_accounts = itertools.count(3000)


@pytest.fixture
def account_id():
    return next(_accounts)


def test_ids_are_counted_from_one_per_account_and_name(tx, stranger):
    ours = [tx.take_id("played") for _ in range(3)]

    assert ours == [1, 2, 3]
    assert stranger.take_id("played") == 1
    assert tx.take_id("played otherwise") == 1


def test_ids_taken_at_once_stand_in_a_row(tx):
    tx.take_id("played")

    assert list(tx.take_ids("played", 5)) == [2, 3, 4, 5, 6]
    assert tx.take_id("played") == 7


def test_an_id_chosen_by_a_person_is_never_given_and_what_follows_is(tx):
    tx.take_id("played")

    tx.id_is_taken("played", 40)
    tx.id_is_taken("played", 7)

    assert tx.take_id("played") == 41


def test_the_first_id_of_all_can_be_chosen_by_a_person(tx):
    tx.id_is_taken("played", 1)

    assert tx.take_id("played") == 2


def test_ids_of_a_block_follow_each_other_across_its_end(tx):
    numbers = [tx.pooled_id("played") for _ in range(BLOCK + 2)]

    assert numbers == list(range(1, BLOCK + 3))


def test_two_connections_share_no_ids(own_database, account_id):
    with own_database.transaction(account_id) as first:
        ours = [first.pooled_id("played") for _ in range(3)]
    with own_database.transaction(account_id) as second:
        theirs = [second.pooled_id("played") for _ in range(3)]
        taken = second.take_ids("played", 2)

    assert len({*ours, *theirs, *taken}) == 8


def test_ids_of_what_was_rolled_back_are_not_given_twice(own_database, account_id):
    with suppress(UndoneError), own_database.transaction(account_id) as tx:
        put(tx, str(tx.pooled_id("played")))
        raise UndoneError
    with own_database.transaction(account_id) as tx:
        numbers = [tx.pooled_id("played") for _ in range(3)]
        for number in numbers:
            put(tx, str(number))
    with own_database.transaction(account_id) as tx:
        assert tx.pooled_id("played") not in numbers
        assert not set(tx.take_ids("played", 3)) & set(numbers)


def test_connections_that_count_at_once_share_no_ids(own_database, account_id):
    with own_database.transaction(account_id) as tx:
        tx.take_id("played")
    both_ready = threading.Barrier(2)

    def count():
        both_ready.wait(20)
        numbers = []
        for number in range(30):
            with own_database.transaction(account_id) as tx:
                numbers += [tx.take_id("played"), *tx.take_ids("played", 3), tx.pooled_id("played")]
                if number == 10:
                    tx.id_is_taken("played", 5_000)
        return numbers

    with ThreadPoolExecutor(2) as threads:
        first, second = [each.result(60) for each in [threads.submit(count), threads.submit(count)]]

    assert len({*first, *second}) == len(first) + len(second) == 300
    assert max(first + second) > 5_000
