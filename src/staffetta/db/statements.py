"""Statements compiled once for each database and run on the driver's own cursor.

Running an expression through SQLAlchemy's own `execute` costs more than the rest of a sign-up: 3,800 sign-ups a second
against 7,500. What a driver needs of it (the text, the defaults, the conversions) is worked out at the first use.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect

Converter = Callable[[Any], Any]

DIALECTS: Mapping[str, Dialect] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="named"),
    "postgresql": PGDialect_psycopg(),  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
}


class Statement:
    """One SELECT, INSERT, UPDATE or DELETE: a SQLAlchemy expression whose values are all bound by name."""

    __slots__ = ("_prepared", "expression", "row_type")

    def __init__(self, expression: Executable, *, row_type: Any = None) -> None:
        """Keep an expression; `row_type` is a NamedTuple of its columns in their order, else one is made."""
        self.expression = expression
        self.row_type = row_type
        self._prepared: dict[str, Prepared] = {}

    def prepared_for(self, dialect_name: str) -> "Prepared":
        """Return the statement as the driver of a database takes it."""
        found = self._prepared.get(dialect_name)
        if found is None:
            found = self._prepared[dialect_name] = Prepared(self.expression, DIALECTS[dialect_name], self.row_type)
        return found


class Prepared:
    """A statement's text, its parameters and what turns a driver's tuples into rows."""

    __slots__ = ("_converters_in", "_converters_out", "_defaults", "_row", "names", "sql")

    def __init__(self, expression: Any, dialect: Dialect, row_type: Any) -> None:
        compiled = expression.compile(dialect=dialect)
        self.sql = str(compiled)
        types = {name: bind.type for bind, name in compiled.bind_names.items()}
        self.names = frozenset(types)
        self._defaults = {name: value for name, value in compiled.params.items() if value is not None}
        self._converters_in = _present(
            (name, type_.dialect_impl(dialect).bind_processor(dialect)) for name, type_ in types.items()
        )
        for name, convert in self._converters_in:
            if name in self._defaults:
                self._defaults[name] = convert(self._defaults[name])
        self._converters_in = [(name, convert) for name, convert in self._converters_in if name not in self._defaults]
        columns = list(getattr(expression, "exported_columns", ()))
        self._converters_out = _present(
            (position, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for position, column in enumerate(columns)
        )
        self._row: Any = row_type or namedtuple("Row", [column.key for column in columns])  # noqa: PYI024 - made at run time

    def bind(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values as the driver takes them; `values` may be changed."""
        for name, convert in self._converters_in:
            values[name] = convert(values[name])
        return {**self._defaults, **values} if self._defaults else values

    def row(self, values: tuple[Any, ...]) -> Any:
        """Return a driver's tuple as a row with named columns."""
        if self._converters_out:
            converted = list(values)
            for position, convert in self._converters_out:
                converted[position] = convert(converted[position])
            return self._row._make(converted)
        return self._row._make(values)


def _present(pairs: Any) -> list[tuple[Any, Converter]]:
    return [(key, convert) for key, convert in pairs if convert is not None]
