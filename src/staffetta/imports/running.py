"""Running imports: the next rows of one, their effect and how far it is, all in one transaction."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from staffetta.db import Connection, Transaction, brief
from staffetta.imports import queries
from staffetta.imports.model import ImportState
from staffetta.imports.packing import unpack
from staffetta.imports.starting import plan_of
from staffetta.lists import UnknownList
from staffetta.recipients import import_rows


class Step(NamedTuple):
    """What a step came to: how many rows it did, and whether the import has ended."""

    rows: int
    ended: bool


@brief
def open_imports(connection: Connection) -> list[tuple[int, int]]:
    """Return account and id of the import that each account has to do next, one an account."""
    return queries.first_open(connection)


def step(tx: Transaction, import_id: int, *, most_chunks: int, now: datetime) -> Step | None:
    """Do the next rows of an import; None where another process is doing it, or it has ended.

    Its chunks go in the transaction that imports their rows: a crash at any moment loses and repeats nothing.
    """
    claimed = queries.claim(tx, import_id)
    if claimed is None:
        return None
    running = msgspec.structs.replace(claimed, state=ImportState.RUNNING, started_at=claimed.started_at or now)
    # One more than is done now tells whether any are left.
    found = queries.chunks(tx, import_id, most=most_chunks + 1)
    chunks = found[:most_chunks]
    rows = [row for _, chunk in chunks for row in unpack(chunk)]
    try:
        done = import_rows(tx, rows, plan_of(running), evidence=running.options.evidence, now=now)
    except UnknownList:  # deleted meanwhile, which is nobody's mistake
        fail(tx, import_id, now=now)
        return Step(0, ended=True)
    ended = len(found) <= most_chunks
    if chunks:
        queries.delete_chunks(tx, import_id, up_to=chunks[-1][0])
    queries.save_progress(
        tx,
        msgspec.structs.replace(
            running,
            state=ImportState.DONE if ended else ImportState.RUNNING,
            tally=running.tally + done.tally,
            ended_at=now if ended else None,
        ),
    )
    return Step(len(rows), ended)


def fail(tx: Transaction, import_id: int, *, now: datetime) -> None:
    """Give an import up: what it has done stays, the rest of its rows goes."""
    claimed = queries.claim(tx, import_id)
    if claimed is None:
        return
    queries.delete_chunks(tx, import_id)
    queries.save_progress(
        tx,
        msgspec.structs.replace(claimed, state=ImportState.FAILED, started_at=claimed.started_at or now, ended_at=now),
    )
