"""The database: statements built once, transactions of one account, and two engines behind the same two verbs."""

from staffetta.db.brief import apart, brief
from staffetta.db.database import Database, DatabaseUnavailable
from staffetta.db.opening import open_database
from staffetta.db.rows import by_index, json_rows, json_values
from staffetta.db.schema import metadata
from staffetta.db.statements import Statement
from staffetta.db.together import ALONE, Alone, Call, together
from staffetta.db.transaction import Connection, Transaction
from staffetta.db.types import EnumOf, Flag, Instant, Json, LongInteger, to_microseconds

__all__ = [
    "ALONE",
    "Alone",
    "Call",
    "Connection",
    "Database",
    "DatabaseUnavailable",
    "EnumOf",
    "Flag",
    "Instant",
    "Json",
    "LongInteger",
    "Statement",
    "Transaction",
    "apart",
    "brief",
    "by_index",
    "json_rows",
    "json_values",
    "metadata",
    "open_database",
    "to_microseconds",
    "together",
]
