"""The metadata that every package's tables register with, and the options they share."""

from typing import Any

from sqlalchemy import Index, MetaData

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)

# STRICT refuses values of the wrong type; without a rowid the rows lie in the order of their key, account first.
CLUSTERED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def partial_index(name: str, *columns: Any, where: Any, unique: bool = False) -> Index:
    """Return an index over only the rows that `where` names, spelt for both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
