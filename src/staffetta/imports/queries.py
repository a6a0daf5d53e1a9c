"""The SQL of imports and of what is left of their rows."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from staffetta.db import Connection, Statement, Transaction
from staffetta.imports.model import Import, ImportOptions, ImportState
from staffetta.imports.tables import import_chunks, imports
from staffetta.recipients import Tally

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_OF_IMPORT = bindparam("of_import", type_=Integer())
_OPEN = imports.c.state < literal_column(str(int(ImportState.DONE)))
_IMPORT = tuple(
    imports.c[name]
    for name in (
        "id",
        "list_id",
        "state",
        "options",
        "tally",
        "file_name",
        "sending_id",
        "created_at",
        "started_at",
        "ended_at",
    )
)
INSERT = Statement(
    insert(imports).values(
        account_id=_ACCOUNT,
        **{
            name: bindparam(name)
            for name in ("id", "list_id", "state", "options", "tally", "file_name", "sending_id", "created_at")
        },
        started_at=bindparam("started_at", type_=imports.c.started_at.type),
        ended_at=bindparam("ended_at", type_=imports.c.ended_at.type),
    )
)
BY_ID = Statement(select(*_IMPORT).where(imports.c.account_id == _ACCOUNT, imports.c.id == _OF_IMPORT))
CLAIM = Statement(
    select(*_IMPORT)
    .where(imports.c.account_id == _ACCOUNT, imports.c.id == _OF_IMPORT, _OPEN)
    .with_for_update(skip_locked=True)
)
FIRST_OPEN = Statement(
    select(imports.c.account_id, func.min(imports.c.id, type_=Integer()).label("import_id"))
    .where(_OPEN)
    .group_by(imports.c.account_id)
    .order_by(imports.c.account_id)
)
SAVE = Statement(
    update(imports)
    .where(imports.c.account_id == _ACCOUNT, imports.c.id == _OF_IMPORT)
    .values(
        state=bindparam("new_state", type_=imports.c.state.type),
        tally=bindparam("new_tally"),
        started_at=bindparam("new_started_at"),
        ended_at=bindparam("new_ended_at"),
    )
)
# Only what waits or runs has chunks: an account that calls for one import a customer has many more that have ended.
STORED = Statement(
    select(*_IMPORT)
    .where(
        imports.c.account_id == _ACCOUNT,
        imports.c.state == literal_column(str(int(ImportState.STORED))),
        imports.c.id.in_(
            select(import_chunks.c.import_id).where(import_chunks.c.account_id == _ACCOUNT, import_chunks.c.number == 0)
        ),
    )
    .order_by(imports.c.id)
    .limit(bindparam("most", type_=Integer()))
)
LISTS_OF_OPEN = Statement(select(imports.c.list_id).where(imports.c.account_id == _ACCOUNT, _OPEN).distinct())
LAUNCH = Statement(
    update(imports)
    .where(
        imports.c.account_id == _ACCOUNT,
        imports.c.id == _OF_IMPORT,
        imports.c.state == literal_column(str(int(ImportState.STORED))),
    )
    .values(
        state=bindparam("new_state", type_=imports.c.state.type),
        sending_id=bindparam("new_sending_id", type_=Integer()),
        started_at=bindparam("new_started_at", type_=imports.c.started_at.type),
        ended_at=bindparam("new_ended_at", type_=imports.c.ended_at.type),
    )
)
CHUNKS = Statement(
    select(import_chunks.c.number, import_chunks.c.content)
    .where(import_chunks.c.account_id == _ACCOUNT, import_chunks.c.import_id == _OF_IMPORT)
    .order_by(import_chunks.c.number)
    .limit(bindparam("most", type_=Integer()))
)
DELETE_CHUNKS = Statement(
    delete(import_chunks).where(
        import_chunks.c.account_id == _ACCOUNT,
        import_chunks.c.import_id == _OF_IMPORT,
        import_chunks.c.number <= bindparam("up_to", type_=Integer()),
    )
)
LAST_CHUNK = 2_147_483_647


def insert_import(tx: Transaction, made: Import) -> None:
    """Add an import."""
    tx.run(
        INSERT,
        id=made.id,
        list_id=made.list_id,
        state=made.state,
        options=made.options,
        tally={"total": made.rows, **msgspec.to_builtins(made.tally)},
        file_name=made.file_name,
        sending_id=made.sending_id,
        created_at=made.created_at,
        started_at=made.started_at,
        ended_at=made.ended_at,
    )


def insert_chunks(tx: Transaction, import_id: int, chunks: Sequence[bytes]) -> None:
    """Keep the rows of an import."""
    tx.load(
        import_chunks,
        ("import_id", "number", "content"),
        [(import_id, number, content) for number, content in enumerate(chunks)],
    )


def first_open(connection: Connection) -> list[tuple[int, int]]:
    """Return account and id of the import that each account has to do next."""
    return [(row.account_id, row.import_id) for row in connection.all(FIRST_OPEN)]


def claim(tx: Transaction, import_id: int) -> Import | None:
    """Return an open import, locked for this transaction; None where another process runs it, or has ended it."""
    return _import(tx.first(CLAIM, of_import=import_id))


def find_import(tx: Transaction, import_id: int) -> Import | None:
    """Return an import."""
    return _import(tx.first(BY_ID, of_import=import_id))


def stored_imports(tx: Transaction, *, most: int) -> list[Import]:
    """Return the imports that nobody has launched, oldest first."""
    return [found for row in tx.all(STORED, most=most) if (found := _import(row))]


def lists_of_open(tx: Transaction) -> set[int]:
    """Return the lists of imports that wait for the worker or are run by it."""
    return {row.list_id for row in tx.all(LISTS_OF_OPEN)}


def launch(tx: Transaction, launched: Import) -> bool:
    """Take a stored import to another state; False where it is none."""
    return bool(
        tx.changed(
            LAUNCH,
            of_import=launched.id,
            new_state=launched.state,
            new_sending_id=launched.sending_id,
            new_started_at=launched.started_at,
            new_ended_at=launched.ended_at,
        )
    )


def chunks(tx: Transaction, import_id: int, *, most: int) -> list[tuple[int, bytes]]:
    """Return the next chunks of an import."""
    return [(row.number, bytes(row.content)) for row in tx.all(CHUNKS, of_import=import_id, most=most)]


def delete_chunks(tx: Transaction, import_id: int, *, up_to: int = LAST_CHUNK) -> None:
    """Forget chunks that are done."""
    tx.run(DELETE_CHUNKS, of_import=import_id, up_to=up_to)


def save_progress(tx: Transaction, done: Import) -> None:
    """Keep how far an import is."""
    tx.run(
        SAVE,
        of_import=done.id,
        new_state=done.state,
        new_tally={"total": done.rows, **msgspec.to_builtins(done.tally)},
        new_started_at=done.started_at,
        new_ended_at=done.ended_at,
    )


def imports_page(
    tx: Transaction,
    conditions: Sequence[ColumnElement[bool]],
    *,
    order: Sequence[ColumnElement[Any]],
    offset: int,
    limit: int,
) -> list[Import]:
    """Return imports that fulfil conditions, newest first unless ordered."""
    query = select(*_IMPORT).where(imports.c.account_id == _ACCOUNT, *conditions)
    statement = Statement(query.order_by(*order, imports.c.id.desc()).limit(limit).offset(offset))
    return [found for row in tx.all(statement) if (found := _import(row))]


def count_imports(tx: Transaction, conditions: Sequence[ColumnElement[bool]]) -> int:
    """Return how many imports fulfil conditions."""
    query = select(func.count().label("imports")).select_from(imports)
    return int(tx.first(Statement(query.where(imports.c.account_id == _ACCOUNT, *conditions))).imports)


def _import(row: Any) -> Import | None:
    if row is None:
        return None
    counts = dict(row.tally)
    total = counts.pop("total")
    return Import(
        id=row.id,
        list_id=row.list_id,
        state=row.state,
        options=msgspec.convert(row.options, ImportOptions),
        tally=msgspec.convert(counts, Tally),
        rows=total,
        file_name=row.file_name,
        sending_id=row.sending_id,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
