"""Deliveries, and the mail that was caught because no relay is configured."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, and_

from staffetta.db import EnumOf, Instant, Json, LongInteger, metadata
from staffetta.db.schema import CLUSTERED, partial_index
from staffetta.outbox.model import DeliveryState, SendingState

deliveries = Table(
    "deliveries",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("list_id", Integer, nullable=False),
    Column("recipient_id", Integer, nullable=False),
    # The sending that it is part of; what a single change calls for has none.
    Column("sending_id", Integer),
    Column("details", Json, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("state", EnumOf(DeliveryState), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_tried_at", Instant),
    # Which sender talks about it: the number of its lease, without which it records nothing.
    Column("lease", LongInteger),
    Column("reply", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    **CLUSTERED,
)
# Only what waits is in the first index and only what is in talk in the second, so that a million old rows cost nothing.
partial_index(
    "deliveries_due",
    deliveries.c.due_at,
    deliveries.c.account_id,
    deliveries.c.id,
    where=deliveries.c.state < DeliveryState.TALKING,
)
partial_index(
    "deliveries_talking",
    deliveries.c.lease,
    deliveries.c.account_id,
    deliveries.c.id,
    where=deliveries.c.state == DeliveryState.TALKING,
)
partial_index(
    "deliveries_in_doubt", deliveries.c.account_id, deliveries.c.id, where=deliveries.c.state == DeliveryState.IN_DOUBT
)
partial_index(
    "deliveries_sending",
    deliveries.c.account_id,
    deliveries.c.sending_id,
    deliveries.c.id,
    where=deliveries.c.sending_id.is_not(None),
)
Index("deliveries_recipient", deliveries.c.account_id, deliveries.c.recipient_id, deliveries.c.created_at)

# One message to many: what is planned for it waits, held, until it is launched.
sendings = Table(
    "sendings",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("list_id", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("state", EnumOf(SendingState), nullable=False),
    Column("starts_at", Instant),
    Column("created_at", Instant, nullable=False),
    # Of a message to many, and None or 0 for what else is sent to many: the message and which version of it, who gets
    # it, who it says it is from, after when it must not begin, what keeps it from being asked for twice, and what
    # happens to what a crash leaves in doubt.
    Column("message_id", Integer),
    Column("version", Integer),
    Column("audience", Json),
    Column("sender_name", Text, nullable=False, server_default=""),
    Column("sender_email", Text, nullable=False, server_default=""),
    Column("not_after", Instant),
    Column("once_key", Text),
    Column("in_doubt", Text, nullable=False, server_default=""),
    # How far it has come: by recipient ids, and in numbers.
    Column("reached_id", Integer, nullable=False, server_default="0"),
    Column("last_id", Integer, nullable=False, server_default="0"),
    Column("addressed", Integer, nullable=False, server_default="0"),
    Column("claimed", Integer, nullable=False, server_default="0"),
    Column("sent", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("left_out", Integer, nullable=False, server_default="0"),
    Column("octets", LongInteger, nullable=False, server_default="0"),
    Column("begun_at", Instant),
    Column("ended_at", Instant),
    **CLUSTERED,
)
Index("sendings_message", sendings.c.account_id, sendings.c.message_id, sendings.c.id)
partial_index(
    "sendings_once", sendings.c.account_id, sendings.c.once_key, where=sendings.c.once_key.is_not(None), unique=True
)
# Those that a sender has something to do for.
partial_index(
    "sendings_open",
    sendings.c.starts_at,
    sendings.c.account_id,
    sendings.c.id,
    where=and_(sendings.c.message_id.is_not(None), sendings.c.ended_at.is_(None), sendings.c.starts_at.is_not(None)),
)

# A sender that runs keeps its lease alive; what it was talking about when the lease ended is in doubt.
sender_leases = Table(
    "sender_leases",
    metadata,
    Column("number", LongInteger, primary_key=True, autoincrement=False),
    Column("expires_at", Instant, nullable=False),
    **CLUSTERED,
)

caught_mails = Table(
    "caught_mails",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("to_address", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("caught_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("caught_mails_caught_at", caught_mails.c.caught_at)
