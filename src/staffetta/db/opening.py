"""The engine that a database URL names."""

from pathlib import Path

from staffetta.db.database import Database
from staffetta.errors import InvalidArgument
from staffetta.settings import Settings


def open_database(settings: Settings) -> Database:
    """Return the database of the settings; nothing is opened before the first use.

    Raises:
        InvalidArgument: the URL names no database of ours.

    """
    url = settings.database_url
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from staffetta.db.sqlite import SqliteDatabase  # noqa: PLC0415 - one of the two drivers is never loaded

        # As everywhere else: sqlite:///relative.db and sqlite:////absolute/path.db.
        return SqliteDatabase(Path(rest.removeprefix("/")), reader_threads=settings.reader_threads)
    if separator and scheme in ("postgresql", "postgres"):
        from staffetta.db.postgres import PostgresDatabase  # noqa: PLC0415 - one of the two drivers is never loaded

        return PostgresDatabase(url, connections=settings.connections)
    raise InvalidArgument(f"{scheme}: a database URL is sqlite:///FILE or postgresql://…")
