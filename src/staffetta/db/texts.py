"""What the two databases spell differently about texts."""

from typing import Any

from sqlalchemy import Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class position(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """Where in a text another begins, counted from 1, case by case; 0 where it does not."""

    type = Integer()
    inherit_cache = True


@compiles(position, "sqlite")
def _position_sqlite(element: position, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(position, "postgresql")
def _position_postgresql(element: position, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


class trimmed(FunctionElement[str]):  # noqa: N801 - a function of SQL
    """A text without the given characters at its ends."""

    type = Text()
    inherit_cache = True


@compiles(trimmed, "sqlite")
def _trimmed_sqlite(element: trimmed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"trim({compiler.process(element.clauses, **kw)})"


@compiles(trimmed, "postgresql")
def _trimmed_postgresql(element: trimmed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"btrim({compiler.process(element.clauses, **kw)})"


class by_code_point(FunctionElement[str]):  # noqa: N801 - an operator of SQL
    """A text that sorts by its code points, whatever the database was made with."""

    type = Text()
    inherit_cache = True


@compiles(by_code_point, "sqlite")
def _by_code_point_sqlite(element: by_code_point, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(by_code_point, "postgresql")
def _by_code_point_postgresql(element: by_code_point, compiler: SQLCompiler, **kw: Any) -> str:
    return f'({compiler.process(element.clauses, **kw)}) COLLATE "C"'
