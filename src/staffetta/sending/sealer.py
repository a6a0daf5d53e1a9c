"""Seals the ledger of consent: within a second of its commit every entry has its place in the chain."""

import asyncio
from contextlib import suppress

import structlog

from staffetta.db import Database, DatabaseUnavailable
from staffetta.recipients import seal_all

log = structlog.get_logger()

EVERY_SECONDS = 0.5
# A batch is one brief operation, which sign-ups wait behind: about a millisecond.
MOST_AT_ONCE = 100


class Sealer:
    """Seals until it is stopped. A crash leaves entries unsealed; whoever runs next seals them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let `run` return after one more round."""
        self._stopping.set()

    async def run(self) -> None:
        """Seal what was committed, twice a second, and once more at the end."""
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), EVERY_SECONDS)
            try:
                while await self._database.write_across(seal_all, most=MOST_AT_ONCE):
                    pass
            except DatabaseUnavailable as error:
                log.warning("sealing waits for the database", reason=str(error))
            except Exception:
                log.exception("sealing failed")
                await asyncio.sleep(EVERY_SECONDS)
