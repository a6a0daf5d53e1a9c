"""How often who may call: moving windows, counted in this process or in Redis/Valkey; what comes too fast may wait."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import structlog
from limits import RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from staffetta.errors import InvalidArgument, ResourceExhausted

log = structlog.get_logger()

# Those who wait hold memory, no more; a caller that has so many calls waiting at once is told so at once.
MOST_WAITING_OF_ONE = 50
MOST_WAITING = 2_000
# Where others count too, a free slot may be gone when we come for it.
LONGEST_NAP_SECONDS = 0.25
SHORTEST_NAP_SECONDS = 0.005
FEW_KEYS = 1_024

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in any stretch of time of this length."""

    most: int
    seconds: int


class LimitReached(ResourceExhausted):
    """Too many calls within a limit; `waiting` of them stood in line."""

    def __init__(self, limit: Limit, waiting: int) -> None:
        super().__init__(f"more than {limit.most} calls within {limit.seconds} seconds")
        self.limit = limit
        self.waiting = waiting


class Counter(Protocol):
    """Counts calls by key; a key belongs to one limit."""

    def take(self, key: Key, limit: Limit) -> float:
        """Count a call if there is room for it and return 0; else return in how many seconds there may be."""

    def seconds_until_free(self, key: Key, limit: Limit) -> float:
        """Return in how many seconds there is room for a call, 0 where there is; counts nothing."""

    def used(self, key: Key, limit: Limit) -> int:
        """Return how many calls count at this moment."""


class Limiter:
    """Lets calls through as fast as their limits allow, those that came first before the others."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._queues: dict[Key, _Queue] = {}
        self._waiting = 0

    def admits(self, key: Key, limit: Limit) -> bool:
        """Tell whether a call may go ahead at once, and count it if so; those that wait go first."""
        return key not in self._queues and self._counter.take(key, limit) <= 0

    async def wait(self, key: Key, limit: Limit, *, patience_seconds: float) -> None:
        """Return when a call that was not admitted may go ahead.

        Raises:
            LimitReached: it had to wait for too long.

        """
        queue = self._queues.setdefault(key, _Queue())
        if queue.waiting >= MOST_WAITING_OF_ONE or self._waiting >= MOST_WAITING:
            raise LimitReached(limit, queue.waiting)
        queue.waiting += 1
        self._waiting += 1
        try:
            await self._wait(key, queue, limit, patience_seconds)
        finally:
            queue.waiting -= 1
            self._waiting -= 1
            if not queue.waiting:
                self._queues.pop(key, None)

    async def _wait(self, key: Key, queue: "_Queue", limit: Limit, patience_seconds: float) -> None:
        waiting = queue.waiting - 1
        try:
            async with asyncio.timeout(patience_seconds), queue.turn:
                while (seconds := self._counter.take(key, limit)) > 0:  # noqa: ASYNC110 - time frees a slot, no event
                    await asyncio.sleep(min(max(seconds, SHORTEST_NAP_SECONDS), LONGEST_NAP_SECONDS))
        except TimeoutError as error:
            raise LimitReached(limit, waiting) from error


class _Queue:
    """Calls of one key that wait; asyncio's lock is handed on in the order of arrival."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0


class CounterInMemory:
    """Counts in this process.

    The library's own storage walks through every key there ever was, up to a hundred times a second; with a key for
    each user and resource that would cost more than the calls.
    """

    def __init__(self) -> None:
        self._calls: dict[Key, tuple[deque[float], int]] = {}
        self._sweep_at = FEW_KEYS

    def take(self, key: Key, limit: Limit) -> float:
        now = time.monotonic()
        calls = self._calls_of(key, limit, now)
        if len(calls) >= limit.most:
            return _seconds_until_free(calls, limit, now)
        if not calls:
            if len(self._calls) >= self._sweep_at:
                self._sweep(now)
            self._calls[key] = calls, limit.seconds
        calls.append(now)
        return 0

    def seconds_until_free(self, key: Key, limit: Limit) -> float:
        now = time.monotonic()
        calls = self._calls_of(key, limit, now)
        return _seconds_until_free(calls, limit, now) if len(calls) >= limit.most else 0

    def used(self, key: Key, limit: Limit) -> int:
        return len(self._calls_of(key, limit, time.monotonic()))

    def _calls_of(self, key: Key, limit: Limit, now: float) -> deque[float]:
        kept = self._calls.get(key)
        if kept is None:
            return deque()
        calls = kept[0]
        while calls and calls[0] <= now - limit.seconds:
            calls.popleft()
        return calls

    def _sweep(self, now: float) -> None:
        self._calls = {
            key: (calls, seconds)
            for key, (calls, seconds) in self._calls.items()
            if calls and calls[-1] > now - seconds
        }
        self._sweep_at = max(FEW_KEYS, 2 * len(self._calls))


def _seconds_until_free(calls: deque[float], limit: Limit, now: float) -> float:
    # A limit of none is full without any call.
    return (calls[0] if calls else now) + limit.seconds - now


class CounterInStorage:
    """Counts in Redis or Valkey, for all processes together; while it does not answer, nobody is held up."""

    def __init__(self, url: str) -> None:
        self._limiter = MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True))

    def take(self, key: Key, limit: Limit) -> float:
        try:
            if self._limiter.hit(_item(limit), *key):
                return 0
        except StorageError as error:
            return _uncounted(error)
        return max(self.seconds_until_free(key, limit), SHORTEST_NAP_SECONDS)

    def seconds_until_free(self, key: Key, limit: Limit) -> float:
        try:
            window = self._limiter.get_window_stats(_item(limit), *key)
        except StorageError as error:
            return _uncounted(error)
        return max(window.reset_time - time.time(), SHORTEST_NAP_SECONDS) if window.remaining <= 0 else 0

    def used(self, key: Key, limit: Limit) -> int:
        try:
            return limit.most - max(0, self._limiter.get_window_stats(_item(limit), *key).remaining)
        except StorageError as error:
            return int(_uncounted(error))


def counter_of(url: str) -> Counter:
    """Return what counts where the setting says.

    Raises:
        InvalidArgument: it names no storage that can be used here.

    """
    if url.startswith("memory:"):
        return CounterInMemory()
    try:
        return CounterInStorage(url)
    except (ConfigurationError, ValueError) as error:
        # Its text may hold the password of the URL.
        raise InvalidArgument(
            "STAFFETTA_LIMITS_STORAGE is memory:// or redis://HOST:PORT/DATABASE; the latter needs the package redis"
        ) from error


def _item(limit: Limit) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(limit.most, limit.seconds, namespace="staffetta")


def _uncounted(error: StorageError) -> float:
    log.warning("throttles do not count", reason=type(error.storage_error).__name__)
    return 0
