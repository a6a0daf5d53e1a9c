import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.playing import names, quickly
from staffetta.accounts import create_account
from staffetta.db import open_database
from staffetta.lists import add_list, catalog, change_list, furnish, get_list

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def account_id(own_database):
    with own_database.connection() as connection:
        account = create_account(connection, account_id=None, name="Ours", hosts=(), password=None, now=NOON)
        furnish(connection.for_account(account.id), account, now=NOON)
    return account.id


@pytest.fixture
def beside(own_database, settings):
    """The same database as another process has it: nothing is shared in memory."""
    url = own_database._url if own_database.dialect_name == "postgresql" else f"sqlite:///{own_database._file}"
    opened = open_database(replace(settings, database=url))
    yield opened
    opened.close()


def rename(tx, name):
    return change_list(tx, 1, name=name, settings=get_list(tx, 1).settings)


def name_of_list(tx):
    return catalog(tx).lists[1].name


async def soon(database, account_id, operation, wanted):
    """Read until the answer is the wanted one; far longer than it takes."""
    for _ in range(200):
        answer = await database.read(account_id, operation)
        if answer == wanted:
            break
        await asyncio.sleep(0.05)
    return answer


@pytest.mark.parametrize("operation", [name_of_list, quickly(name_of_list)])
async def test_a_change_of_ones_own_is_seen_at_once(own_database, account_id, operation):
    await own_database.read(account_id, operation)

    await own_database.write(account_id, rename, "New")

    assert await own_database.read(account_id, operation) == "New"


@pytest.mark.parametrize("operation", [name_of_list, quickly(name_of_list)])
async def test_a_change_by_another_process_is_noticed(own_database, beside, account_id, operation):
    await own_database.read(account_id, operation)
    await own_database.write(account_id, name_of_list)

    with beside.transaction(account_id) as tx:
        rename(tx, "Beside")

    assert await soon(own_database, account_id, operation, "Beside") == "Beside"
    assert await own_database.write(account_id, name_of_list) == "Beside"


async def test_a_list_made_by_another_process_is_found_at_once(own_database, beside, account_id):
    await own_database.read(account_id, name_of_list)

    with beside.transaction(account_id) as tx:
        made = add_list(tx, "Beside", now=NOON)

    assert await own_database.read(account_id, get_list, made.id) == made


async def test_a_change_that_was_rolled_back_is_not_seen(own_database, account_id):
    def rename_and_fail(tx):
        rename(tx, "Never")
        assert name_of_list(tx) == "Never"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await own_database.write(account_id, rename_and_fail)

    assert await own_database.read(account_id, name_of_list) == "Ours"
    assert await own_database.write(account_id, name_of_list) == "Ours"


async def test_an_operation_sees_what_it_has_changed_itself(own_database, account_id):
    def rename_and_look(tx):
        name_of_list(tx)
        rename(tx, "New")
        return name_of_list(tx)

    assert await own_database.write(account_id, rename_and_look) == "New"


async def test_a_reader_that_began_before_a_change_keeps_nothing_old_in_memory(own_database, account_id):
    began, changed = threading.Event(), threading.Event()

    def look_late(tx):
        names(tx)
        began.set()
        changed.wait(20)
        return name_of_list(tx)

    late = asyncio.ensure_future(own_database.read(account_id, look_late))
    await asyncio.to_thread(began.wait, 20)
    await own_database.write(account_id, rename, "New")
    changed.set()
    await late

    assert await own_database.read(account_id, name_of_list) == "New"


async def test_what_is_kept_across_accounts_is_read_once(own_database):
    loads = []

    def load(connection):
        loads.append(connection)
        return "loaded"

    answers = [await own_database.cached("played", load) for _ in range(3)]

    assert answers == ["loaded"] * 3
    assert len(loads) == 1


async def test_accounts_keep_their_own_in_memory(own_database, account_id):
    def load_under_one_key(tx):
        return tx.cached("played", lambda own: own.account_id)

    assert await own_database.read(account_id, load_under_one_key) == account_id
    assert await own_database.read(account_id + 77, load_under_one_key) == account_id + 77
