"""Moving windows, in memory and in a real Redis."""

import asyncio
import os
import time

import pytest
from limits.storage import MovingWindowSupport, Storage

from staffetta.errors import InvalidArgument
from staffetta.interfaces import limiting
from staffetta.interfaces.limiting import (
    FEW_KEYS,
    Counter,
    CounterInMemory,
    CounterInStorage,
    Limit,
    Limiter,
    LimitReached,
    counter_of,
)

TWO = Limit(2, 1)
ADA = ("client", "a1", "L4")


@pytest.fixture(params=["memory", "redis"])
def counter(request: pytest.FixtureRequest) -> Counter:
    """What counts, of each kind."""
    return counter_of("memory://" if request.param == "memory" else request.getfixturevalue("redis_url"))


@pytest.fixture
def key() -> tuple[str, ...]:
    """A key of the test's own."""
    return ("client", os.urandom(8).hex())


def test_so_many_are_let_through_and_the_next_is_told_how_long_to_wait(counter, key):
    taken = [counter.take(key, TWO) for _ in range(3)]

    assert taken[:2] == [0, 0]
    assert 0 < taken[2] <= 1
    assert 0 < counter.seconds_until_free(key, TWO) <= 1
    assert counter.used(key, TWO) == 2


def test_keys_are_counted_apart(counter, key):
    counter.take(key, Limit(1, 60))

    assert counter.take((*key, "another"), Limit(1, 60)) == 0
    assert counter.take(key, Limit(1, 60)) > 0


def test_asking_counts_nothing(counter, key):
    asked = [counter.seconds_until_free(key, TWO) for _ in range(3)]

    assert (asked, counter.used(key, TWO)) == ([0, 0, 0], 0)


def test_there_is_room_again_when_the_window_has_moved(counter, key):
    limit = Limit(1, 1)
    counter.take(key, limit)

    time.sleep(counter.seconds_until_free(key, limit) + 0.05)

    assert counter.take(key, limit) == 0


def test_a_limit_of_none_lets_nothing_through(key):
    counter = CounterInMemory()

    assert counter.take(key, Limit(0, 60)) > 0
    assert counter.seconds_until_free(key, Limit(0, 60)) > 0


def test_a_storage_counts_for_several_processes(redis_url, key):
    one, other = CounterInStorage(redis_url), CounterInStorage(redis_url)

    taken = [each.take(key, TWO) for each in (one, other, one, other)]

    assert [seconds > 0 for seconds in taken] == [False, False, True, True]


def test_keys_of_the_past_are_forgotten():
    counter = CounterInMemory()
    for number in range(FEW_KEYS):
        counter.take(("client", f"a{number}", "L4"), TWO)
    for calls, seconds in counter._calls.values():
        calls[0] -= seconds

    counter.take(ADA, TWO)

    assert list(counter._calls) == [ADA]


def test_a_day_is_not_forgotten_with_a_second():
    counter = CounterInMemory()
    counter.take(("day",), Limit(1, 86_400))
    for number in range(1, FEW_KEYS):
        counter.take((f"{number}",), TWO)
        counter._calls[f"{number}",][0][0] -= 1

    counter.take(ADA, TWO)

    assert list(counter._calls) == [("day",), ADA]


async def test_who_waits_goes_on_when_there_is_room(counter, key):
    limiter = Limiter(counter)
    limit = Limit(1, 1)
    assert limiter.admits(key, limit)
    assert not limiter.admits(key, limit)

    await limiter.wait(key, limit, patience_seconds=5)

    assert not limiter._queues


async def test_who_waits_for_too_long_is_refused(counter, key):
    limiter = Limiter(counter)
    assert limiter.admits(key, Limit(1, 60))

    with pytest.raises(LimitReached, match="more than 1 calls within 60 seconds"):
        await limiter.wait(key, Limit(1, 60), patience_seconds=0.01)

    assert (limiter._queues, limiter._waiting) == ({}, 0)


async def test_nobody_waits_where_too_many_wait(monkeypatch):
    monkeypatch.setattr(limiting, "MOST_WAITING", 1)
    limiter = Limiter(CounterInMemory())
    limit = Limit(1, 60)
    assert limiter.admits(("a",), limit)
    waiting = asyncio.ensure_future(limiter.wait(("a",), limit, patience_seconds=5))
    await asyncio.sleep(0)

    with pytest.raises(LimitReached):
        await limiter.wait(("b",), limit, patience_seconds=5)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


class BrokenStorage(Storage, MovingWindowSupport):
    """A storage of the limits that cannot be reached."""

    STORAGE_SCHEME = ("broken",)
    base_exceptions = ConnectionError

    def acquire_entry(self, *_args, **_options):
        raise ConnectionError

    get_moving_window = acquire_entry
    incr = decr = get = get_expiry = check = reset = clear = acquire_entry


def test_while_the_storage_is_away_nobody_is_held_up():
    counter = CounterInStorage("broken://")

    assert [counter.take(ADA, Limit(1, 1)) for _ in range(3)] == [0, 0, 0]
    assert counter.seconds_until_free(ADA, TWO) == 0
    assert counter.used(ADA, TWO) == 0


@pytest.mark.parametrize("url", ["nonsense", "nowhere://127.0.0.1"])
def test_a_storage_that_there_is_not_is_refused(url):
    with pytest.raises(InvalidArgument, match="STAFFETTA_LIMITS_STORAGE"):
        counter_of(url)
