"""The worker that runs imports, a short transaction at a time, so that everybody else gets their turn."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import perf_counter

import structlog

from staffetta.db import Database, DatabaseUnavailable
from staffetta.imports.running import fail, open_imports, step
from staffetta.kit.clock import utc_now

log = structlog.get_logger()

# What another process has started is noticed after this; what this one has, at once.
POLL_SECONDS = 1.0
# How long one transaction should take: sign-ups wait behind it, and each costs a commit.
AIM_SECONDS = 0.03
MOST_CHUNKS = 20
# How long a caller of a small import waits for its end.
PATIENCE_SECONDS = 0.1
# A step that fails for a mistake of ours is tried again: it may have been the moment's.
TRIES = 3


class Importer:
    """Runs imports until it is stopped: of each account the oldest, and one step of each account in turn.

    A crash leaves an import where its last committed step has left it; whoever runs next goes on from there.
    """

    def __init__(self, database: Database, *, wake_sender: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._wake_sender = wake_sender
        self._waiting = asyncio.Event()
        self._stopping = asyncio.Event()
        self._chunks = 1
        self._failures: Counter[tuple[int, int]] = Counter()
        self._ends: dict[tuple[int, int], asyncio.Event] = {}

    def wake(self) -> None:
        """Say that an import was stored and committed."""
        self._waiting.set()

    async def ended(self, account_id: int, import_id: int) -> None:
        """Return when an import has been done here, or after a tenth of a second.

        For callers that read what they have just imported; call it right after `wake`.
        """
        end = self._ends.setdefault((account_id, import_id), asyncio.Event())
        with suppress(TimeoutError):
            await asyncio.wait_for(end.wait(), PATIENCE_SECONDS)
        self._ends.pop((account_id, import_id), None)

    def stop(self) -> None:
        """Let `run` return after the step that is under way."""
        self._stopping.set()
        self._waiting.set()

    async def run(self) -> None:
        """Run what there is, then wait for more."""
        while not self._stopping.is_set():
            self._waiting.clear()
            try:
                if await self._round():
                    continue
            except DatabaseUnavailable as error:
                log.warning("imports wait for the database", reason=str(error))
                await self._pause(POLL_SECONDS)
            except Exception:
                log.exception("looking for imports failed")
                await self._pause(POLL_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._waiting.wait(), POLL_SECONDS)

    async def _round(self) -> bool:
        """Do one step of each account that has an import; return whether anything was done."""
        moved = False
        for account_id, import_id in await self._database.read_across(open_imports):
            if self._stopping.is_set():
                break
            moved = await self._step(account_id, import_id) or moved
        return moved

    async def _step(self, account_id: int, import_id: int) -> bool:
        begun = perf_counter()
        try:
            with _no_collections():
                done = await self._database.write(account_id, step, import_id, most_chunks=self._chunks, now=utc_now())
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("importing failed", account=account_id, import_id=import_id)
            await self._count_failure(account_id, import_id)
            return True
        if done is None:
            return False
        self._adapt(perf_counter() - begun)
        self._wake_sender()
        if done.ended and (end := self._ends.get((account_id, import_id))):
            end.set()
        return True

    def _adapt(self, seconds: float) -> None:
        """Take more at once while steps are quick, and half when they are slow."""
        if seconds > AIM_SECONDS:
            self._chunks = max(1, self._chunks // 2)
        elif seconds < AIM_SECONDS / 2:
            self._chunks = min(MOST_CHUNKS, self._chunks + 1)

    async def _count_failure(self, account_id: int, import_id: int) -> None:
        self._failures[account_id, import_id] += 1
        if self._failures[account_id, import_id] < TRIES:
            await self._pause(POLL_SECONDS / 4)
            return
        await self._database.write(account_id, fail, import_id, now=utc_now())
        del self._failures[account_id, import_id]

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Look for no cycles while a step makes thousands of rows that all live to its end: a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
