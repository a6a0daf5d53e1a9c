"""Listing imports, newest first: an account that calls for one import a customer has a hundred thousand of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, case, false, or_, type_coerce

from staffetta.db import Transaction
from staffetta.db.filtering import Kind, Property
from staffetta.imports import queries
from staffetta.imports.model import Import, ImportState
from staffetta.imports.tables import imports

# What interfaces may filter and order by; states are counted from 1 on every wire (contract soap-http-smtp.md 3.2).
ID = Property(imports.c.id, Kind.INTEGER)
LIST = Property(imports.c.list_id, Kind.INTEGER)
FILE_NAME = Property(imports.c.file_name, Kind.TEXT)
STARTED_AT = Property(imports.c.started_at, Kind.INSTANT)
STATE_CODE = Property(
    case((imports.c.state == ImportState.STORED, 1), else_=type_coerce(imports.c.state, Integer) + 1), Kind.INTEGER
)


class ImportsPage(NamedTuple):
    """Some imports, and how many there are in all."""

    imports: list[Import]
    total: int


def list_imports(
    tx: Transaction,
    *,
    list_ids: Sequence[int] | None = None,
    where: ColumnElement[bool] | None = None,
    order: Sequence[ColumnElement[Any]] = (),
    offset: int,
    limit: int,
) -> ImportsPage:
    """Return the imports of lists, None for all of them, that fulfil a condition over the properties above."""
    conditions = [] if where is None else [where]
    if list_ids is not None:
        conditions.append(or_(false(), *(imports.c.list_id == list_id for list_id in list_ids)))
    total = queries.count_imports(tx, conditions)
    found = queries.imports_page(tx, conditions, order=order, offset=offset, limit=limit) if total > offset else []
    return ImportsPage(found, total)
