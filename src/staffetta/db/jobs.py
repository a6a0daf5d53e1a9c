"""Operations on their way from the event loop to a database thread and back."""

import asyncio
from collections.abc import Iterable
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any

from staffetta.db.transaction import Connection, Session


class Job:
    """One operation, who waits for it, and what became of it."""

    __slots__ = ("account_id", "args", "error", "future", "kwargs", "loop", "operation", "result")

    def __init__(self, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> None:
        self.account_id = account_id
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, session: Session) -> None:
        """Run the operation in the session's transaction; whatever it raises is the caller's to handle."""
        connection = Connection(session)
        scope = connection if self.account_id is None else connection.for_account(self.account_id)
        self.result = self.operation(scope, *self.args, **self.kwargs)

    def _settle(self) -> None:
        if self.future.cancelled():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def answer(jobs: Iterable[Job]) -> None:
    """Tell everybody who waits, waking each event loop once."""
    for loop, theirs in groupby(jobs, key=lambda job: job.loop):
        try:
            loop.call_soon_threadsafe(_settle_all, list(theirs))
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _settle_all(jobs: list[Job]) -> None:
    for job in jobs:
        job._settle()  # noqa: SLF001 - the job's own module


class JobQueue:
    """Jobs that wait for a thread; the thread takes all of them at once."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()

    def put(self, job: Job) -> None:
        """Let a job wait for its turn."""
        self._waiting.put(job)

    def stop(self) -> None:
        """Tell one thread to end once it has done what was put before."""
        self._waiting.put(None)

    def take(self, most: int, timeout: float | None = None) -> list[Job] | None:
        """Return the waiting jobs, at most `most`: empty after `timeout` seconds without any, None to end."""
        try:
            job = self._waiting.get(timeout=timeout)
        except Empty:
            return []
        if job is None:
            return None
        jobs = [job]
        try:
            while len(jobs) < most:
                job = self._waiting.get_nowait()
                if job is None:
                    self.stop()
                    break
                jobs.append(job)
        except Empty:
            pass
        return jobs
