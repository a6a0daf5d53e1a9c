"""Imports as their tests ask for them."""

from typing import Any

from staffetta.db import Transaction
from staffetta.imports import ImportOptions, pack, start, step
from staffetta.recipients import Evidence, ImportRow, Source
from trying import NOON

EVIDENCE = Evidence(source=Source.IMPORT, ip="192.0.2.7", wording="POST /Recipients")


def people(count: int, *, first: int = 0) -> list[ImportRow]:
    return [
        ImportRow(email=f"person{number}@example.org", fields={"1": str(number)})
        for number in range(first, first + count)
    ]


def begin(tx: Transaction, rows: list[ImportRow], *, list_id: int = 1, now: Any = NOON, **options: Any) -> int:
    """Store an import and return its id."""
    return start(tx, list_id, pack(rows), ImportOptions(evidence=EVIDENCE, **options), file_name="people.csv", now=now)


def finish(tx: Transaction, import_id: int, *, most_chunks: int = 1, now: Any = NOON) -> int:
    """Run an import to its end; return how many steps that took."""
    steps = 0
    while True:
        done = step(tx, import_id, most_chunks=most_chunks, now=now)
        assert done
        steps += 1
        if done.ended:
            return steps
