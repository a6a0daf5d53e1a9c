"""Activations: what was asked for, by which application, and what became of it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from staffetta.db import EnumOf, Flag, Instant, metadata
from staffetta.db.schema import CLUSTERED
from staffetta.provisioning.model import ActivationState

# Activations belong to the installation: the account comes about at their end.
activations = Table(
    "activations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # SHA-256 of the text that whoever asked follows the activation by.
    Column("digest", LargeBinary, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("state", EnumOf(ActivationState), nullable=False),
    Column("caller_ip", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("referer", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("is_usa", Flag, nullable=False),
    Column("newsletter", Flag, nullable=False),
    Column("attempts", Integer, nullable=False),
    # When somebody has to see to it: at once, after a failure, or when whoever took it has not come back; NULL: nobody.
    Column("due_at", Instant),
    Column("account_id", Integer),
    # Why it does not go on, for the operator.
    Column("problem", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("activations_caller_ip", activations.c.caller_ip, activations.c.requested_at)
Index("activations_email", activations.c.email)
Index(
    "activations_due_at",
    activations.c.due_at,
    sqlite_where=activations.c.due_at.is_not(None),
    postgresql_where=activations.c.due_at.is_not(None),
)
