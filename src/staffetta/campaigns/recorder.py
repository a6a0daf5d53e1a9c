"""The worker that counts views and clicks: within a second, unless more come than can be counted."""

import asyncio
from contextlib import suppress
from time import perf_counter

import structlog

from staffetta.campaigns.keeping import accounts_with_kept, is_rush, record_kept
from staffetta.db import Database, DatabaseUnavailable
from staffetta.kit.clock import utc_now

log = structlog.get_logger()

EVERY_SECONDS = 0.25
# A batch is one brief operation, which others wait behind; more at once would write less for each.
AIM_VISITS = 256
MOST_ROWS = 256
# How long it rests after a batch, in the time that the batch took. What comes in a rush is counted when that is over.
REST, REST_IN_A_RUSH = 1.0, 12.0


class Recorder:
    """Counts until it is stopped. A crash leaves what is kept; whoever runs next counts it, and nothing twice."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = asyncio.Event()
        self._rows = 1

    def stop(self) -> None:
        """Let `run` return after one more round."""
        self._stopping.set()

    async def run(self) -> None:
        """Count what is kept, again and again, and once more at the end."""
        while not self._stopping.is_set():
            await self._pause(EVERY_SECONDS)
            try:
                await self._round()
            except DatabaseUnavailable as error:
                log.warning("counting waits for the database", reason=str(error))
            except Exception:
                log.exception("counting failed")
                await self._pause(1.0)

    async def _round(self) -> None:
        """Count all there is, a batch of each account in turn."""
        accounts = await self._database.read_across(accounts_with_kept)
        while accounts:
            for account_id in list(accounts):
                begun = perf_counter()
                visits = await self._database.write(account_id, record_kept, most_rows=self._rows, now=utc_now())
                if not visits:
                    accounts.remove(account_id)
                    continue
                self._adapt(visits)
                seconds = perf_counter() - begun
                rush = await self._database.read(account_id, is_rush, now=utc_now())
                await self._pause(seconds * (REST_IN_A_RUSH if rush else REST))

    def _adapt(self, visits: int) -> None:
        """Take more rows at once while there is little in them, and half when it is much."""
        if visits > AIM_VISITS:
            self._rows = max(1, self._rows // 2)
        elif visits < AIM_VISITS / 2:
            self._rows = min(MOST_ROWS, self._rows * 2)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
