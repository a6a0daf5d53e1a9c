"""Full disks, lost connections and refused commits: never a success that is not kept, and no hands to recover."""

import asyncio
import itertools
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from db.playing import execute, names, names_seen_by_others, put, put_and_refuse, put_in_company, quickly
from staffetta.db import DatabaseUnavailable
from staffetta.db.upgrading import revision
from staffetta.errors import FailedPrecondition

_accounts = itertools.count(1000)
LONG = "x" * 3_000_000


@pytest.fixture
def account_id():
    return next(_accounts)


@pytest.fixture(params=["brief", "long"])
def as_it_is(request):
    return quickly if request.param == "brief" else lambda operation: operation


def put_much(tx, name):
    return put(tx, f"{name} {LONG}")


def limit_pages(connection, pages):
    [(count,)] = execute(connection, "PRAGMA page_count")
    execute(connection, f"PRAGMA max_page_count={count + pages}")


async def kept_and_told(database, account_id, jobs):
    """Return the names that are in the database, and those whose keeping was answered with success."""
    waiting = (database.write(account_id, operation, name) for operation, name in jobs)
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    told = {answer for answer in answers if isinstance(answer, str)}
    assert all(isinstance(answer, str | DatabaseUnavailable | FailedPrecondition) for answer in answers)
    return names_seen_by_others(database, account_id), told


@pytest.mark.parametrize("position", [0, 1, 4, 8])
async def test_a_full_disk_is_never_answered_as_success(sqlite, account_id, as_it_is, position):
    jobs = [(as_it_is(put), f"small {number}") for number in range(8)]
    jobs.insert(position, (as_it_is(put_much), "much"))
    await sqlite.write(account_id, put, "first")
    await sqlite.write_across(limit_pages, 200)

    kept, told = await kept_and_told(sqlite, account_id, jobs)

    await sqlite.write_across(limit_pages, 1_000_000)
    assert kept == told | {"first"}
    assert not any(name.startswith("much") for name in told)
    assert await sqlite.write(account_id, as_it_is(put_much), "afterwards")


@pytest.mark.parametrize("much", [(quickly(put_much), "much"), (put_in_company, f"much {LONG}")], ids=["alone", "too"])
@pytest.mark.parametrize("position", [0, 4, 8])
async def test_a_full_disk_among_those_done_together_is_never_answered_as_success(sqlite, account_id, position, much):
    jobs = [(put_in_company, f"small {number}") for number in range(8)]
    jobs.insert(position, much)
    await sqlite.write(account_id, put, "first")
    await sqlite.write_across(limit_pages, 200)

    kept, told = await kept_and_told(sqlite, account_id, jobs)

    await sqlite.write_across(limit_pages, 1_000_000)
    assert kept == {each.removesuffix(" in company") for each in told} | {"first"}
    assert await sqlite.write(account_id, put, "afterwards")


async def test_a_full_disk_after_a_refusal_is_never_answered_as_success(sqlite, account_id, as_it_is):
    small, much, refused = as_it_is(put), as_it_is(put_much), as_it_is(put_and_refuse)
    await sqlite.write(account_id, put, "first")
    await sqlite.write_across(limit_pages, 200)

    kept, told = await kept_and_told(
        sqlite, account_id, [(small, "a"), (refused, "no"), (small, "b"), (much, "c"), (small, "d"), (refused, "no")]
    )

    await sqlite.write_across(limit_pages, 1_000_000)
    assert kept == told | {"first"}
    assert await sqlite.write(account_id, small, "afterwards") == "afterwards"


@contextmanager
def no_room_in_files(octets: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_commit_that_the_disk_refuses_is_never_answered_as_success(sqlite, account_id, as_it_is):
    await sqlite.write(account_id, as_it_is(put_much), "first")
    log_octets = sqlite._file.with_name(sqlite._file.name + "-wal").stat().st_size
    told: set[str] = set()

    # The log may have room that an earlier checkpoint left: write on until something is refused.
    with no_room_in_files(log_octets + 100_000):
        for batch in range(20):
            many = [(as_it_is(put), f"{batch}.{number} {'y' * 30_000}") for number in range(300)]
            kept, told_now = await kept_and_told(sqlite, account_id, many)
            told |= told_now
            assert kept - {f"first {LONG}"} == told
            if len(told_now) < len(many):
                break

    assert len(told_now) < len(many)
    assert await sqlite.write(account_id, as_it_is(put), "afterwards") == "afterwards"
    assert sqlite.find_faults() == []


async def test_a_commit_that_is_refused_is_told_to_everybody_in_it(sqlite, account_id, as_it_is):
    def put_dangling(tx, name):
        put(tx, name)
        execute(tx, "PRAGMA defer_foreign_keys=ON")
        execute(tx, "INSERT INTO fields (account_id, id, name) VALUES (424242, 1, 'of nobody')")
        return name

    waiting = [sqlite.write(account_id, as_it_is(put), str(number)) for number in range(3)]
    waiting.append(sqlite.write(account_id, as_it_is(put_dangling), "dangling"))
    answers = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(answers[-1], Exception)
    assert names_seen_by_others(sqlite, account_id) == {answer for answer in answers if isinstance(answer, str)}
    assert await sqlite.write(account_id, as_it_is(put), "afterwards") == "afterwards"


async def test_a_busy_file_makes_writers_wait_and_nobody_fail(sqlite, account_id, as_it_is):
    with sqlite.transaction(account_id) as beside:
        put(beside, "beside")
        waiting = asyncio.ensure_future(sqlite.write(account_id, as_it_is(put), "waited"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        assert await sqlite.read(account_id, as_it_is(names)) == set()

    assert await waiting == "waited"
    assert names_seen_by_others(sqlite, account_id) == {"beside", "waited"}


def hang_up(tx, name):
    put(tx, name)
    execute(tx, "SELECT pg_terminate_backend(pg_backend_pid())")


async def test_a_connection_lost_amid_an_operation_is_told_and_replaced(postgresql, account_id):
    with pytest.raises(DatabaseUnavailable):
        await postgresql.write(account_id, hang_up, "lost")

    assert await postgresql.write(account_id, put, "afterwards") == "afterwards"
    assert names_seen_by_others(postgresql, account_id) == {"afterwards"}


async def test_a_connection_lost_in_a_read_is_told_and_replaced(postgresql, account_id):
    with pytest.raises(DatabaseUnavailable):
        await postgresql.read(account_id, execute, "SELECT pg_terminate_backend(pg_backend_pid())")

    assert await postgresql.read(account_id, names) == set()


async def test_a_command_is_told_of_a_lost_connection(postgresql, account_id):
    with pytest.raises(DatabaseUnavailable), postgresql.transaction(account_id) as tx:
        hang_up(tx, "lost")

    assert names_seen_by_others(postgresql, account_id) == set()


async def test_connections_that_the_server_closed_are_replaced(postgresql, account_id):
    await asyncio.gather(*[postgresql.read(account_id, names) for _ in range(20)])
    with psycopg.connect(postgresql._url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    for _ in range(20):
        with suppress(DatabaseUnavailable):
            await postgresql.write(account_id, put, "Ada")
            break

    assert names_seen_by_others(postgresql, account_id) == {"Ada"}
    assert await postgresql.read(account_id, names) == {"Ada"}


@pytest.fixture
def trap(postgresql):
    """Let the server hang up at the commit of whoever keeps the name `trap`."""
    with postgresql.connection() as connection:
        execute(
            connection,
            """CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$""",
        )
        execute(
            connection,
            """CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON suppressions DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW WHEN (NEW.address = 'trap') EXECUTE FUNCTION spring()""",
        )
    yield
    with postgresql.connection() as connection:
        execute(connection, "DROP TRIGGER trap ON suppressions")
        execute(connection, "DROP FUNCTION spring()")


async def test_a_commit_whose_answer_is_lost_is_told_as_a_failure_and_not_run_again(postgresql, account_id, trap):
    runs = []

    def put_and_count(tx, name):
        runs.append(name)
        return put(tx, name)

    jobs = [(put_and_count, name) for name in ("a", "b", "trap", "c", "d")]
    kept, told = await kept_and_told(postgresql, account_id, jobs)

    assert "trap" not in told
    assert kept == told
    assert len(runs) == 5
    assert await postgresql.write(account_id, put, "afterwards") == "afterwards"


async def test_an_operation_that_hides_a_failure_is_not_answered_as_success(own_database, account_id, as_it_is):
    def put_twice(tx, name):
        put(tx, name)
        with suppress(Exception):
            put(tx, name)
        return name

    [answer] = await asyncio.gather(
        own_database.write(account_id, as_it_is(put_twice), "hidden"), return_exceptions=True
    )

    assert names_seen_by_others(own_database, account_id) == {answer for answer in [answer] if answer == "hidden"}


def test_a_server_that_is_not_there_is_unavailable():
    with pytest.raises(DatabaseUnavailable):
        revision("postgresql://postgres@/nowhere?host=/nonexistent")
