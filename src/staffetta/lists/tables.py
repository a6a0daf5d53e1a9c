"""Lists, their groups, and the account's personal data fields."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, Table, Text

from staffetta.db import Flag, Instant, Json, metadata
from staffetta.db.schema import CLUSTERED

lists = Table(
    "lists",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("guid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("lists_guid", lists.c.account_id, lists.c.guid, unique=True)

groups = Table(
    "groups",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("list_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("deletable", Flag, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(["account_id", "list_id"], ["lists.account_id", "lists.id"], ondelete="CASCADE"),
    **CLUSTERED,
)
Index("groups_list", groups.c.account_id, groups.c.list_id)

fields = Table(
    "fields",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    **CLUSTERED,
)
