"""PostgreSQL: threads that each take what waits and commit it together; any number of processes on one database."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

import msgspec
import psycopg
import psycopg.types.json
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGconn
from psycopg.waiting import Ready, Wait
from psycopg_pool import ConnectionPool, PoolTimeout

from staffetta.db.brief import is_apart
from staffetta.db.counters import Counters
from staffetta.db.database import Database, DatabaseUnavailable
from staffetta.db.jobs import Job, answer
from staffetta.db.privacy import make_private
from staffetta.db.snapshots import Snapshots
from staffetta.db.together import run_together
from staffetta.db.transaction import Connection, Session
from staffetta.errors import FailedPrecondition, Refusal

T = TypeVar("T")

psycopg.types.json.set_json_loads(msgspec.json.decode)

# What another process changes is noticed after this time at the latest; a row that is missed is looked for at once.
SNAPSHOT_SECONDS = 1.0
# How long a caller waits for a connection before it is told that the database is unavailable. The pool gives up as
# soon, and tries anew with the next caller; else it would wait longer each time, and after an outage as long again.
POOL_SECONDS = 5.0
# Two transactions in each other's way: one of them is run again.
TRIES = 5
AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
# A commit for several shares its wait for the disk, and holds the rows of all of them for so long.
MOST_TOGETHER = 32


class PostgresDatabase(Database):
    """One PostgreSQL database, at the isolation level Read Committed; operations lock the rows that they decide on.

    A quarter of the connections writes and half of them read in threads; the others are for commands and the pool.
    """

    dialect_name = "postgresql"

    def __init__(self, url: str, *, connections: int = 8) -> None:
        self._url = url
        self._snapshots = Snapshots(SNAPSHOT_SECONDS)
        self._pool = ConnectionPool(
            url,
            connection_class=_Thorough,
            min_size=1,
            max_size=connections,
            timeout=POOL_SECONDS,
            reconnect_timeout=POOL_SECONDS,
            kwargs={"autocommit": True, "prepare_threshold": 0},
            open=False,
        )
        self._reads: SimpleQueue[Job | None] = SimpleQueue()
        self._writes: SimpleQueue[Job | None] = SimpleQueue()
        self._readers = max(1, connections // 2)
        self._writers = max(1, connections // 4)
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    async def _run(self, writes: bool, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        if not self._threads:
            self._start()
        job = Job(account_id, operation, args, kwargs)
        (self._writes if writes else self._reads).put(job)
        return await job.future

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with self._session() as session, _committed(session):
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
        make_private(file)
        parts = conninfo_to_dict(self._url)
        password = parts.pop("password", None)  # not among the arguments, where everybody on the machine could read it
        where = make_conninfo(**{name: str(value) for name, value in parts.items()})
        done = subprocess.run(  # noqa: S603 - our own URL and the file that the operator named
            [program, "--format=custom", f"--file={file}", where],
            env={**os.environ, **({"PGPASSWORD": str(password)} if password else {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            file.unlink(missing_ok=True)
            raise DatabaseUnavailable(done.stderr.strip())

    def find_faults(self) -> list[str]:
        with self._session():
            return []

    def close(self) -> None:
        for queue, count in ((self._writes, self._writers), (self._reads, self._readers)):
            for _ in range(count if self._threads else 0):
                queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []
        if not self._pool.closed:
            self._pool.close()

    def _start(self) -> None:
        with self._starting:
            if self._threads:
                return
            work = [(self._writes, self._write_together)] * self._writers
            work += [(self._reads, self._read_together)] * self._readers
            threads = [
                threading.Thread(target=_work_forever, args=each, name=f"postgresql-{number}", daemon=True)
                for number, each in enumerate(work)
            ]
            for thread in threads:
                thread.start()
            self._threads = threads

    def _read_together(self, jobs: list[Job]) -> None:
        """Run reads without BEGIN and COMMIT: each statement sees one state, and two round trips are saved."""
        with self._session() as session:
            try:
                with _failures_named():
                    alone = run_together(session, jobs)
            except Exception:  # noqa: BLE001 - each is run by itself, and gets its own error then
                alone = jobs
            for job in alone:
                job.error = None
                try:
                    with _failures_named():
                        job.run(session)
                except Exception as error:  # noqa: BLE001 - one caller's, whatever it is, not everybody's
                    job.error = error

    def _write_together(self, jobs: list[Job]) -> None:
        """Commit for all who wait, once; where one of them spoils the transaction, run each in one of its own.

        A refusal before the first change spoils nothing, and nearly all refusals come before.
        """
        alone = [job for job in jobs if is_apart(job.operation)]
        company = [job for job in jobs if not is_apart(job.operation)] if alone else jobs
        # The form for several is slower for one: 330 sign-ups a second at one connection, and 570 without it.
        if len(company) < 2 or not self._all_in_one(company):  # noqa: PLR2004 - two are company
            alone += company
        for job in alone:
            job.error = None
            self._write_alone(job)

    def _all_in_one(self, jobs: list[Job]) -> bool:
        try:
            with self._session() as session, _pipelined(session), _committed(session):
                for job in run_together(session, jobs):
                    changes = session.changes
                    try:
                        job.run(session)
                    except Refusal as refusal:
                        if session.changes != changes:
                            raise
                        job.error = refusal
        except DatabaseUnavailable as error:  # perhaps it was committed, nobody knows: never run it again
            for job in jobs:
                job.error = job.error or error
        except Exception:  # noqa: BLE001 - each is run again alone, and gets its own error then
            return False
        return True

    def _write_alone(self, job: Job) -> None:
        for tries_left in reversed(range(TRIES)):
            try:
                with self._session() as session, _pipelined(session), _committed(session):
                    job.run(session)
            except AGAIN as error:
                if tries_left:
                    continue
                job.error = error
            except Exception as error:  # noqa: BLE001 - a refusal, the database's weather, our mistake: the caller's
                job.error = error
            return

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
                connection,
                connection.cursor(),
                self.dialect_name,
                Counters(self.dialect_name),
                self._snapshots,
                writes=connection.cursor(),
            )
            connection.staffetta_session = session  # type: ignore[attr-defined]
        return session


class _Thorough(psycopg.Connection[Any]):
    """A connection that goes on sending while it waits for an answer.

    In pipeline mode the driver turns to reading once libpq has everything, and libpq keeps what the socket would not
    take. A server that has not got all of it answers nothing, so that both would wait for ever: for an import of some
    hundred kilobytes.
    """

    def wait(self, gen: PQGen[T], *args: Any, **kwargs: Any) -> T:
        return super().wait(_sending(self.pgconn, gen), *args, **kwargs)


def _sending(pgconn: PGconn, gen: PQGen[T]) -> PQGen[T]:
    try:
        wanted = next(gen)
        while True:
            if wanted != Wait.R or not pgconn.flush():
                wanted = gen.send((yield wanted))
            elif (yield Wait.RW) & Ready.R:
                wanted = gen.send(Ready.R)
    except StopIteration as end:
        return cast("T", end.value)


def _work_forever(queue: SimpleQueue[Job | None], work: Callable[[list[Job]], None]) -> None:
    while (job := queue.get()) is not None:
        jobs = [job]
        with suppress(Empty):
            while len(jobs) < MOST_TOGETHER:
                following = queue.get_nowait()
                if following is None:
                    queue.put(None)
                    break
                jobs.append(following)
        try:
            work(jobs)
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits is told
            for each in jobs:
                each.error = each.error or error
        answer(jobs)


@contextmanager
def _pipelined(session: Session) -> Iterator[None]:
    """Wait only for rows that are asked for: what merely changes rows goes out with whatever is sent next.

    A sign-up then waits for the network twice, not seven times.
    """
    with ExitStack() as pipeline:

        def begin() -> None:
            session.settle = pipeline.enter_context(session.connection.pipeline()).sync

        @contextmanager
        def unpipelined() -> Iterator[None]:
            session.settle = _nothing
            pipeline.close()
            yield
            begin()

        begin()
        session.unpipelined = unpipelined
        try:
            yield
        finally:
            session.settle = _nothing
            session.unpipelined = nullcontext


def _nothing() -> None:
    pass


@contextmanager
def _committed(session: Session) -> Iterator[None]:
    try:
        with _failures_named():
            session.writes.execute("BEGIN")
            yield
            session.cursor.execute("COMMIT")
            session.settle()
            if session.cursor.statusmessage != "COMMIT":  # an operation has hidden a failure, and all of it is gone
                raise errors.InFailedSqlTransaction("the transaction was rolled back")
    except BaseException:
        session.rolled_back()
        # A server that has said that it ends hangs up only then: what failed before is what there is to tell.
        with suppress(psycopg.Error):
            if not session.connection.broken:
                session.connection.rollback()
        raise
    session.committed()


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
        # The others among internal errors: read-only after a failover, a session that was ended.
        if isinstance(error, (*AGAIN, errors.InFailedSqlTransaction)):
            raise
        raise DatabaseUnavailable(str(error)) from error
