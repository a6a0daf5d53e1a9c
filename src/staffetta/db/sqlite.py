"""SQLite: one writer thread that commits for many at once, a few reader threads, and one server for a file."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import structlog
from pysqlite3 import dbapi2 as sqlite

from staffetta.db.counters import Counters
from staffetta.db.database import Database, DatabaseUnavailable
from staffetta.db.jobs import Job, JobQueue, answer
from staffetta.db.snapshots import Snapshots
from staffetta.db.transaction import Connection, Session
from staffetta.errors import FailedPrecondition, Refusal

log = structlog.get_logger()

# How many operations share a commit: more would make the first of them wait for the last.
MOST_TOGETHER = 256
# How soon an idle server notices what a command beside it has changed.
NOTICE_SECONDS = 0.1
# A command may hold the file for a moment (a bulk write); longer than this is answered as a failure.
BUSY_SECONDS = 15.0
# The log is copied into the file by a thread of its own, so that no commit waits for it.
CHECKPOINT_SECONDS = 0.5
LONGEST_LOG_OCTETS = 256 * 1024 * 1024


class SqliteDatabase(Database):
    """One SQLite file. Threads start with the first awaited verb, so that commands stay small."""

    dialect_name = "sqlite"

    def __init__(self, file: Path, *, reader_threads: int = 2) -> None:
        self._file = file
        self._snapshots = Snapshots()
        self._writes = JobQueue()
        self._reads = JobQueue()
        self._reader_threads = reader_threads
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._lock: IO[str] | None = None
        file.parent.mkdir(parents=True, exist_ok=True)

    async def _run(self, writes: bool, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        if not self._threads:
            self._start()
        job = Job(account_id, operation, args, kwargs)
        (self._writes if writes else self._reads).put(job)
        return await job.future

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        session = self._open()
        try:
            with _failures_named():
                session.cursor.execute("BEGIN IMMEDIATE")
            try:
                with _failures_named():
                    yield Connection(session)
                    session.cursor.execute("COMMIT")
            except BaseException:
                _roll_back(session)
                raise
            session.committed()
        finally:
            session.connection.close()
            self._snapshots.outdate()

    def claim_server(self) -> None:
        lock = self._file.with_name(self._file.name + ".lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise FailedPrecondition(
                f"another server (process {owner}) is running on {self._file}; stop it, or give this one another"
                " STAFFETTA_HOME, or use PostgreSQL for several processes"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def back_up(self, file: Path) -> None:
        if file.exists():
            raise FailedPrecondition(f"{file} exists; a backup never overwrites")
        session = self._open()
        try:
            with _failures_named():
                session.cursor.execute("VACUUM INTO ?", (str(file),))
        finally:
            session.connection.close()

    def find_faults(self) -> list[str]:
        session = self._open()
        try:
            with _failures_named():
                faults = [row[0] for row in session.cursor.execute("PRAGMA integrity_check")]
                foreign = session.cursor.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            session.connection.close()
        return [fault for fault in faults if fault != "ok"] + [f"{row[0]}: a row points to nothing" for row in foreign]

    def close(self) -> None:
        self._closing.set()
        self._writes.stop()
        for _ in range(self._reader_threads):
            self._reads.stop()
        for thread in self._threads:
            thread.join()
        self._threads = []
        if self._lock:
            self._lock.close()
            self._lock = None

    def _start(self) -> None:
        self._threads = [threading.Thread(target=self._write_forever, name="sqlite-writer", daemon=True)]
        self._threads += [
            threading.Thread(target=self._read_forever, name=f"sqlite-reader-{number}", daemon=True)
            for number in range(self._reader_threads)
        ]
        self._threads.append(threading.Thread(target=self._checkpoint_forever, name="sqlite-checkpoints", daemon=True))
        for thread in self._threads:
            thread.start()

    def _open(self) -> Session:
        with _failures_named():
            connection = sqlite.connect(
                str(self._file),
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "wal_autocheckpoint=20000",
                "cache_size=-65536",
                "temp_store=MEMORY",
            ):
                cursor.execute(f"PRAGMA {pragma}")
        return Session(connection, cursor, self.dialect_name, Counters(self.dialect_name), self._snapshots)

    def _write_forever(self) -> None:
        """Commit what waits, all of it at once, and only then answer; a refused operation rolls back alone.

        A crash loses what was not answered yet, never anything that was.
        """
        session: Session | None = None
        version = 0
        while (jobs := self._writes.take(MOST_TOGETHER, NOTICE_SECONDS)) is not None:
            try:
                session = session or self._open()
                if jobs:
                    session.cursor.execute("BEGIN IMMEDIATE")
                version = self._notice(session, version)
                if jobs:
                    _run_together(session, jobs)
                    session.cursor.execute("COMMIT")
                    session.committed()
            except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits is told
                for job in jobs:
                    job.error = job.error or _named(error)
                session = _abandon(session)
            answer(jobs)
        if session:
            session.connection.close()

    def _notice(self, session: Session, version: int) -> int:
        """Outdate what is kept in memory when another process has changed the file."""
        now = int(session.cursor.execute("PRAGMA data_version").fetchone()[0])
        if now != version:
            self._snapshots.outdate()
        return now

    def _read_forever(self) -> None:
        session: Session | None = None
        while (jobs := self._reads.take(MOST_TOGETHER)) is not None:
            try:
                session = session or self._open()
                session.cursor.execute("BEGIN")
                for job in jobs:
                    _run_one(session, job)
                session.cursor.execute("ROLLBACK")
            except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits is told
                for job in jobs:
                    job.error = job.error or _named(error)
                session = _abandon(session)
            answer(jobs)
        if session:
            session.connection.close()

    def _checkpoint_forever(self) -> None:
        log_file = self._file.with_name(self._file.name + "-wal")
        session: Session | None = None
        while not self._closing.wait(CHECKPOINT_SECONDS):
            try:
                session = session or self._open()
                long = log_file.stat().st_size > LONGEST_LOG_OCTETS
                session.cursor.execute(f"PRAGMA wal_checkpoint({'RESTART' if long else 'PASSIVE'})").fetchall()
            except (sqlite.Error, OSError, DatabaseUnavailable) as error:
                log.warning("checkpoint failed", error=type(error).__name__)
                session = _abandon(session)
                time.sleep(CHECKPOINT_SECONDS)
        if session:
            session.connection.close()


def _run_together(session: Session, jobs: list[Job]) -> None:
    if len(jobs) == 1:
        _run_one(session, jobs[0])
        if jobs[0].error:
            raise jobs[0].error
        return
    execute = session.cursor.execute
    for job in jobs:
        execute("SAVEPOINT job")
        _run_one(session, job)
        if job.error:
            if not session.connection.in_transaction:  # SQLite gave up the whole transaction, as for a full disk
                raise job.error
            session.counters.forget()
            execute("ROLLBACK TO job")
        execute("RELEASE job")


def _run_one(session: Session, job: Job) -> None:
    try:
        job.run(session)
    except Refusal as refusal:
        job.error = refusal
    except Exception as error:  # noqa: BLE001 - our own mistake or the database's: one caller's, not all callers'
        job.error = _named(error)


def _abandon(session: Session | None) -> Session | None:
    """Roll back; return the session where it can go on, None where it is to be opened anew."""
    if session is None:
        return None
    try:
        _roll_back(session)
    except sqlite.Error:
        with suppress(sqlite.Error):
            session.connection.close()
        return None
    return session


def _roll_back(session: Session) -> None:
    session.rolled_back()
    if session.connection.in_transaction:
        session.cursor.execute("ROLLBACK")


def _named(error: Exception) -> Exception:
    """Return the failure as callers know it: the database's own weather has one name."""
    if isinstance(error, sqlite.OperationalError | sqlite.InternalError) or type(error) is sqlite.DatabaseError:
        unavailable = DatabaseUnavailable(str(error))
        unavailable.__cause__ = error
        return unavailable
    return error


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except sqlite.Error as error:
        raise _named(error) from error
