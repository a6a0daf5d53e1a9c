"""Messages with all that belongs to them, to whom they were sent, and what came of it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, literal_column

from staffetta.campaigns.events import Actor, EventKind
from staffetta.db import EnumOf, Flag, Instant, Json, LongInteger, metadata
from staffetta.db.schema import CLUSTERED, partial_index
from staffetta.outbox import DeliveryState

messages = Table(
    "messages",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("list_id", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("pre_header", Text, nullable=False),
    Column("embeds_images", Flag, nullable=False),
    Column("is_confirmation", Flag, nullable=False),
    Column("uses_fields", Flag, nullable=False),
    # By number of the field, what stands where a recipient has no value.
    Column("default_values", Json, nullable=False),
    # Whether links are tracked, which protocols, and what is added to their query.
    Column("tracking", Json, nullable=False),
    # Whether it is shown among the list's messages online.
    Column("is_public", Flag, nullable=False),
    Column("service_type", Integer, nullable=False),
    Column("last_sent_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # Last, so that SQLite lists messages without walking through what is in them.
    Column("content", Text, nullable=False),
    # What an editor keeps about the content, for itself.
    Column("structure", Text),
    **CLUSTERED,
)
Index("messages_list", messages.c.account_id, messages.c.list_id, messages.c.id)
# Anybody may ask for the archive of a list.
partial_index(
    "messages_public",
    messages.c.account_id,
    messages.c.list_id,
    messages.c.id,
    where=messages.c.is_public == literal_column("1"),
)

tags = Table(
    "tags",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("list_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("enabled", Flag, nullable=False),
    **CLUSTERED,
)
Index("tags_name", tags.c.account_id, tags.c.list_id, tags.c.name, unique=True)

message_tags = Table(
    "message_tags",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    **CLUSTERED,
)
Index("message_tags_tag", message_tags.c.account_id, message_tags.c.tag_id, message_tags.c.message_id)

attachments = Table(
    "attachments",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    **CLUSTERED,
)

# Images are served by their paths, which hold a digest of the content: what is there never changes.
images = Table(
    "images",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    # 0: shared by all lists of the account.
    Column("list_id", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("images_path", images.c.account_id, images.c.path, unique=True)

# A message as it was when it was sent: what is changed later changes nothing of what is on its way.
message_versions = Table(
    "message_versions",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("changed_at", Instant, nullable=False),
    Column("document", Json, nullable=False),
    **CLUSTERED,
)

# What a message leads to; a click redirects to nothing else. Counts of clicks are kept with each.
message_links = Table(
    "message_links",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("clicks", Integer, nullable=False),
    Column("clickers", Integer, nullable=False),
    **CLUSTERED,
)

# One row for each recipient of each sending, made when a sender claims it; the sending knows how far it has come.
campaign_deliveries = Table(
    "campaign_deliveries",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("sending_id", Integer, primary_key=True, autoincrement=False),
    Column("state", EnumOf(DeliveryState), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("first_tried_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("lease", LongInteger, nullable=False),
    Column("reply", Text, nullable=False),
    **CLUSTERED,
)
Index(
    "campaign_deliveries_recipient",
    campaign_deliveries.c.account_id,
    campaign_deliveries.c.recipient_id,
    campaign_deliveries.c.message_id,
    campaign_deliveries.c.sending_id,
)
_LATER = tuple(
    campaign_deliveries.c[name] for name in ("due_at", "account_id", "message_id", "recipient_id", "sending_id")
)
partial_index("campaign_deliveries_deferred", *_LATER, where=campaign_deliveries.c.state == DeliveryState.DEFERRED)
partial_index(
    "campaign_deliveries_talking",
    campaign_deliveries.c.lease,
    *_LATER[1:],
    where=campaign_deliveries.c.state == DeliveryState.TALKING,
)
partial_index("campaign_deliveries_in_doubt", *_LATER[1:], where=campaign_deliveries.c.state == DeliveryState.IN_DOUBT)

# What came of a message in numbers, counted as it happens: nobody counts rows when they are asked for.
message_counters = Table(
    "message_counters",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    # People: each counts once, whatever they did and how many sendings there were.
    Column("recipients", Integer, nullable=False),
    Column("viewers", Integer, nullable=False),
    Column("clickers", Integer, nullable=False),
    Column("hard_bounces", Integer, nullable=False),
    Column("soft_bounces", Integer, nullable=False),
    Column("unsubscriptions", Integer, nullable=False),
    Column("complaints", Integer, nullable=False),
    # How often: by people, by programs, and by people who are not to be followed.
    Column("views", Integer, nullable=False),
    Column("clicks", Integer, nullable=False),
    Column("machine_views", Integer, nullable=False),
    Column("machine_clicks", Integer, nullable=False),
    Column("untracked_views", Integer, nullable=False),
    Column("untracked_clicks", Integer, nullable=False),
    **CLUSTERED,
)

# Who did what with a message: one row for each, however often.
engagements = Table(
    "engagements",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", EnumOf(EventKind), primary_key=True, autoincrement=False),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    # What a bounce or a complaint said.
    Column("detail", Text, nullable=False),
    **CLUSTERED,
)
Index(
    "engagements_recipient",
    engagements.c.account_id,
    engagements.c.recipient_id,
    engagements.c.kind,
    engagements.c.message_id,
)

link_clicks = Table(
    "link_clicks",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("link_id", Integer, primary_key=True, autoincrement=False),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    **CLUSTERED,
)
Index(
    "link_clicks_recipient",
    link_clicks.c.account_id,
    link_clicks.c.recipient_id,
    link_clicks.c.message_id,
    link_clicks.c.link_id,
)

# A recipient's time line: everything that happened. Its order is that of `happened_at`; ids come from blocks, of which
# each process has its own, and from visits that are counted after they happened.
events = Table(
    "events",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("kind", EnumOf(EventKind), nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("sending_id", Integer, nullable=False),
    # 0: it was no click.
    Column("link_id", Integer, nullable=False),
    Column("actor", EnumOf(Actor), nullable=False),
    # Why the actor is taken for a person or a program, or what a bounce said.
    Column("reason", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Column("happened_at", Instant, nullable=False),
    **CLUSTERED,
)

# Views and clicks that were answered and are not counted yet: a row for what came of an account in the same moment. To
# write such a row costs a page or two; to count what is in it, a page or more for each table and person.
kept_events = Table(
    "kept_events",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("visits", Json, nullable=False),
    Column("happened_at", Instant, nullable=False),
    **CLUSTERED,
)

# Addresses that refuse for now, one sending after the other: after enough of them they are given up.
soft_bounces = Table(
    "soft_bounces",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("recipient_id", Integer, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    **CLUSTERED,
)
