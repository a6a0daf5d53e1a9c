"""Writes that are larger than what a socket takes at once, to a server that is not reading at the moment."""

import asyncio

import pytest
from sqlalchemy import bindparam, func, insert, select

from staffetta.db import Database, Statement, Transaction
from staffetta.imports.tables import import_chunks

OCTETS = 4_000_000
SECONDS = 30.0
PUT = Statement(
    insert(import_chunks).values(
        account_id=bindparam("account_id"),
        import_id=bindparam("import_id"),
        number=bindparam("number"),
        content=bindparam("content"),
    )
)
LENGTH = Statement(
    select(func.length(import_chunks.c.content).label("octets")).where(
        import_chunks.c.account_id == bindparam("account_id"), import_chunks.c.import_id == bindparam("import_id")
    )
)


def nap(tx: Transaction) -> None:
    """Keep the server from reading for a while."""
    if tx._session.dialect_name == "postgresql":
        tx._session.writes.execute("SELECT pg_sleep(0.3)")


def put(tx: Transaction, import_id: int) -> None:
    nap(tx)
    tx.run(PUT, import_id=import_id, number=1, content=bytes(OCTETS))


def put_many(tx: Transaction, import_id: int) -> None:
    nap(tx)
    tx.run_many(PUT, [{"import_id": import_id, "number": number, "content": bytes(OCTETS)} for number in (1, 2)])


def put_and_look(tx: Transaction, import_id: int) -> int:
    put(tx, import_id)
    return int(tx.first(LENGTH, import_id=import_id)[0])


@pytest.mark.parametrize("operation", [put, put_many, put_and_look])
async def test_a_write_that_does_not_fit_into_a_socket_is_committed(database: Database, account, operation):
    async with asyncio.timeout(SECONDS):
        await database.write(account.id, operation, 7)

    assert await database.read(account.id, lengths) == [(OCTETS,)] * (2 if operation is put_many else 1)


def lengths(tx: Transaction) -> list[tuple[int]]:
    return [tuple(row) for row in tx.all(LENGTH, import_id=7)]
