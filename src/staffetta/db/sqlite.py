"""SQLite: one writer that commits for many at once, a few readers, and one server for a file."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import apsw
import structlog

from staffetta.db.brief import is_brief
from staffetta.db.counters import Counters
from staffetta.db.database import Database, DatabaseUnavailable
from staffetta.db.jobs import Job, answer, perform
from staffetta.db.privacy import make_private
from staffetta.db.snapshots import Snapshots
from staffetta.db.sqlite_writer import BUSY_MILLISECONDS, DAMAGE, Writer, roll_back, unavailable
from staffetta.db.transaction import Connection, Session
from staffetta.errors import FailedPrecondition

log = structlog.get_logger()

# How soon what is kept in memory follows a change that a command beside the server has made.
WATCH_SECONDS = 0.1
# The log is copied into the file by a thread of its own, so that no commit waits for it.
ROUNDS_BETWEEN_CHECKPOINTS = 5
LONGEST_LOG_OCTETS = 256 * 1024 * 1024

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "wal_autocheckpoint=20000",
    "cache_size=-65536",
    "temp_store=MEMORY",
)


class SqliteDatabase(Database):
    """One SQLite file. Threads start with the first awaited verb, so that commands stay small."""

    dialect_name = "sqlite"

    def __init__(self, file: Path, *, reader_threads: int = 2) -> None:
        self._file = file
        self._snapshots = Snapshots()
        self._writer = Writer(self._open)
        self._quick_reader: Session | None = None
        self._quick_lock = threading.Lock()
        self._reads: SimpleQueue[Job | None] = SimpleQueue()
        self._reader_threads = reader_threads
        self._threads: list[threading.Thread] = []
        self._watcher: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closing = threading.Event()
        self._lock: IO[str] | None = None
        file.parent.mkdir(parents=True, exist_ok=True)

    async def _run(self, writes: bool, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        if not self._threads:
            self._start()
        if not writes and is_brief(operation) and self._quick_lock.acquire(blocking=False):
            try:
                return self._read_at_once(account_id, operation, args, kwargs)
            finally:
                self._quick_lock.release()
        job = Job(account_id, operation, args, kwargs)
        if writes:
            self._writer.put(job)
        else:
            self._reads.put(job)
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
                roll_back(session)
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
        make_private(file)
        session = self._open()
        try:
            with _failures_named():
                session.cursor.execute("VACUUM INTO ?", (str(file),))
        finally:
            session.connection.close()

    def find_faults(self) -> list[str]:
        faults: list[str] = []
        try:
            session = self._open()
            with closing(session.connection), _failures_named():
                faults += [row[0] for row in session.cursor.execute("PRAGMA integrity_check") if row[0] != "ok"]
                dangling = session.cursor.execute("PRAGMA foreign_key_check").fetchall()
                faults += [f"{row[0]}: a row points to nothing" for row in dangling]
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, DAMAGE):  # not the file's fault: it is locked, or not there
                raise
            faults.append(str(error))
        return faults

    def close(self) -> None:
        self._closing.set()
        if self._watcher:  # it looks through the writer's connection, which must not be closed in that moment
            self._watcher.join()
            self._watcher = None
        self._writer.close()
        for _ in range(self._reader_threads):
            self._reads.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []
        if self._quick_reader:
            self._quick_reader.connection.close()
            self._quick_reader = None
        if self._lock:
            self._lock.close()
            self._lock = None

    def _start(self) -> None:
        with self._starting:
            if self._threads:
                return
            self._closing.clear()
            self._writer.start()
            threads = [
                threading.Thread(target=self._read_forever, name=f"sqlite-reader-{number}", daemon=True)
                for number in range(self._reader_threads)
            ]
            self._watcher = threading.Thread(target=self._watch_forever, name="sqlite-watch", daemon=True)
            self._watcher.start()
            for thread in threads:
                thread.start()
            self._threads = threads

    def _open(self) -> Session:
        make_private(self._file)
        with _failures_named():
            connection = apsw.Connection(str(self._file), statementcachesize=512)
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            # SQLite's own knows ASCII only, PostgreSQL's every script.
            connection.create_scalar_function("lower", _lower, 1, deterministic=True)  # type: ignore[arg-type] # has one argument
            cursor = connection.cursor()
            for pragma in PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
        return Session(
            connection,
            cursor,
            self.dialect_name,
            Counters(self.dialect_name),
            self._snapshots,
            changed_rows=connection.changes,
        )

    def _read_at_once(self, account_id: int | None, operation: Any, args: Any, kwargs: Any) -> Any:
        """Run a brief read here and now, in one state of the database."""
        session = self._quick_reader = self._quick_reader or self._open()
        with _failures_named():
            session.cursor.execute("BEGIN")
            try:
                return perform(session, account_id, operation, args, kwargs)
            finally:
                session.cursor.execute("ROLLBACK")

    def _read_forever(self) -> None:
        session: Session | None = None
        while (job := self._reads.get()) is not None:
            try:
                session = session or self._open()
                session.cursor.execute("BEGIN")
                try:
                    job.run(session)
                finally:
                    roll_back(session)
            except Exception as error:  # noqa: BLE001 - whatever it was, the one who waits is told
                job.error = unavailable(error)
            answer([job])
        if session:
            session.connection.close()

    def _watch_forever(self) -> None:
        """Notice what other processes change, and copy the write-ahead log into the file now and then."""
        log_file = self._file.with_name(self._file.name + "-wal")
        session: Session | None = None
        rounds = 0
        while not self._closing.wait(WATCH_SECONDS):
            self._writer.notice()
            rounds += 1
            try:
                session = session or self._open()
                if rounds % ROUNDS_BETWEEN_CHECKPOINTS == 0:
                    long = log_file.exists() and log_file.stat().st_size > LONGEST_LOG_OCTETS
                    session.cursor.execute(f"PRAGMA wal_checkpoint({'RESTART' if long else 'PASSIVE'})").fetchall()
            except (apsw.Error, OSError, DatabaseUnavailable) as error:
                log.warning("checkpoint failed", error=type(error).__name__)
        if session:
            session.connection.close()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise unavailable(error) from error
