"""Keys that sign the links in mail, by the id that a link carries; they belong to the installation, not an account."""

from sqlalchemy import Column, Integer, LargeBinary, Table

from staffetta.db import Instant, metadata
from staffetta.db.schema import CLUSTERED

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    **CLUSTERED,
)
