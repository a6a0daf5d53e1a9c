"""The addresses that an account may send from, once their owners have said so."""

from sqlalchemy import Column, Index, Integer, Table, Text

from staffetta.db import EnumOf, Instant, metadata
from staffetta.db.schema import CLUSTERED
from staffetta.senders.model import SenderState

trusted_senders = Table(
    "trusted_senders",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("state", EnumOf(SenderState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("authorized_at", Instant),
    **CLUSTERED,
)
Index("trusted_senders_email", trusted_senders.c.account_id, trusted_senders.c.email, unique=True)
