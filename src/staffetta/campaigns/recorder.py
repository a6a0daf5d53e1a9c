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
RETRY_SECONDS = 1.0
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
        # By account, on the clock of the loop.
        self._failed_until: dict[int, float] = {}

    def stop(self) -> None:
        """Let `run` return once all is counted."""
        self._stopping.set()

    async def run(self) -> None:
        """Count what is kept, again and again, and once more at the end."""
        ends = False
        while not ends:
            await self._pause(EVERY_SECONDS)
            ends = self._stopping.is_set()
            try:
                while await self._round():
                    pass
            except DatabaseUnavailable as error:
                log.warning("counting waits for the database", reason=str(error))
            except Exception:
                log.exception("counting failed")
                await self._pause(RETRY_SECONDS)

    async def _round(self) -> bool:
        """Count a batch of each account that has something now; return whether there was any.

        An account whose counting fails is left alone for a moment, and nobody waits for it.
        """
        counted = False
        loop = asyncio.get_running_loop()
        for account_id in await self._database.read_across(accounts_with_kept):
            if self._failed_until.get(account_id, 0.0) > loop.time():
                continue
            try:
                counted |= await self._count(account_id)
                self._failed_until.pop(account_id, None)
            except DatabaseUnavailable:
                raise
            except Exception:
                log.exception("counting failed", account_id=account_id)
                self._failed_until[account_id] = loop.time() + RETRY_SECONDS
        return counted

    async def _count(self, account_id: int) -> bool:
        """Count a batch of an account, and rest; return whether it had one."""
        begun = perf_counter()
        visits = await self._database.write(account_id, record_kept, most_rows=self._rows, now=utc_now())
        if visits:
            self._adapt(visits)
            seconds = perf_counter() - begun
            rush = await self._database.read(account_id, is_rush, now=utc_now())
            await self._pause(seconds * (REST_IN_A_RUSH if rush else REST))
        return bool(visits)

    def _adapt(self, visits: int) -> None:
        """Take more rows at once while there is little in them, and half when it is much."""
        if visits > AIM_VISITS:
            self._rows = max(1, self._rows // 2)
        elif visits < AIM_VISITS / 2:
            self._rows = min(MOST_ROWS, self._rows * 2)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
