"""Adding many rows to a table in one call of the driver, whatever database it is."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import apsw
from sqlalchemy import Table

# Rows that SQLite takes with one step of a statement: each step costs the driver as much as SQLite needs for the row.
ROWS_IN_STEP = 50


def load_sqlite(
    cursor: Any, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], shared: Mapping[str, Any]
) -> None:
    """Add rows by position; what they share stands in the statement, so that it is not bound for each."""
    whole_steps = len(rows) - len(rows) % ROWS_IN_STEP
    steps = (
        tuple(chain.from_iterable(rows[first : first + ROWS_IN_STEP])) for first in range(0, whole_steps, ROWS_IN_STEP)
    )
    cursor.executemany(_insert(table, columns, shared, ROWS_IN_STEP), steps)
    cursor.executemany(_insert(table, columns, shared, 1), rows[whole_steps:])


def _insert(table: Table, columns: tuple[str, ...], shared: Mapping[str, Any], rows: int) -> str:
    own = ", ".join(f"column{number}" for number, _ in enumerate(columns, start=1))
    values = ", ".join([f"({', '.join('?' * len(columns))})"] * rows)
    common = ", ".join(apsw.format_sql_value(value) for value in shared.values())
    names = ", ".join((*columns, *shared))
    return f"INSERT INTO {table.name} ({names}) SELECT {own}, {common} FROM (VALUES {values})"  # noqa: S608 - our own names, quoted values


def load_postgresql(
    cursor: Any, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], shared: Mapping[str, Any]
) -> None:
    """Add rows by COPY, outside of a pipeline: a fifth of what arrays for `unnest` cost."""
    common = tuple(shared.values())
    with cursor.copy(f"COPY {table.name} ({', '.join((*columns, *shared))}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*row, *common))
