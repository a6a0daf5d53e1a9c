"""Recipients, their subscriptions and groups, the ledger of consent, and who must not be written to."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text

from staffetta.db import EnumOf, Flag, Instant, Json, LongInteger, metadata
from staffetta.db.schema import CLUSTERED, partial_index
from staffetta.recipients.model import Cause, Channel, Source, Status

recipients = Table(
    "recipients",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("email", Text),
    Column("mobile", Text),
    Column("name", Text, nullable=False),
    Column("language", Text),
    Column("fields", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # Whether it may be recorded what this person opens and follows.
    Column("tracked", Flag, nullable=False, server_default="1"),
    **CLUSTERED,
)
Index("recipients_email", recipients.c.account_id, recipients.c.email, unique=True)
partial_index("recipients_mobile", recipients.c.account_id, recipients.c.mobile, where=recipients.c.mobile.is_not(None))

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("list_id", Integer, primary_key=True, autoincrement=False),
    Column("channel", EnumOf(Channel), primary_key=True, autoincrement=False),
    Column("status", EnumOf(Status), nullable=False),
    Column("cause", EnumOf(Cause)),
    Column("changed_at", Instant, nullable=False),
    **CLUSTERED,
)
# The way to a list's recipients of one status, in the order in which they came.
Index(
    "subscriptions_list",
    subscriptions.c.account_id,
    subscriptions.c.list_id,
    subscriptions.c.channel,
    subscriptions.c.status,
    subscriptions.c.recipient_id,
)

memberships = Table(
    "memberships",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("group_id", Integer, primary_key=True, autoincrement=False),
    ForeignKeyConstraint(["account_id", "group_id"], ["groups.account_id", "groups.id"], ondelete="CASCADE"),
    **CLUSTERED,
)
Index("memberships_group", memberships.c.account_id, memberships.c.group_id, memberships.c.recipient_id)

suppressions = Table(
    "suppressions",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("cause", EnumOf(Cause), nullable=False),
    Column("suppressed_at", Instant, nullable=False),
    **CLUSTERED,
)

# How many stand where on each list, by blocks of recipient ids: so that a page far back is found without counting up to
# it. Sealing adds what the entries it seals have changed; what is not sealed yet is added when the counts are read.
subscription_counts = Table(
    "subscription_counts",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("list_id", Integer, primary_key=True, autoincrement=False),
    Column("channel", EnumOf(Channel), primary_key=True, autoincrement=False),
    Column("status", EnumOf(Status), primary_key=True, autoincrement=False),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("members", Integer, nullable=False),
    **CLUSTERED,
)

# The last entry of each account's chain: whoever seals holds its row.
ledger_heads = Table(
    "ledger_heads",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("position", LongInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    **CLUSTERED,
)

# Append-only: triggers refuse to change what an entry says or to delete it; sealing gives it its place in the chain.
consents = Table(
    "consents",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("list_id", Integer, nullable=False),
    Column("channel", EnumOf(Channel), nullable=False),
    Column("old_status", EnumOf(Status), nullable=False),
    Column("new_status", EnumOf(Status), nullable=False),
    Column("cause", EnumOf(Cause)),
    Column("source", EnumOf(Source), nullable=False),
    Column("ip", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("happened_at", Instant, nullable=False),
    Column("position", LongInteger),
    Column("digest", LargeBinary),
    Column("chain", LargeBinary),
    **CLUSTERED,
)
partial_index("consents_unsealed", consents.c.account_id, consents.c.id, where=consents.c.position.is_(None))
# Unique, so that of two processes that seal at once on PostgreSQL one begins again.
partial_index(
    "consents_sealed",
    consents.c.account_id,
    consents.c.position,
    where=consents.c.position.is_not(None),
    unique=True,
)
