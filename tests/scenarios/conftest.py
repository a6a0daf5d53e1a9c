"""Real servers on databases of their own, and a real mail server to send to."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conftest import start_postgresql
from scenarios.mortal import Driver
from scenarios.process import Server
from scenarios.relay import MailServer


def empty_postgresql(url: str) -> str:
    """Make an empty database and return its URL."""
    name = f"scenario_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each kind; none for a SQLite file in the server's own folder."""
    return "" if request.param == "sqlite" else empty_postgresql(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Make servers; at the end of the test none runs, and no log of theirs holds an address."""
    made: list[Server] = []

    def make(**settings: str) -> Server:
        server = Server(tmp_path / f"server{len(made)}", **settings)
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()
    logs = "".join(server.log.read_text("utf-8") for server in made if server.log.exists())
    assert "@" not in logs
    assert "Traceback" not in logs


@pytest.fixture
def server(make_server: Callable[..., Server], database_url: str) -> Server:
    """A running server of each kind, which catches its mail."""
    return make_server(database=database_url).start()


@pytest.fixture
def relay() -> Iterator[MailServer]:
    """A mail server that takes everything until a test says otherwise."""
    with MailServer() as started:
        yield started


@pytest.fixture
def sending(make_server: Callable[..., Server], database_url: str, relay: MailServer) -> Server:
    """A running server of each kind, which sends over the relay."""
    return make_server(database=database_url, relays=relay.relay(), limits="off").start()


@pytest.fixture
def own_postgresql() -> Iterator[Any]:
    """A PostgreSQL server that the test may stop and start."""
    with tempfile.TemporaryDirectory(prefix="staffetta-postgresql-") as folder:
        server = start_postgresql(Path(folder))
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """The process that runs servers which die where a test says."""
    with Driver() as started:
        yield started
