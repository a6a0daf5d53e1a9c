"""Messages that people write: their content, tags, attachments and images."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    _create_messages()
    op.create_table(
        "tags",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", SMALL, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("tags_pk")),
        **CLUSTERED,
    )
    op.create_index("tags_name", "tags", ["account_id", "list_id", "name"], unique=True)
    op.create_table(
        "message_tags",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "tag_id", name=op.f("message_tags_pk")),
        **CLUSTERED,
    )
    op.create_index("message_tags_tag", "message_tags", ["account_id", "tag_id", "message_id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "slot", name=op.f("attachments_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "images",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("images_pk")),
        **CLUSTERED,
    )
    op.create_index("images_path", "images", ["account_id", "path"], unique=True)


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("pre_header", sa.Text(), nullable=False),
        sa.Column("embeds_images", SMALL, nullable=False),
        sa.Column("is_confirmation", SMALL, nullable=False),
        sa.Column("uses_fields", SMALL, nullable=False),
        sa.Column("default_values", JSON, nullable=False),
        sa.Column("tracking", JSON, nullable=False),
        sa.Column("is_public", SMALL, nullable=False),
        sa.Column("service_type", sa.Integer(), nullable=False),
        sa.Column("last_sent_at", LONG, nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("structure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("messages_pk")),
        **CLUSTERED,
    )
    op.create_index("messages_list", "messages", ["account_id", "list_id", "id"], unique=False)
    op.create_index(
        "messages_public",
        "messages",
        ["account_id", "list_id", "id"],
        unique=False,
        sqlite_where=sa.text("is_public = 1"),
        postgresql_where=sa.text("is_public = 1"),
    )
