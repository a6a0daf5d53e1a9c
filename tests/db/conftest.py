"""What only the tests of the database need: one kind of it, where the kinds differ."""

import pytest

from staffetta.db import Database


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for one kind of database on that kind alone."""
    for kind in ("sqlite", "postgresql"):
        if kind in metafunc.fixturenames:
            metafunc.definition.add_marker(pytest.mark.parametrize("settings", [kind], indirect=True, scope="session"))


@pytest.fixture
def sqlite(own_database: Database) -> Database:
    """A SQLite file of the module's own."""
    return own_database


@pytest.fixture
def postgresql(own_database: Database) -> Database:
    """A PostgreSQL database of the module's own."""
    return own_database
