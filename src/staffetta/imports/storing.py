"""Imports that are stored without being started, and launched later: one runs at a time (contract 3.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from staffetta import outbox
from staffetta.db import Transaction
from staffetta.imports import queries
from staffetta.imports.model import AlreadyLaunched, Import, ImportOptions, ImportRunning, ImportState
from staffetta.imports.packing import Packed
from staffetta.imports.starting import get_import, prepare_confirmation
from staffetta.lists import UnknownList, get_list
from staffetta.recipients import Tally

# What one call launches: each import costs a sending at most, and a line of the answer.
MOST_AT_ONCE = 1_000


class Launched(NamedTuple):
    """An import that was to be launched, and what has kept it from that."""

    import_id: int
    list_id: int
    refusal: ImportRunning | None


def store(
    tx: Transaction, list_id: int, packed: Packed, options: ImportOptions, *, file_name: str = "", now: datetime
) -> int:
    """Store an import that nobody runs before it is launched, and return its id.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    import_id = tx.take_id("import")
    queries.insert_import(
        tx,
        Import(
            id=import_id,
            list_id=list_id,
            state=ImportState.STORED,
            options=options,
            tally=Tally(),
            rows=packed.rows,
            file_name=file_name,
            sending_id=None,
            created_at=now,
            started_at=None,
            ended_at=None,
        ),
    )
    queries.insert_chunks(tx, import_id, packed.chunks)
    return import_id


def launch(tx: Transaction, import_id: int, *, sends_at_once: bool = False, now: datetime) -> None:
    """Let a stored import run.

    One to confirm gets its sending now, which waits for somebody to launch it unless it `sends_at_once`.

    Raises:
        UnknownImport: the account has no such import.
        UnknownList: its list is gone.
        ImportRunning: another import of the account has not ended.
        AlreadyLaunched: it is not waiting for this.

    """
    stored = get_import(tx, import_id)
    # Two calls at the same moment can both find nothing running: then their imports run one after the other.
    open_lists = queries.lists_of_open(tx)
    if open_lists:
        raise ImportRunning(open_lists)
    _launch(tx, stored, sends_at_once=sends_at_once, now=now)


def launch_all(
    tx: Transaction, import_ids: Sequence[int] | None = None, *, sends_at_once: bool = False, now: datetime
) -> list[Launched]:
    """Let stored imports run one after the other: all that there are, oldest first, unless some are named.

    None is launched while another runs. Those whose lists are gone end here, and are not told of.
    """
    if import_ids is None:
        found = queries.stored_imports(tx, most=MOST_AT_ONCE)
    else:
        found = [get_import(tx, import_id) for import_id in import_ids]
    waiting = [each for each in found if each.state == ImportState.STORED and _has_list(tx, each, now=now)]
    open_lists = queries.lists_of_open(tx) if waiting else set()
    refusal = ImportRunning(open_lists) if open_lists else None
    if refusal is None:
        for each in waiting:
            _launch(tx, each, sends_at_once=sends_at_once, now=now)
    return [Launched(each.id, each.list_id, refusal) for each in waiting]


def _launch(tx: Transaction, stored: Import, *, sends_at_once: bool, now: datetime) -> None:
    mailing_list = get_list(tx, stored.list_id)
    if stored.state != ImportState.STORED:
        raise AlreadyLaunched(f"import {stored.id} was launched before")
    sending_id = prepare_confirmation(tx, mailing_list, stored.id, now=now) if stored.options.confirm else None
    if sending_id is not None and sends_at_once:
        outbox.launch(tx, sending_id, now=now)
    launched = msgspec.structs.replace(stored, state=ImportState.QUEUED, sending_id=sending_id)
    if not queries.launch(tx, launched):  # another call was quicker
        raise AlreadyLaunched(f"import {stored.id} was launched before")


def _has_list(tx: Transaction, stored: Import, *, now: datetime) -> bool:
    """Tell whether the list is still there; without it the rows, which are people's addresses, go as well."""
    try:
        get_list(tx, stored.list_id)
    except UnknownList:
        ended = msgspec.structs.replace(stored, state=ImportState.FAILED, started_at=now, ended_at=now)
        queries.delete_chunks(tx, stored.id)
        queries.launch(tx, ended)
        return False
    return True
