"""The worker that runs imports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from conftest import make_account
from imports.given import begin, people
from scenarios.process import PATIENCE_SECONDS
from staffetta.db import Database
from staffetta.imports import Importer, ImportState, get_import
from staffetta.imports.packing import ROWS_IN_CHUNK
from staffetta.kit.clock import utc_now
from trying import NOON


@asynccontextmanager
async def running(importer: Importer) -> AsyncIterator[None]:
    task = asyncio.create_task(importer.run())
    try:
        yield
    finally:
        importer.stop()
        await task


async def ended(database: Database, account_id: int, import_id: int) -> ImportState:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await database.read(account_id, get_import, import_id)).state < ImportState.DONE:  # noqa: ASYNC110 - it is the database that is asked
            await asyncio.sleep(0.01)
    return found.state


async def test_imports_of_all_accounts_are_run(own_database):
    accounts = [make_account(own_database).id for _ in range(2)]
    importer = Importer(own_database)

    async with running(importer):
        stored = [
            (account_id, await own_database.write(account_id, begin, people(count)))
            for account_id in accounts
            for count in (3, 2 * ROWS_IN_CHUNK)
        ]
        importer.wake()
        states = [await ended(own_database, *each) for each in stored]

    assert states == [ImportState.DONE] * 4


async def test_a_caller_can_wait_for_the_end_of_an_import(own_database, monkeypatch):
    monkeypatch.setattr("staffetta.imports.worker.PATIENCE_SECONDS", PATIENCE_SECONDS)
    account_id = make_account(own_database).id
    importer = Importer(own_database)

    async with running(importer):
        for _ in range(5):
            import_id = await own_database.write(account_id, begin, people(3))
            importer.wake()
            await importer.ended(account_id, import_id)

            found = await own_database.read(account_id, get_import, import_id)
            assert found.state == ImportState.DONE


async def test_a_caller_waits_only_a_moment():
    importer = Importer(None)  # type: ignore[arg-type] # nobody runs it

    async with asyncio.timeout(PATIENCE_SECONDS):
        await importer.ended(1, 1)

    assert not importer._ends


async def test_what_was_stored_before_the_start_is_run(own_database):
    account_id = make_account(own_database).id
    import_id = await own_database.write(account_id, begin, people(3))

    async with running(Importer(own_database)):
        state = await ended(own_database, account_id, import_id)

    assert state == ImportState.DONE


async def test_two_workers_do_every_row_once(own_database):
    account_id = make_account(own_database).id
    import_id = await own_database.write(account_id, begin, people(6 * ROWS_IN_CHUNK))

    async with running(Importer(own_database)), running(Importer(own_database)):
        await ended(own_database, account_id, import_id)

    tally = (await own_database.read(account_id, get_import, import_id)).tally
    assert tally.rows == tally.created == 6 * ROWS_IN_CHUNK


async def test_an_import_that_cannot_be_done_is_given_up_and_others_go_on(own_database):
    account_id = make_account(own_database).id
    broken = await own_database.write(account_id, begin, people(1))
    await own_database.write(account_id, spoil, broken)
    sound = await own_database.write(account_id, begin, people(1))

    async with running(Importer(own_database)):
        states = [await ended(own_database, account_id, each) for each in (broken, sound)]

    assert states == [ImportState.FAILED, ImportState.DONE]


def spoil(tx, import_id):
    from staffetta.imports import queries

    queries.delete_chunks(tx, import_id)
    queries.insert_chunks(tx, import_id, [b"\xc1 no rows"])


async def test_stopping_leaves_the_rest_for_the_next_start(own_database):
    account_id = make_account(own_database).id
    import_id = await own_database.write(account_id, begin, people(4 * ROWS_IN_CHUNK), now=utc_now())
    importer = Importer(own_database)

    importer.stop()
    await importer.run()
    untouched = await own_database.read(account_id, get_import, import_id)
    async with running(Importer(own_database)):
        await ended(own_database, account_id, import_id)

    assert untouched.state == ImportState.QUEUED
    assert untouched.created_at > NOON


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Tries are a quarter of a second apart, which nobody has to wait for."""
    monkeypatch.setattr("staffetta.imports.worker.POLL_SECONDS", 0.05)
