"""PostgreSQL: a pool of connections, a thread for each, any number of processes on one database."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import psycopg.types.json
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from staffetta.db.counters import Counters
from staffetta.db.database import Database, DatabaseUnavailable
from staffetta.db.snapshots import Snapshots
from staffetta.db.transaction import Connection, Session
from staffetta.errors import FailedPrecondition

psycopg.types.json.set_json_loads(msgspec.json.decode)

# What another process changes is noticed after this time at the latest; a row that is missed is looked for at once.
SNAPSHOT_SECONDS = 1.0
# How long a caller waits for a free connection before it is told that the database is unavailable.
POOL_SECONDS = 10.0
# Two transactions in each other's way: one of them is run again.
TRIES = 5
AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)


class PostgresDatabase(Database):
    """One PostgreSQL database, at the isolation level Read Committed; operations lock the rows that they decide on."""

    dialect_name = "postgresql"

    def __init__(self, url: str, *, connections: int = 8) -> None:
        self._url = url
        self._snapshots = Snapshots(SNAPSHOT_SECONDS)
        self._sessions: dict[int, Session] = {}
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=POOL_SECONDS,
            kwargs={"autocommit": True, "prepare_threshold": 1},
            open=False,
        )
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="postgresql")

    async def _run(self, writes: bool, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        loop = asyncio.get_running_loop()
        work = self._write if writes else self._read
        return await loop.run_in_executor(self._threads, work, account_id, operation, args, kwargs)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with self._session() as session, self._committed(session):
            yield Connection(session)

    def claim_server(self) -> None:
        with self._session():  # any number of servers share one database; it only has to answer
            pass

    def back_up(self, file: Path) -> None:
        program = shutil.which("pg_dump")
        if program is None:
            raise FailedPrecondition("pg_dump is not installed; PostgreSQL's client programs have it")
        if file.exists():
            raise FailedPrecondition(f"{file} exists; a backup never overwrites")
        done = subprocess.run(  # noqa: S603 - our own URL and the file that the operator named
            [program, "--format=custom", f"--file={file}", self._url], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DatabaseUnavailable(done.stderr.strip())

    def find_faults(self) -> list[str]:
        with self._session():
            return []

    def close(self) -> None:
        self._threads.shutdown()
        if not self._pool.closed:
            self._pool.close()

    def _read(self, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        """Run without BEGIN and COMMIT: each statement sees one state, and two round trips are saved."""
        with self._session() as session, _failures_named():
            return operation(_scope(session, account_id), *args, **kwargs)

    def _write(self, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        for _ in range(TRIES - 1):
            try:
                return self._write_once(account_id, operation, args, kwargs)
            except AGAIN:
                continue
        return self._write_once(account_id, operation, args, kwargs)

    def _write_once(self, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        with self._session() as session, self._committed(session):
            return operation(_scope(session, account_id), *args, **kwargs)

    @contextmanager
    def _committed(self, session: Session) -> Iterator[None]:
        try:
            with _failures_named():
                session.cursor.execute("BEGIN")
                yield
                session.cursor.execute("COMMIT")
        except BaseException:
            session.rolled_back()
            if not session.connection.broken:
                session.connection.rollback()
            raise
        session.committed()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            if self._pool.closed:
                self._pool.open()
            with self._pool.connection() as connection:
                yield self._session_of(connection)
        except PoolTimeout as error:
            raise DatabaseUnavailable("PostgreSQL does not answer") from error

    def _session_of(self, connection: psycopg.Connection[Any]) -> Session:
        session: Session | None = getattr(connection, "staffetta_session", None)
        if session is None:
            session = Session(
                connection, connection.cursor(), self.dialect_name, Counters(self.dialect_name), self._snapshots
            )
            connection.staffetta_session = session  # type: ignore[attr-defined]
        return session


def _scope(session: Session, account_id: int | None) -> Connection:
    connection = Connection(session)
    return connection if account_id is None else connection.for_account(account_id)


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if isinstance(error, AGAIN):
            raise
        raise DatabaseUnavailable(str(error)) from error
