"""What every engine offers: two awaitable verbs for processes that serve, two plain ones for commands."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from staffetta.db.brief import brief, is_brief
from staffetta.db.snapshots import Snapshots
from staffetta.db.transaction import Connection, Transaction

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseUnavailable(Exception):  # noqa: N818 - the world's doing, and an interface's answer
    """The database could not do it: a full disk, a lost connection. Nothing of the operation has happened.

    The one exception is a connection lost while PostgreSQL committed: then nobody knows, and the caller is told of a
    failure, never of a success.
    """


class Database(ABC):
    """One database, used by one process. The caller of a verb gets its answer only after the commit."""

    dialect_name: str
    _snapshots: Snapshots

    async def read(
        self, account_id: int, operation: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation that changes nothing, for one account, in a database thread.

        Raises:
            Refusal: whatever the operation refuses.
            DatabaseUnavailable: the database did not answer.

        """
        return await self._run(False, account_id, operation, args, kwargs)  # type: ignore[no-any-return]

    async def write(
        self, account_id: int, operation: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation for one account and commit it; raises as `read` does, and then nothing has happened."""
        return await self._run(True, account_id, operation, args, kwargs)  # type: ignore[no-any-return]

    async def read_across(
        self, operation: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation that changes nothing and crosses accounts."""
        return await self._run(False, None, operation, args, kwargs)  # type: ignore[no-any-return]

    async def write_across(
        self, operation: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation that crosses accounts and commit it."""
        return await self._run(True, None, operation, args, kwargs)  # type: ignore[no-any-return]

    async def cached(self, key: str, load: Callable[[Connection], T]) -> T:
        """Return what is kept in memory across accounts, without a thread's help where it is still good."""
        kept: T | None = self._snapshots.peek((0, key))
        return kept if kept is not None else await self.read_across(_keeping(key, load))

    async def cached_of(self, account_id: int, key: str, load: Callable[[Transaction], T]) -> T:
        """Return what is kept in memory of one account, likewise."""
        kept: T | None = self._snapshots.peek((account_id, key))
        return kept if kept is not None else await self.read(account_id, _keeping(key, load))

    @contextmanager
    def transaction(self, account_id: int) -> Iterator[Transaction]:
        """Open a transaction of one account in the caller's own thread; for commands and tests."""
        with self.connection() as connection:
            yield connection.for_account(account_id)

    @abstractmethod
    def connection(self) -> AbstractContextManager[Connection]:
        """Open a transaction across accounts in the caller's own thread; commits unless an exception leaves it."""

    @abstractmethod
    async def _run(self, writes: bool, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any: ...

    @abstractmethod
    def claim_server(self) -> None:
        """Become the server of this database.

        Raises:
            FailedPrecondition: another server has it (SQLite only).

        """

    @abstractmethod
    def back_up(self, file: Path) -> None:
        """Write a consistent copy to a new file while the database is in use."""

    @abstractmethod
    def find_faults(self) -> list[str]:
        """Return what is wrong with the database's files, in words; usually nothing."""

    @abstractmethod
    def close(self) -> None:
        """Finish what was accepted and let go of every connection."""


def _keeping(key: str, load: Callable[[Any], T]) -> Callable[[Connection], T]:
    """Return the operation that loads and keeps a value; it is brief where the loading is."""

    def keep(connection: Connection) -> T:
        return connection.cached(key, load)

    return brief(keep) if is_brief(load) else keep
