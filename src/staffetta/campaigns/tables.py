"""Messages, their tags and attachments, and the images that they show."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, literal_column

from staffetta.db import Flag, Instant, Json, metadata
from staffetta.db.schema import CLUSTERED, partial_index

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
