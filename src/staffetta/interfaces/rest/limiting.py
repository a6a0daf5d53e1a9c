"""How often a user may call a resource: what comes too fast waits for a while before it is refused (contract 4.2)."""

import asyncio
import time
from collections import deque
from typing import Protocol

import structlog
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from staffetta.interfaces.rest.errors import TooManyCalls
from staffetta.settings import Settings

log = structlog.get_logger()

# A client that calls one at a time is never refused: after the calls of a second it waits for the next one to begin.
PATIENCE_SECONDS = 1.2
WINDOW_SECONDS = 1.0
# Those who wait hold memory, no more; a user that has so many calls waiting at once is told so at once.
MOST_WAITING_OF_ONE = 50
MOST_WAITING = 2_000
# Where others count too, a free slot may be gone when we come for it.
LONGEST_NAP_SECONDS = 0.25
SHORTEST_NAP_SECONDS = 0.005
FEW_KEYS = 1_024

Key = tuple[str, ...]


class Counter(Protocol):
    """Counts calls in a moving window of a second."""

    def take(self, key: Key) -> float:
        """Count a call if there is room for it and return 0; else return in how many seconds there may be."""


class Shaper:
    """Lets calls of an application, user and resource through as fast as is allowed."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.limited
        self._most = settings.rest_calls_per_second
        self._counter = counter_of(settings.limits_storage, self._most)
        self._queues: dict[Key, _Queue] = {}
        self._waiting = 0

    def admits(self, key: Key) -> bool:
        """Tell whether a call may go ahead at once, and count it if so; those that wait go first."""
        return not self._on or (key not in self._queues and self._counter.take(key) <= 0)

    async def wait(self, key: Key) -> None:
        """Return when a call that was not admitted may go ahead, those that came first before the others.

        Raises:
            TooManyCalls: it had to wait for too long.

        """
        queue = self._queues.setdefault(key, _Queue())
        if queue.waiting >= MOST_WAITING_OF_ONE or self._waiting >= MOST_WAITING:
            raise TooManyCalls(most=self._most, actual=self._most + queue.waiting + 1)
        queue.waiting += 1
        self._waiting += 1
        try:
            await self._wait(key, queue)
        finally:
            queue.waiting -= 1
            self._waiting -= 1
            if not queue.waiting:
                self._queues.pop(key, None)

    async def _wait(self, key: Key, queue: "_Queue") -> None:
        actual = self._most + queue.waiting
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), queue.turn:
                while (seconds := self._counter.take(key)) > 0:  # noqa: ASYNC110 - time frees a slot, no event
                    await asyncio.sleep(min(max(seconds, SHORTEST_NAP_SECONDS), LONGEST_NAP_SECONDS))
        except TimeoutError as error:
            raise TooManyCalls(most=self._most, actual=actual) from error


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

    def __init__(self, most: int) -> None:
        self._most = most
        self._calls: dict[Key, deque[float]] = {}
        self._sweep_at = FEW_KEYS

    def take(self, key: Key) -> float:
        now = time.monotonic()
        calls = self._calls.get(key)
        if calls is None:
            if len(self._calls) >= self._sweep_at:
                self._sweep(now)
            calls = self._calls[key] = deque()
        while calls and calls[0] <= now - WINDOW_SECONDS:
            calls.popleft()
        if len(calls) < self._most:
            calls.append(now)
            return 0
        return calls[0] + WINDOW_SECONDS - now

    def _sweep(self, now: float) -> None:
        self._calls = {key: calls for key, calls in self._calls.items() if calls[-1] > now - WINDOW_SECONDS}
        self._sweep_at = max(FEW_KEYS, 2 * len(self._calls))


class CounterInStorage:
    """Counts in Redis or Valkey, for all processes together; while it does not answer, nobody is held up."""

    def __init__(self, url: str, most: int) -> None:
        self._limiter = MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True))
        self._limit = RateLimitItemPerSecond(most, namespace="staffetta-rest")

    def take(self, key: Key) -> float:
        try:
            if self._limiter.hit(self._limit, *key):
                return 0
            return max(self._limiter.get_window_stats(self._limit, *key).reset_time - time.time(), SHORTEST_NAP_SECONDS)
        except StorageError as error:
            log.warning("throttles do not count", reason=type(error.storage_error).__name__)
            return 0


def counter_of(url: str, most: int) -> Counter:
    """Return what counts where the setting says."""
    return CounterInMemory(most) if url.startswith("memory:") else CounterInStorage(url, most)
