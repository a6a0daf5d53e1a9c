"""Views and clicks on their way into the database: what comes while one batch is committed is the next batch."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog

from staffetta.campaigns import Visit, keep_visits
from staffetta.db import Database, DatabaseUnavailable
from staffetta.kit.clock import utc_now
from staffetta.kit.counting import TRACKED_VISITS

log = structlog.get_logger()

# Nobody waits longer for a page because we could not write down that they asked for it.
PATIENCE_SECONDS = 5.0
# So many wait for a commit that hangs, at a hundred octets or two each; those who come then are led on unrecorded.
MOST_LATE = 20_000


class Collector:
    """Gathers visits and keeps them in batches, one at a time, each in one transaction.

    Whoever waits is told when theirs is committed; or that it is not, when the database is away or takes too long: then
    people are led on all the same, and `staffetta_tracked_visits` says how many were lost (`lost`) or are at least late
    (`late`). What is late is kept as soon as that can be done, up to `MOST_LATE` of it. A crash loses what nobody was
    told of.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loop: asyncio.AbstractEventLoop | None = None
        self._batch = _Batch()
        self._writing: asyncio.Task[None] | None = None

    def put(self, account_id: int, visit: Visit) -> "asyncio.Future[None]":
        """Take a visit; what is returned is done when it is committed, or when nobody is to wait any longer."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        batch = self._batch
        if not batch.waiting:
            if self._writing is None:
                # What else comes in this turn of the loop is of the same batch.
                self._writing = loop.create_task(self._write())
            if batch.late >= MOST_LATE:
                return batch.turn_away(loop.create_future())
            batch.timer = loop.call_later(PATIENCE_SECONDS, batch.release, "late")
        future: asyncio.Future[None] = loop.create_future()
        batch.visits[account_id].append(visit)
        batch.waiting.append(future)
        return future

    async def _write(self) -> None:
        try:
            # Also what nobody waits for any longer.
            while self._batch.visits:
                batch, self._batch = self._batch, _Batch()
                batch.release(await self._kept(batch.visits))
        finally:
            self._writing = None

    async def _kept(self, visits: Mapping[int, Sequence[Visit]]) -> str:
        try:
            await self._database.write_across(keep_visits, visits, now=utc_now())
        except DatabaseUnavailable as error:
            log.error("database unavailable", interface="tracking", reason=str(error))  # noqa: TRY400 - weather, no bug
        except Exception:
            log.exception("visits were not kept")
        else:
            return "kept"
        return "lost"


class _Batch:
    """Visits by account, who waits for them, and how many do so no longer."""

    __slots__ = ("is_full", "late", "timer", "visits", "waiting")

    def __init__(self) -> None:
        self.visits: defaultdict[int, list[Visit]] = defaultdict(list)
        self.waiting: list[asyncio.Future[None]] = []
        self.late = 0
        self.is_full = False
        self.timer: asyncio.TimerHandle | None = None

    def release(self, outcome: str) -> None:
        """Let nobody wait any longer."""
        if self.timer:
            self.timer.cancel()
        TRACKED_VISITS.labels(outcome).inc(len(self.waiting))
        for each in self.waiting:
            if not each.done():
                each.set_result(None)
        self.late += len(self.waiting)
        self.waiting = []

    def turn_away(self, future: "asyncio.Future[None]") -> "asyncio.Future[None]":
        """Let somebody go whose visit finds no room."""
        if not self.is_full:
            self.is_full = True
            log.error("visits are lost until others are kept", interface="tracking", late=self.late)
        TRACKED_VISITS.labels("lost").inc()
        future.set_result(None)
        return future
