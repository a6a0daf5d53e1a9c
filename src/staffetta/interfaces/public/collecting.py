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


class Collector:
    """Gathers visits and keeps them in batches, one at a time, each in one transaction.

    Whoever waits is told when theirs is committed; or that it is not, when the database is away or takes too long: then
    people are led on all the same, and `staffetta_tracked_visits` says how many were lost (`lost`) or are at least late
    (`late`). A crash loses what nobody was told of.
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
            batch.timer = loop.call_later(PATIENCE_SECONDS, batch.release, "late")
            if self._writing is None:
                # What else comes in this turn of the loop is of the same batch.
                self._writing = loop.create_task(self._write())
        future: asyncio.Future[None] = loop.create_future()
        batch.visits[account_id].append(visit)
        batch.waiting.append(future)
        return future

    async def _write(self) -> None:
        try:
            while self._batch.waiting:
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
    """Visits by account, and who waits for them."""

    __slots__ = ("timer", "visits", "waiting")

    def __init__(self) -> None:
        self.visits: defaultdict[int, list[Visit]] = defaultdict(list)
        self.waiting: list[asyncio.Future[None]] = []
        self.timer: asyncio.TimerHandle | None = None

    def release(self, outcome: str) -> None:
        """Let nobody wait any longer."""
        if self.timer:
            self.timer.cancel()
        TRACKED_VISITS.labels(outcome).inc(len(self.waiting))
        for each in self.waiting:
            if not each.done():
                each.set_result(None)
        self.waiting = []
