"""Campaigns on their way: sendings of messages, what came of them, and what senders keep for themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    _widen_tables()
    _create_deliveries()
    _create_statistics()
    _create_of_senders()


def _widen_tables() -> None:
    op.add_column("sendings", sa.Column("message_id", sa.Integer(), nullable=True))
    op.add_column("sendings", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("sendings", sa.Column("audience", JSON, nullable=True))
    op.add_column("sendings", sa.Column("sender_name", sa.Text(), server_default="", nullable=False))
    op.add_column("sendings", sa.Column("sender_email", sa.Text(), server_default="", nullable=False))
    op.add_column("sendings", sa.Column("not_after", LONG, nullable=True))
    op.add_column("sendings", sa.Column("once_key", sa.Text(), nullable=True))
    op.add_column("sendings", sa.Column("in_doubt", sa.Text(), server_default="", nullable=False))
    op.add_column("sendings", sa.Column("reached_id", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("last_id", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("addressed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("claimed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("sent", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("failed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("left_out", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("octets", LONG, server_default="0", nullable=False))
    op.add_column("sendings", sa.Column("begun_at", LONG, nullable=True))
    op.add_column("sendings", sa.Column("ended_at", LONG, nullable=True))
    op.create_index("sendings_message", "sendings", ["account_id", "message_id", "id"], unique=False)
    op.create_index(
        "sendings_once",
        "sendings",
        ["account_id", "once_key"],
        unique=True,
        sqlite_where=sa.text("once_key IS NOT NULL"),
        postgresql_where=sa.text("once_key IS NOT NULL"),
    )
    op.create_index(
        "sendings_open",
        "sendings",
        ["starts_at", "account_id", "id"],
        unique=False,
        sqlite_where=sa.text("message_id IS NOT NULL AND ended_at IS NULL AND starts_at IS NOT NULL"),
        postgresql_where=sa.text("message_id IS NOT NULL AND ended_at IS NULL AND starts_at IS NOT NULL"),
    )
    op.add_column("recipients", sa.Column("tracked", SMALL, server_default="1", nullable=False))


def _create_deliveries() -> None:
    op.create_table(
        "message_versions",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "number", name=op.f("message_versions_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "message_links",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("clickers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "id", name=op.f("message_links_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "campaign_deliveries",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sending_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", SMALL, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", LONG, nullable=False),
        sa.Column("first_tried_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.Column("lease", LONG, nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "message_id", "recipient_id", "sending_id", name=op.f("campaign_deliveries_pk")
        ),
        **CLUSTERED,
    )
    op.create_index(
        "campaign_deliveries_deferred",
        "campaign_deliveries",
        ["due_at", "account_id", "message_id", "recipient_id", "sending_id"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.create_index(
        "campaign_deliveries_in_doubt",
        "campaign_deliveries",
        ["account_id", "message_id", "recipient_id", "sending_id"],
        unique=False,
        sqlite_where=sa.text("state = 5"),
        postgresql_where=sa.text("state = 5"),
    )
    op.create_index(
        "campaign_deliveries_recipient",
        "campaign_deliveries",
        ["account_id", "recipient_id", "message_id", "sending_id"],
        unique=False,
    )
    op.create_index(
        "campaign_deliveries_talking",
        "campaign_deliveries",
        ["lease", "account_id", "message_id", "recipient_id", "sending_id"],
        unique=False,
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    )


def _create_statistics() -> None:
    op.create_table(
        "message_counters",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("viewers", sa.Integer(), nullable=False),
        sa.Column("clickers", sa.Integer(), nullable=False),
        sa.Column("hard_bounces", sa.Integer(), nullable=False),
        sa.Column("soft_bounces", sa.Integer(), nullable=False),
        sa.Column("unsubscriptions", sa.Integer(), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("machine_views", sa.Integer(), nullable=False),
        sa.Column("machine_clicks", sa.Integer(), nullable=False),
        sa.Column("untracked_views", sa.Integer(), nullable=False),
        sa.Column("untracked_clicks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("message_counters_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "engagements",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", SMALL, autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", LONG, nullable=False),
        sa.Column("last_at", LONG, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "kind", "recipient_id", name=op.f("engagements_pk")),
        **CLUSTERED,
    )
    op.create_index(
        "engagements_recipient", "engagements", ["account_id", "recipient_id", "kind", "message_id"], unique=False
    )
    op.create_table(
        "link_clicks",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", LONG, nullable=False),
        sa.Column("last_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "link_id", "recipient_id", name=op.f("link_clicks_pk")),
        **CLUSTERED,
    )
    op.create_index(
        "link_clicks_recipient", "link_clicks", ["account_id", "recipient_id", "message_id", "link_id"], unique=False
    )
    op.create_table(
        "events",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("sending_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("actor", SMALL, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("happened_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "recipient_id", "id", name=op.f("events_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "soft_bounces",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", LONG, nullable=False),
        sa.Column("last_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "recipient_id", name=op.f("soft_bounces_pk")),
        **CLUSTERED,
    )


def _create_of_senders() -> None:
    op.create_table(
        "dkim_keys",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("signs", SMALL, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("domain", "selector", name=op.f("dkim_keys_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "slow_domains",
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.Column("until", LONG, nullable=False),
        sa.PrimaryKeyConstraint("relay", "domain", name=op.f("slow_domains_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "relay_days",
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("messages", LONG, nullable=False),
        sa.PrimaryKeyConstraint("relay", "day", name=op.f("relay_days_pk")),
        **CLUSTERED,
    )
