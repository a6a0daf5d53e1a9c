"""Bringing a database to the tables that this version needs."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from staffetta.db.database import DatabaseUnavailable
from staffetta.db.privacy import make_private
from staffetta.errors import FailedPrecondition

log = structlog.get_logger()

# The newest migration; a test holds it to what Alembic finds.
HEAD = "0008"
# Any number that nobody else locks in our database.
UPGRADE_LOCK = 7_132_0001


def revision(url: str) -> str | None:
    """Return the migration that a database stands at, None when it is empty.

    Raises:
        DatabaseUnavailable: it cannot be reached.

    """
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    except Exception as error:
        raise DatabaseUnavailable(f"the database cannot be opened: {error}") from error
    finally:
        engine.dispose()


def require_current(url: str) -> None:
    """Refuse to go on with tables of another version.

    Raises:
        FailedPrecondition: the tables are older or newer than this version's.

    """
    found = revision(url)
    if found != HEAD:
        state = "empty" if found is None else f"at migration {found}, and this version needs {HEAD}"
        raise FailedPrecondition(f"the database is {state}: run `staffetta db upgrade`")


def upgrade(url: str, to: str = HEAD) -> bool:
    """Run the migrations that are missing; return whether there were any. A failure leaves the database as it was."""
    if revision(url) == to:
        return False
    # Alembic takes a third of a second to import, which a server that has nothing to upgrade need not spend.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("staffetta.db").joinpath("migrations")))
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # one upgrade at a time: the second finds nothing to do
                connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()
    return True


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        from staffetta.db import sqlite_dbapi  # noqa: PLC0415 - one of the two drivers is never loaded

        make_private(Path(url.removeprefix("sqlite:///")))
        engine = create_engine(url, module=sqlite_dbapi, poolclass=NullPool)
        _begin_for_real(engine)
        return engine
    return create_engine(
        url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1),
        poolclass=NullPool,
    )


def _begin_for_real(engine: Engine) -> None:
    """Let SQLite run definitions in a transaction; by itself its driver begins none."""
    from sqlalchemy import event  # noqa: PLC0415

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
