"""SQLite's one writer: whatever waits is run, each operation for itself, and committed together.

Statements run on the event loop's thread when every waiting operation is brief, in the writer's thread otherwise. The
commit, which waits for the disk, is the writer's thread's work too, unless a single operation waits and the disk has
been quick. The connection is a baton: whoever holds it (`_busy`) runs, and nobody else touches it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

import apsw

from staffetta.db.database import DatabaseUnavailable
from staffetta.db.jobs import Job, answer
from staffetta.db.together import run_together
from staffetta.db.transaction import Session
from staffetta.errors import Refusal

# A command may hold the file for a moment (a bulk write); longer than this is answered as a failure.
BUSY_MILLISECONDS = 15_000
# What SQLite says of a file that is damaged.
DAMAGE = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError)
# What SQLite says of anything that is not a mistake in a statement's values or in how it is called. A statement that
# it does not understand is among it: the tables are not those of this version.
WEATHER = (
    *DAMAGE,
    apsw.AbortError,
    apsw.AuthError,
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.EmptyError,
    apsw.FullError,
    apsw.InternalError,
    apsw.InterruptError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoLFSError,
    apsw.NotFoundError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
    apsw.SchemaChangeError,
    apsw.SQLError,
)
# How many operations share a commit: 64 brief ones hold the event loop for some six milliseconds.
MOST_TOGETHER = 64
# A single operation whose commit takes no longer than two changes of thread is committed on the event loop's thread.
QUICK_COMMIT_SECONDS = 0.0005


class Writer:
    """Commits for everybody who waits, once, and only then answers them. A refused operation rolls back alone.

    A crash loses what was not answered yet, never anything that was.
    """

    def __init__(self, open_session: Callable[[], Session]) -> None:
        self._open_session = open_session
        self._session: Session | None = None
        self._version = 0
        # A moving average; until commits have shown to be quick they are taken for slow.
        self._commit_seconds = 2 * QUICK_COMMIT_SECONDS
        self._waiting: deque[Job] = deque()
        self._busy = False
        self._baton = threading.Lock()
        self._batches: SimpleQueue[tuple[bool, list[Job]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that commits."""
        self._thread = threading.Thread(target=self._commit_forever, name="sqlite-writer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what was accepted, and close the connection."""
        if self._thread:
            self._batches.put(None)
            self._thread.join()
            self._thread = None
        if self._session:
            self._session.connection.close()
            self._session = None

    def put(self, job: Job) -> None:
        """Let a job wait for the next commit, which takes all that come in this turn of the event loop."""
        if not self._waiting:
            job.loop.call_soon(self._next_batch)
        self._waiting.append(job)

    def notice(self) -> None:
        """Outdate what is kept in memory when another process has changed the file; a batch does so itself."""
        with self._baton:
            if self._busy:
                return
            self._busy = True
        try:
            self._session = self._session or self._open_session()
            self._notice(self._session)
        except (apsw.Error, DatabaseUnavailable):
            self._session = _abandon(self._session)
        self._pass_on([])

    def _next_batch(self) -> None:
        """Run what waits, unless a commit is under way: then its end comes back here."""
        with self._baton:
            if self._busy or not self._waiting:
                return
            self._busy = True
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        begun = all(job.brief for job in jobs) and self._begin_at_once(jobs)
        if begun and len(jobs) == 1 and self._commit_seconds < QUICK_COMMIT_SECONDS:
            self._commit(jobs, begun=True)
            self._pass_on(jobs)
        else:
            self._batches.put((begun, jobs))

    def _begin_at_once(self, jobs: list[Job]) -> bool:
        """Run brief jobs in this thread; False when another process holds the file, which must not stop the loop."""
        if self._session is None:
            return False
        connection = self._session.connection
        try:
            connection.set_busy_timeout(0)
            try:
                self._session.cursor.execute("BEGIN IMMEDIATE")
            finally:
                connection.set_busy_timeout(BUSY_MILLISECONDS)
        except apsw.Error:
            return False
        self._run(self._session, jobs)
        return True

    def _commit_forever(self) -> None:
        while (batch := self._batches.get()) is not None:
            begun, jobs = batch
            self._commit(jobs, begun=begun)
            self._pass_on(jobs)

    def _pass_on(self, jobs: list[Job]) -> None:
        """Let go of the connection, answer who waited for it, and let the next ones have it."""
        with self._baton:
            self._busy = False
        answer(jobs)
        if self._waiting:
            with suppress(IndexError, RuntimeError):  # nobody waits any more, or in a loop that is closed
                self._waiting[0].loop.call_soon_threadsafe(self._next_batch)

    def _commit(self, jobs: list[Job], *, begun: bool) -> None:
        try:
            session = self._session = self._session or self._open_session()
            if not begun:
                session.cursor.execute("BEGIN IMMEDIATE")
                self._run(session, jobs)
            if session.connection.in_transaction:
                began = time.perf_counter()
                session.cursor.execute("COMMIT")
                self._commit_seconds += (time.perf_counter() - began - self._commit_seconds) / 8
                session.committed()
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits is told
            _fail(jobs, error)
            self._session = _abandon(self._session)

    def _run(self, session: Session, jobs: list[Job]) -> None:
        """Run jobs in the transaction that has begun; where it cannot go on, all of them fail and it is rolled back."""
        try:
            self._notice(session)
            _run_together(session, jobs)
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits is told
            _fail(jobs, error)
            self._session = _abandon(session)

    def _notice(self, session: Session) -> None:
        """Outdate what is kept in memory when another process has changed the file."""
        # Read to the end: a statement that is not over would keep the log from being copied and begun anew.
        [(version,)] = session.cursor.execute("PRAGMA data_version").fetchall()
        if version != self._version:
            self._version = version
            session.snapshots.outdate()


def _run_together(session: Session, jobs: list[Job]) -> None:
    """Run jobs so that a refused one leaves no trace.

    Nearly all refusals come before the first change, and then there is nothing to undo. When one comes after, all are
    run again, each under a savepoint: that costs a third more, and is so rare that the others need not pay for it.
    """
    if _run_unspoilt(session, jobs):
        return
    roll_back(session)
    session.cursor.execute("BEGIN IMMEDIATE")
    for job in jobs:
        job.error = None
    _run_under_savepoints(session, jobs)


def _run_unspoilt(session: Session, jobs: list[Job]) -> bool:
    """Run jobs, and tell whether what is in the transaction now is theirs and nothing else's.

    It ends with the first that spoils it. For a full disk SQLite gives up the whole transaction, and what came then
    would be committed by itself, statement by statement.
    """
    try:
        alone = run_together(session, jobs)
    except Exception:  # noqa: BLE001 - each is run by itself, and gets its own error then
        return False
    for job in alone:
        changes = session.connection.total_changes()
        _run_one(session, job)
        if job.error and session.connection.total_changes() != changes:
            return False
        if not session.connection.in_transaction:
            return False
    return True


def _run_under_savepoints(session: Session, jobs: list[Job]) -> None:
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
        job.error = unavailable(error)


def _fail(jobs: list[Job], error: Exception) -> None:
    for job in jobs:
        job.error = job.error or unavailable(error)


def _abandon(session: Session | None) -> Session | None:
    """Roll back; return the session where it can go on, None where it is to be opened anew."""
    if session is None:
        return None
    try:
        roll_back(session)
    except apsw.Error:
        with suppress(apsw.Error):
            session.connection.close()
        return None
    return session


def roll_back(session: Session) -> None:
    """End a session's transaction, if one is open, without a trace."""
    session.rolled_back()
    if session.connection.in_transaction:
        session.cursor.execute("ROLLBACK")


def unavailable(error: Exception) -> Exception:
    """Return the failure as callers know it: the database's own weather has one name."""
    if isinstance(error, WEATHER):
        named = DatabaseUnavailable(str(error))
        named.__cause__ = error
        return named
    return error
