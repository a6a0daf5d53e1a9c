"""Our SQLite driver as SQLAlchemy's engine wants one (PEP 249), for migrations.

A process must not open a file by two copies of SQLite: closing it by one drops the locks of the other
(https://sqlite.org/howtocorrupt.html §2.2.1). So migrations run on the driver that everything else runs on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apsw

paramstyle = "qmark"
sqlite_version_info = tuple(int(number) for number in apsw.sqlite_lib_version().split("."))

Error = apsw.Error
ProgrammingError = apsw.MisuseError

BUSY_MILLISECONDS = 5_000


class Cursor:
    """One statement at a time. What it returns is fetched at once: a migration reads little."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self.description: Any = None
        self.lastrowid = 0
        self.rowcount = -1
        self._connection = connection
        self._cursor = connection.cursor()
        self._cursor.exec_trace = self._describe
        self._rows: list[Any] = []

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        self._rows = self._cursor.execute(statement, values).fetchall()
        self._count()

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = self._cursor.executemany(statement, rows).fetchall()
        self._count()

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = arraysize) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        self._cursor.close()

    def _describe(self, cursor: apsw.Cursor, _statement: str, _values: Any) -> bool:
        # The driver forgets the columns with the last row, and a statement may return none.
        self.description = cursor.description or None
        return True

    def _count(self) -> None:
        self.lastrowid = self._connection.last_insert_rowid()
        self.rowcount = -1 if self.description else self._connection.changes()


class Connection:
    """A connection that begins nothing by itself: each statement is a transaction until somebody says BEGIN."""

    isolation_level = None

    def __init__(self, file: str) -> None:
        self._connection = apsw.Connection(file)
        self._connection.set_busy_timeout(BUSY_MILLISECONDS)

    def cursor(self) -> Cursor:
        return Cursor(self._connection)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def create_function(self, name: str, arguments: int, function: Callable[..., Any], *, deterministic: bool) -> None:
        self._connection.create_scalar_function(name, function, arguments, deterministic=deterministic)

    def _end(self, statement: str) -> None:
        if self._connection.in_transaction:
            self._connection.execute(statement)


def connect(file: str, **_options: Any) -> Connection:
    """Open a file; the options are those of another driver."""
    return Connection(file)
