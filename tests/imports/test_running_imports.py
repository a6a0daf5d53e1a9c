"""Imports: stored, run step by step, listed, given up."""

from datetime import timedelta

import pytest

from imports.given import begin, finish, people
from recipients.people import ADA, make_list, status
from staffetta.db import Connection
from staffetta.imports import (
    ImportState,
    UnknownImport,
    event_of,
    fail,
    get_import,
    list_imports,
    open_imports,
    pack,
    step,
)
from staffetta.imports.packing import ROWS_IN_CHUNK, unpack
from staffetta.lists import UnknownList, add_group
from staffetta.outbox import DeliveryState, in_state, undefined_sendings
from staffetta.recipients import Event, ImportRow, Status
from staffetta.recipients.queries import recipient_by_email
from trying import NOON

LATER = NOON + timedelta(seconds=5)
# What StartImportProcesses and R3 say: confirm, unsubscribe, what is pending, force.
FLAGS = {
    (False, False, False, False): Event.IMPORT,
    (False, False, True, False): Event.IMPORT_PENDING_AS_SUBSCRIBED,
    (False, False, False, True): Event.IMPORT_FORCED,
    (True, False, False, False): Event.IMPORT_TO_CONFIRM,
    (True, False, True, False): Event.IMPORT_TO_CONFIRM,
    (True, False, False, True): Event.IMPORT_FORCED_TO_CONFIRM,
    (True, False, True, True): Event.IMPORT_FORCED_TO_CONFIRM,
    (False, True, False, False): Event.IMPORT_AS_OPTOUT,
    (False, True, True, False): Event.IMPORT_AS_OPTOUT,
}


@pytest.mark.parametrize(("flags", "event"), FLAGS.items())
def test_flags_mean_an_event(flags, event):
    confirm, as_optout, as_pending, force = flags

    assert event_of(confirm=confirm, as_optout=as_optout, as_pending=as_pending, force=force) == event


def test_rows_survive_being_packed():
    rows = [ImportRow("ä@example.org", "+39", "335", "Ä\x00", {"1": "\U0001f600"}), ImportRow()]

    packed = pack(rows)

    assert packed.rows == 2
    assert [ImportRow(*each) for chunk in packed.chunks for each in unpack(chunk)] == rows


def test_an_import_waits_and_is_done_step_by_step(tx):
    import_id = begin(tx, people(2 * ROWS_IN_CHUNK + 1))
    before = get_import(tx, import_id)

    first = step(tx, import_id, most_chunks=1, now=NOON)
    between = get_import(tx, import_id)
    steps = finish(tx, import_id, now=LATER)

    after = get_import(tx, import_id)
    assert (before.state, before.rows, before.tally.rows) == (ImportState.QUEUED, 2 * ROWS_IN_CHUNK + 1, 0)
    assert first == (ROWS_IN_CHUNK, False)
    assert (between.state, between.started_at, between.ended_at) == (ImportState.RUNNING, NOON, None)
    assert between.tally.created == ROWS_IN_CHUNK
    assert steps == 2
    assert (after.state, after.started_at, after.ended_at) == (ImportState.DONE, NOON, LATER)
    assert after.tally.created == after.tally.rows == 2 * ROWS_IN_CHUNK + 1


def test_a_step_can_take_several_chunks(tx):
    import_id = begin(tx, people(3 * ROWS_IN_CHUNK))

    assert finish(tx, import_id, most_chunks=2) == 2


def test_an_import_that_has_ended_takes_no_further_step(tx):
    import_id = begin(tx, people(1))
    finish(tx, import_id)

    assert step(tx, import_id, most_chunks=1, now=LATER) is None


def test_an_import_of_nothing_is_completed_at_once(tx):
    import_id = begin(tx, [])

    found = get_import(tx, import_id)
    assert (found.state, found.rows, found.ended_at) == (ImportState.DONE, 0, NOON)


def test_an_import_of_what_is_no_address_is_completed_too(tx):
    import_id = begin(tx, [ImportRow(email="nobody")] * 3)

    finish(tx, import_id)

    assert get_import(tx, import_id).tally.rejected == 3


def test_addresses_that_come_again_in_a_later_chunk_are_repeats(tx):
    import_id = begin(tx, [*people(ROWS_IN_CHUNK), ImportRow("person0@example.org", fields={"1": "last"})])

    finish(tx, import_id, now=LATER)

    tally = get_import(tx, import_id).tally
    assert (tally.created, tally.updated, tally.repeated_email) == (ROWS_IN_CHUNK, 0, 1)
    assert recipient_by_email(tx, "person0@example.org").fields == {"1": "last"}


def test_an_account_s_imports_run_in_the_order_of_their_ids(tx, stranger):
    connection = Connection(tx._session)
    first, second = begin(tx, people(1)), begin(tx, people(1))
    theirs = begin(stranger, people(1))

    waiting = dict(open_imports(connection))
    finish(tx, first)

    assert (waiting[tx.account_id], waiting[stranger.account_id]) == (first, theirs)
    assert dict(open_imports(connection))[tx.account_id] == second


def test_options_reach_the_rows(tx):
    group = add_group(tx, 1, "Readers", now=NOON)
    import_id = begin(tx, [ImportRow(ADA.text)], event=Event.IMPORT_AS_OPTOUT, group_ids=(group.id,))

    finish(tx, import_id)

    assert status(tx) == Status.UNSUBSCRIBED
    assert get_import(tx, import_id).options.group_ids == (group.id,)


def test_an_import_to_confirm_prepares_a_sending_that_nobody_has_launched(tx):
    import_id = begin(tx, people(2), event=Event.IMPORT_TO_CONFIRM, confirm=True, host="news.example")
    found = get_import(tx, import_id)
    (sending,) = undefined_sendings(tx)

    finish(tx, import_id)

    held = in_state(tx, DeliveryState.HELD, most=10)
    assert found.sending_id == sending.id
    assert {each.sending_id for each in held} == {sending.id}
    assert len(held) == 2


def test_an_import_that_is_given_up_keeps_what_it_has_done(tx):
    import_id = begin(tx, people(ROWS_IN_CHUNK + 1))
    step(tx, import_id, most_chunks=1, now=NOON)

    fail(tx, import_id, now=LATER)
    fail(tx, import_id, now=LATER + timedelta(seconds=1))

    found = get_import(tx, import_id)
    assert (found.state, found.ended_at, found.tally.created) == (ImportState.FAILED, LATER, ROWS_IN_CHUNK)


def test_an_import_into_an_unknown_list_is_not_stored(tx):
    with pytest.raises(UnknownList):
        begin(tx, people(1), list_id=99)


def test_a_list_of_another_account_is_not_found(tx, stranger):
    theirs = make_list(stranger)

    with pytest.raises(UnknownList):
        begin(tx, people(1), list_id=theirs.id)


def test_an_import_of_another_account_is_not_found(tx, stranger):
    for _ in range(3):
        theirs = begin(stranger, people(1))

    with pytest.raises(UnknownImport):
        get_import(tx, theirs)
    fail(tx, theirs, now=LATER)

    assert step(tx, theirs, most_chunks=1, now=LATER) is None
    assert get_import(stranger, theirs).state == ImportState.QUEUED
    assert list_imports(tx, offset=0, limit=10).total == 0


def test_imports_are_listed_newest_first_a_page_at_a_time(tx):
    other = make_list(tx)
    made = [begin(tx, []), begin(tx, [], list_id=other.id), begin(tx, [])]

    page = list_imports(tx, offset=1, limit=1)
    of_list = list_imports(tx, list_ids=(1,), offset=0, limit=10)

    assert ([each.id for each in page.imports], page.total) == ([made[1]], 3)
    assert [each.id for each in of_list.imports] == [made[2], made[0]]
    assert list_imports(tx, offset=9, limit=1) == ([], 3)
