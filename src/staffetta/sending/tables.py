"""What senders keep for themselves and for operators: DKIM keys, domains that asked to be spared, mails of each day."""

from sqlalchemy import Column, Integer, Table, Text

from staffetta.db import Flag, Instant, LongInteger, metadata
from staffetta.db.schema import CLUSTERED

# Of the installation, not of an account; `private_key` is PKCS #8 in PEM.
dkim_keys = Table(
    "dkim_keys",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("selector", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("private_key", Text, nullable=False),
    Column("signs", Flag, nullable=False),
    Column("created_at", Instant, nullable=False),
    **CLUSTERED,
)

# A recipient domain that a relay's answers ask to be written to more slowly; `rate` is in messages a minute.
slow_domains = Table(
    "slow_domains",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("rate", Integer, nullable=False),
    Column("reply", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    **CLUSTERED,
)

# What each relay was handed on each day (days since 1970, UTC): warming up allows a little more every day.
relay_days = Table(
    "relay_days",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("messages", LongInteger, nullable=False),
    **CLUSTERED,
)
