"""Imports and what is left of their rows."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from staffetta.db import EnumOf, Instant, Json, metadata
from staffetta.db.schema import CLUSTERED, partial_index
from staffetta.imports.model import ImportState

imports = Table(
    "imports",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("list_id", Integer, nullable=False),
    Column("state", EnumOf(ImportState), nullable=False),
    Column("options", Json, nullable=False),
    Column("tally", Json, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sending_id", Integer),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    **CLUSTERED,
)
partial_index("imports_open", imports.c.account_id, imports.c.id, where=imports.c.state < ImportState.DONE)

# A chunk goes in the transaction that imports its rows: what is there is still to do.
import_chunks = Table(
    "import_chunks",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("import_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    **CLUSTERED,
)
