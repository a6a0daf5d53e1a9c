"""Operations on their way from the event loop to the database and back."""

import asyncio
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from staffetta.db.brief import is_brief
from staffetta.db.transaction import Connection, Session


class Job:
    """One operation, who waits for it, and what became of it."""

    __slots__ = ("account_id", "args", "brief", "error", "future", "kwargs", "loop", "operation", "result")

    def __init__(self, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> None:
        self.account_id = account_id
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.brief = is_brief(operation)
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, session: Session) -> None:
        """Run the operation in the session's transaction; whatever it raises is the caller's to handle."""
        self.result = perform(session, self.account_id, self.operation, self.args, self.kwargs)

    def settle(self) -> None:
        """Tell who waits what became of it; in the event loop's own thread."""
        if self.future.done():  # the waiter was cancelled
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def perform(session: Session, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
    """Run an operation within the wall of its account, or across accounts where it has none."""
    connection = Connection(session)
    scope = connection if account_id is None else connection.for_account(account_id)
    return operation(scope, *args, **kwargs)


def answer(jobs: Iterable[Job]) -> None:
    """Tell everybody who waits, from any thread, waking each event loop once."""
    for loop, theirs in groupby(jobs, key=lambda job: job.loop):
        try:
            loop.call_soon_threadsafe(settle_all, list(theirs))
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def settle_all(jobs: Iterable[Job]) -> None:
    """Tell everybody who waits, in the event loop's own thread."""
    for job in jobs:
        job.settle()
