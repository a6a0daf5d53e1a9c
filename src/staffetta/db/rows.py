"""Passing many rows to one statement: a JSON parameter that the database unpacks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Subquery, and_, bindparam, cast, select, tuple_
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from staffetta.db.types import Json


def json_rows(parameter: str, **columns: TypeEngine[Any] | type[TypeEngine[Any]]) -> Subquery:
    """Return a table of the rows that `parameter` carries: a list with a list of values for each row.

    The values stand in the order of `columns`, which gives the names and types of the table.
    """
    unpacked = _elements(bindparam(parameter, type_=Json())).table_valued("value")
    fields = [
        _Element(unpacked.c.value, position, type_).label(name)
        for position, (name, type_) in enumerate(columns.items())
    ]
    query: Select[Any] = select(*fields).select_from(unpacked)
    return query.subquery(parameter)


def json_values(parameter: str, type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> Subquery:
    """Return a table of one column, `value`, of the numbers or texts that `parameter` carries in a list.

    On SQLite it is read in half the time of a list of rows.
    """
    unpacked = _values(bindparam(parameter, type_=Json())).table_valued("value")
    query: Select[Any] = select(cast(unpacked.c.value, type_).label("value")).select_from(unpacked)
    return query.subquery(parameter)


def by_index(columns: Sequence[ColumnElement[Any]], values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Return the condition that columns have values, for a row that is found by the index of these columns.

    PostgreSQL, where it takes what the first column leaves for little, is content with any index that begins with it,
    and reads a whole account for each row that is sought. A comparison of rows leaves it no other index.
    """
    return _ByIndex(tuple(columns), tuple(values))


class _elements(FunctionElement[Any]):  # noqa: N801 - a function of SQL
    name = "elements"
    inherit_cache = True


@compiles(_elements, "sqlite")
def _elements_sqlite(element: _elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_elements, "postgresql")
def _elements_postgresql(element: _elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_elements({compiler.process(element.clauses, **kw)})"


class _values(FunctionElement[Any]):  # noqa: N801 - a function of SQL
    name = "values"
    inherit_cache = True


@compiles(_values, "sqlite")
def _values_sqlite(element: _values, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_values, "postgresql")
def _values_postgresql(element: _values, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_elements_text({compiler.process(element.clauses, **kw)})"


class _ByIndex(ColumnElement[bool]):
    inherit_cache = True

    def __init__(self, columns: tuple[ColumnElement[Any], ...], values: tuple[ColumnElement[Any], ...]) -> None:
        self.columns = columns
        self.values = values
        # No type: one of true and false is compared with 1 on SQLite, where no index would serve it then.


@compiles(_ByIndex)
def _compile_by_index(element: _ByIndex, compiler: SQLCompiler, **kw: Any) -> str:
    pairs = zip(element.columns, element.values, strict=True)
    return compiler.process(and_(*(column == value for column, value in pairs)), **kw)


@compiles(_ByIndex, "postgresql")
def _compile_by_index_postgresql(element: _ByIndex, compiler: SQLCompiler, **kw: Any) -> str:
    columns, values = tuple_(*element.columns), tuple_(*element.values)
    return compiler.process(and_(columns >= values, columns <= values), **kw)


class _Element(ColumnElement[Any]):
    inherit_cache = True

    def __init__(self, row: ColumnElement[Any], position: int, type_: Any) -> None:
        self.row = row
        self.position = position
        self.type = type_() if isinstance(type_, type) else type_


@compiles(_Element)
def _compile_element(element: _Element, compiler: SQLCompiler, **kw: Any) -> str:
    value = f"{compiler.process(element.row, **kw)} ->> {element.position}"
    dialect: Dialect = compiler.dialect
    if dialect.name == "sqlite":
        return f"({value})"
    return f"CAST({value} AS {element.type.compile(dialect)})"
