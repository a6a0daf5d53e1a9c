"""What operations are handed: the wall around one account, and the bare connection of those who may pass it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Table

from staffetta.db.counters import Counters
from staffetta.db.loading import load_postgresql, load_sqlite
from staffetta.db.snapshots import Snapshots
from staffetta.db.statements import Prepared, Statement

T = TypeVar("T")

LOOK_UP_EACH = (
    "plan_cache_mode = force_custom_plan",
    "enable_seqscan = off",
    "jit = off",
)


@dataclass(slots=True)
class Session:
    """One connection to the database and what its owner keeps with it from transaction to transaction."""

    connection: Any
    cursor: Any
    dialect_name: str
    counters: Counters
    snapshots: Snapshots
    configuration_changed: bool = False
    changes: int = 0
    # Where statements without rows go: on PostgreSQL a cursor of their own, whose answers nobody waits for.
    writes: Any = None
    # How many rows the last change has changed: what its cursor says, unless the driver says it elsewhere.
    changed_rows: Callable[[], int] | None = None
    # Waits for the answers to everything that was sent; nothing to do where each is waited for anyway.
    settle: Callable[[], None] = lambda: None
    # Waits likewise, and leaves the connection to a call of the driver that no others may be under way with.
    unpipelined: Callable[[], AbstractContextManager[None]] = nullcontext
    # Changes that are gathered to be sent together; None where each is sent as it comes.
    gathered: "dict[Prepared, list[dict[str, Any]]] | None" = None

    def __post_init__(self) -> None:
        """Write by the one cursor there is, unless told otherwise."""
        self.writes = self.writes or self.cursor

    def committed(self) -> None:
        """Keep what the transaction took and changed."""
        self.counters.committed()
        self._outdate()

    def rolled_back(self) -> None:
        """Forget what the transaction took and changed."""
        self.gathered = None
        self.counters.forget()
        self._outdate()

    def release(self) -> None:
        """Send the changes that were gathered, each kind of them with one call of the driver, and go on gathering."""
        gathered, self.gathered = self.gathered or {}, {}
        for prepared, rows in gathered.items():
            self.writes.executemany(prepared.sql, rows)

    def _outdate(self) -> None:
        if self.configuration_changed:
            self.configuration_changed = False
            self.snapshots.outdate()


class Connection:
    """A connection in a transaction, for work that crosses accounts: finding the account of a host, sending."""

    __slots__ = ("_cursor", "_session", "_version")

    def __init__(self, session: Session, version: int | None = None) -> None:
        self._session = session
        self._cursor = session.cursor
        self._version = session.snapshots.version if version is None else version

    @property
    def changes(self) -> int:
        """How many statements have changed something, or tried to, since the connection was opened."""
        return self._session.changes

    def for_account(self, account_id: int) -> "Transaction":
        """Return the same transaction within the wall of one account."""
        return Transaction(self._session, account_id, self._version)

    def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run a statement and return its rows."""
        prepared = self._prepare(statement)
        if self._session.gathered:
            self._session.release()
        self._cursor.execute(prepared.sql, prepared.bind(self._scope(values)))
        row = prepared.row
        return [row(values) for values in self._cursor.fetchall()]

    def first(self, statement: Statement, **values: Any) -> Any:
        """Run a statement and return its first row, or None."""
        prepared = self._prepare(statement)
        if self._session.gathered:
            self._session.release()
        self._cursor.execute(prepared.sql, prepared.bind(self._scope(values)))
        row = self._cursor.fetchone()
        if row is None:
            return None
        self._cursor.fetchone()  # a change that returns its row is over, and counted, when there is no other
        return prepared.row(row)

    def run(self, statement: Statement, **values: Any) -> None:
        """Run a statement; PostgreSQL may report its failure with a later one's, at the commit at the latest."""
        session = self._session
        session.changes += 1
        prepared = self._prepare(statement)
        bound = prepared.bind(self._scope(values))
        if session.gathered is None:
            session.writes.execute(prepared.sql, bound)
        else:
            session.gathered.setdefault(prepared, []).append(bound)

    def changed(self, statement: Statement, **values: Any) -> int:
        """Run a statement and return how many rows it changed."""
        self._session.changes += 1
        prepared = self._prepare(statement)
        if self._session.gathered:
            self._session.release()
        self._cursor.execute(prepared.sql, prepared.bind(self._scope(values)))
        self._session.settle()
        changed_rows = self._session.changed_rows
        return changed_rows() if changed_rows else int(self._cursor.rowcount)

    def run_many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        """Run a statement once for each row of values, in one call of the driver."""
        prepared = self._prepare(statement)
        values = [prepared.bind(self._scope(row)) for row in rows]
        if values:
            self._session.changes += 1
            if self._session.gathered is None:
                self._session.writes.executemany(prepared.sql, values)
            else:
                self._session.gathered.setdefault(prepared, []).extend(values)

    def look_up_each(self) -> None:
        """Let PostgreSQL find what the statements of this transaction join by its key, whatever it knows of tables.

        For a table that was small when it last looked, it would read all of it for each row of the other; and keep
        that plan while the table grows.
        """
        if self._session.dialect_name == "postgresql":
            for setting in LOOK_UP_EACH:
                self._session.writes.execute(f"SET LOCAL {setting}")

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Hold changes back and send those of one kind with one call of the driver, before the next read or at the end.

        Those of a kind keep their order, and kinds that of their first: only for changes of rows that are each other's
        own, as several new people are.
        """
        self._session.gathered = {}
        try:
            yield
            self._session.release()
        finally:
            self._session.gathered = None

    def cached(self, key: str, load: Callable[[Any], T], *, anew: bool = False) -> T:
        """Return what `load(self)` reads, kept in memory until the configuration changes; `anew` reads it now."""
        if self._session.configuration_changed:
            return load(self)
        snapshots = self._session.snapshots
        kept: T = snapshots.get((self._owner(), key), lambda: load(self), version=self._version, anew=anew)
        return kept

    def lasting(self, key: str, make: Callable[[], T]) -> T:
        """Return what this process keeps of this database for as long as it runs, made where there is none yet."""
        kept: T = self._session.snapshots.lasting.setdefault(key, make())
        return kept

    def configuration_changed(self) -> None:
        """Say that this transaction changes rows that are kept in memory."""
        self._session.configuration_changed = True

    def _owner(self) -> int:
        return 0

    def _scope(self, values: dict[str, Any]) -> dict[str, Any]:
        return values

    def _prepare(self, statement: Statement) -> Prepared:
        return statement.prepared_for(self._session.dialect_name)


class Transaction(Connection):
    """A transaction that serves one account and refuses a statement that does not name `account_id`."""

    __slots__ = ("account_id",)

    def __init__(self, session: Session, account_id: int, version: int | None = None) -> None:
        super().__init__(session, version)
        self.account_id = account_id

    def take_id(self, counter: str) -> int:
        """Return the next id of a counter of this account."""
        return self.take_ids(counter, 1)[0]

    def take_ids(self, counter: str, count: int) -> range:
        """Return `count` ids in a row."""
        return self._session.counters.take(self._cursor, self.account_id, counter, count)

    def pooled_id(self, counter: str) -> int:
        """Return an id out of this connection's own block: rarely a write, at the price of gaps."""
        return self._session.counters.pooled(self._cursor, self.account_id, counter)

    def id_is_taken(self, counter: str, taken: int) -> None:
        """Let a counter never give `taken` or anything below it: the id was chosen by a person."""
        self._session.counters.skip(self._cursor, self.account_id, counter, taken)

    def load(
        self,
        table: Table,
        columns: tuple[str, ...],
        rows: Sequence[Sequence[Any]],
        *,
        shared: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Add many rows of this account to a table, by position, without `account_id` and what they share.

        The values are what the database keeps: numbers for members and instants (microseconds), text for documents.
        """
        if rows:
            self._session.changes += 1
            if self._session.gathered:
                self._session.release()
            load = load_sqlite if self._session.dialect_name == "sqlite" else load_postgresql
            with self._session.unpipelined():
                load(self._session.writes, table, columns, rows, {**shared, "account_id": self.account_id})

    def _owner(self) -> int:
        return self.account_id

    def _scope(self, values: dict[str, Any]) -> dict[str, Any]:
        values["account_id"] = self.account_id
        return values

    def _prepare(self, statement: Statement) -> Prepared:
        prepared = statement.prepared_for(self._session.dialect_name)
        if "account_id" not in prepared.names:
            raise AccountWallError(prepared.sql)
        return prepared


class AccountWallError(Exception):
    """A statement that would have crossed accounts; our mistake, never the caller's."""
