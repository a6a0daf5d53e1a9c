"""Fixtures of the command line: a data folder of the test's own, commands in this process or in one of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner

from staffetta.cli import app
from staffetta.db import Transaction, open_database
from staffetta.settings import read_settings

EXECUTABLE = Path(sys.executable).with_name("staffetta")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its whole standard output, which must be one JSON document."""
        assert self.code == 0, self.err
        return msgspec.json.decode(self.out)


Run = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and no other setting."""
    for name in list(os.environ):
        if name.startswith("STAFFETTA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("STAFFETTA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def staffetta(home: Path) -> Run:
    """Run a command in this process."""
    return run


def run(*words: object, given: str = "") -> Done:
    result = CliRunner().invoke(app, [str(word) for word in words], input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def executable(home: Path) -> Run:
    """Run a command as people do, in a process of its own."""

    def run_executable(*words: object, given: str = "", **environment: str) -> Done:
        done = subprocess.run(
            [EXECUTABLE, *map(str, words)],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **environment},
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run_executable


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with account 7132, made once: a second for each test would be a minute for all."""
    home = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STAFFETTA_HOME", str(home))
        environment.delenv("STAFFETTA_DATABASE", raising=False)
        assert run("account", "add", "--id", 7132, "--host", "shop.example", "--password", "P").code == 0
    return home / "staffetta.db"


@pytest.fixture
def shop(home: Path, shop_file: Path) -> None:
    """Account 7132 in a SQLite file of the test's own."""
    home.mkdir()
    shutil.copy(shop_file, home)


@pytest.fixture
def on_postgresql(home: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty PostgreSQL database, named by the settings."""
    name = f"cli_{os.urandom(6).hex()}"
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = postgresql_url.replace("/postgres?", f"/{name}?")
    monkeypatch.setenv("STAFFETTA_DATABASE", url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def within(request: pytest.FixtureRequest, home: Path) -> Callable[[Callable[[Transaction], Any]], Any]:
    """Account 7132 on each database; `within(operation)` runs one in a transaction of its own."""
    if request.param == "sqlite":
        request.getfixturevalue("shop")
    else:
        request.getfixturevalue("on_postgresql")
        assert run("account", "add", "--id", 7132, "--host", "shop.example", "--password", "P").code == 0

    def run_within(operation: Callable[[Transaction], Any]) -> Any:
        database = open_database(read_settings())
        with database.transaction(7132) as tx:
            result = operation(tx)
        database.close()
        return result

    return run_within
