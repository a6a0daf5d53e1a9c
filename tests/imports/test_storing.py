"""Imports that are stored, and launched when somebody asks for it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from imports.given import EVIDENCE, finish, people
from recipients.people import make_list
from staffetta.db import Connection, Transaction
from staffetta.imports import (
    AlreadyLaunched,
    ImportOptions,
    ImportRunning,
    ImportState,
    UnknownImport,
    get_import,
    launch,
    launch_all,
    list_imports,
    open_imports,
    pack,
    start,
    step,
    store,
)
from staffetta.imports.listing import STATE_CODE
from staffetta.lists import UnknownList
from staffetta.outbox import DeliveryState, SendingState, get_sending, has_gone, in_state, undefined_sendings
from staffetta.outbox import launch as launch_sending
from staffetta.recipients import Event, ImportRow, remove_list
from trying import NOON

LATER = NOON + timedelta(seconds=5)
CONFIRMING = {"event": Event.IMPORT_TO_CONFIRM, "confirm": True, "host": "news.example"}


def keep(tx: Transaction, rows: Sequence[ImportRow] | None = None, *, list_id: int = 1, **options: Any) -> int:
    """Store an import of two people, or as told, and return its id."""
    return store(tx, list_id, pack(rows or people(2)), ImportOptions(evidence=EVIDENCE, **options), now=NOON)


def test_a_stored_import_is_run_by_nobody(tx):
    import_id = keep(tx)

    found = get_import(tx, import_id)
    assert (found.state, found.rows, found.status_code, found.has_ended) == (ImportState.STORED, 2, 1, False)
    assert tx.account_id not in dict(open_imports(Connection(tx._session)))
    assert step(tx, import_id, most_chunks=1, now=NOON) is None


def test_a_stored_import_counts_as_one_to_be_executed(tx):
    import_id = keep(tx)

    waiting = list_imports(tx, where=STATE_CODE.column == 1, offset=0, limit=10)

    assert [each.id for each in waiting.imports] == [import_id]


def test_a_launched_import_is_done_by_the_worker(tx):
    import_id = keep(tx)

    launch(tx, import_id, now=LATER)
    finish(tx, import_id, now=LATER)

    found = get_import(tx, import_id)
    assert (found.state, found.tally.created, found.status_code, found.has_ended) == (ImportState.DONE, 2, 3, True)


def test_an_import_is_launched_once(tx):
    import_id = keep(tx)
    launch(tx, import_id, now=NOON)
    finish(tx, import_id)

    with pytest.raises(AlreadyLaunched):
        launch(tx, import_id, now=LATER)


def test_no_import_is_launched_while_another_runs(tx):
    other = make_list(tx)
    running = start(tx, 1, pack(people(1)), ImportOptions(evidence=EVIDENCE), now=NOON)
    waiting = [keep(tx), keep(tx, list_id=other.id)]

    with pytest.raises(ImportRunning) as refused:
        launch(tx, waiting[1], now=NOON)
    refusals = launch_all(tx, now=NOON)
    finish(tx, running)
    launched = launch_all(tx, now=LATER)

    assert refused.value.list_ids == {1}
    assert [(each.import_id, each.list_id) for each in refusals] == [(waiting[0], 1), (waiting[1], other.id)]
    assert all(each.refusal and each.refusal.list_ids == {1} for each in refusals)
    assert [(each.import_id, each.refusal) for each in launched] == [(waiting[0], None), (waiting[1], None)]


def test_of_stored_imports_those_named_are_launched(tx):
    first, second, third = keep(tx), keep(tx), keep(tx)

    launched = launch_all(tx, [third, first], now=NOON)

    assert [each.import_id for each in launched] == [third, first]
    assert get_import(tx, second).state == ImportState.STORED
    assert launch_all(tx, [first], now=NOON) == []


def test_an_import_to_confirm_gets_its_sending_when_it_is_launched(tx):
    import_id = keep(tx, **CONFIRMING)
    before = undefined_sendings(tx)

    launch(tx, import_id, now=NOON)
    finish(tx, import_id)

    (sending,) = undefined_sendings(tx)
    assert before == []
    assert get_import(tx, import_id).sending_id == sending.id
    assert len(in_state(tx, DeliveryState.HELD, most=10)) == 2
    assert not has_gone(tx, sending.id)


def test_requests_to_confirm_can_leave_at_once(tx):
    import_id = keep(tx, **CONFIRMING)

    launch_all(tx, sends_at_once=True, now=NOON)
    finish(tx, import_id)

    sending_id = get_import(tx, import_id).sending_id
    assert sending_id is not None
    assert get_sending(tx, sending_id).state == SendingState.IMMEDIATE
    assert len(in_state(tx, DeliveryState.PLANNED, most=10)) == 2
    assert not has_gone(tx, sending_id)


def test_a_sending_without_mail_left_has_gone(tx, stranger):
    import_id = keep(tx, [ImportRow(email="nobody")], **CONFIRMING)
    launch(tx, import_id, now=NOON)
    finish(tx, import_id)
    sending_id = get_import(tx, import_id).sending_id
    assert sending_id is not None

    launch_sending(tx, sending_id, now=LATER)

    assert has_gone(tx, sending_id)
    assert not has_gone(stranger, sending_id)


def test_of_a_list_that_is_gone_no_row_stays(tx):
    other = make_list(tx)
    import_id = keep(tx, list_id=other.id)
    remove_list(tx, other.id, evidence=EVIDENCE, now=NOON)

    with pytest.raises(UnknownList):
        launch(tx, import_id, now=LATER)
    launched = launch_all(tx, now=LATER)

    found = get_import(tx, import_id)
    assert launched == []
    assert (found.state, found.ended_at) == (ImportState.FAILED, LATER)


def test_an_import_into_an_unknown_list_is_not_kept(tx):
    with pytest.raises(UnknownList):
        keep(tx, list_id=99)


def test_an_import_of_another_account_is_not_launched(tx, stranger):
    for _ in range(3):
        theirs = keep(stranger)

    with pytest.raises(UnknownImport):
        launch(tx, theirs, now=NOON)
    with pytest.raises(UnknownImport):
        launch_all(tx, [theirs], now=NOON)

    assert launch_all(tx, now=NOON) == []
    assert get_import(stranger, theirs).state == ImportState.STORED


def test_what_another_account_runs_keeps_nobody_waiting(tx, stranger):
    start(stranger, 1, pack(people(1)), ImportOptions(evidence=EVIDENCE), now=NOON)
    import_id = keep(tx)

    launch(tx, import_id, now=NOON)

    assert get_import(tx, import_id).state == ImportState.QUEUED
