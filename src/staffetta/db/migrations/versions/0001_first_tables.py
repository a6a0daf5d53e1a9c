"""Accounts, lists, recipients, consent, outbox: the first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}

# The ledger of consent is append-only: an entry takes its place in the chain once, and never changes or goes.
CONTENT = (
    "account_id, id, recipient_id, address, list_id, channel, old_status, new_status, cause, source, ip, user_agent,"
    " wording, happened_at"
)
REFUSE_ON_SQLITE = (
    f"""CREATE TRIGGER consents_fix BEFORE UPDATE OF {CONTENT} ON consents
       BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END""",
    """CREATE TRIGGER consents_stay BEFORE DELETE ON consents
       BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END""",
    """CREATE TRIGGER consents_keep BEFORE UPDATE ON consents WHEN OLD.position IS NOT NULL
       BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END""",
)
REFUSE_ON_POSTGRESQL = (
    """CREATE FUNCTION consents_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the ledger of consent is append-only'; END $$""",
    f"""CREATE TRIGGER consents_fix BEFORE UPDATE OF {CONTENT} ON consents FOR EACH ROW
       EXECUTE FUNCTION consents_refuse()""",
    """CREATE TRIGGER consents_stay BEFORE DELETE ON consents FOR EACH ROW EXECUTE FUNCTION consents_refuse()""",
    """CREATE TRIGGER consents_keep BEFORE UPDATE ON consents FOR EACH ROW WHEN (OLD.position IS NOT NULL)
       EXECUTE FUNCTION consents_refuse()""",
)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("state", SMALL, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "caught_mails",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("caught_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("caught_mails_pk")),
        **CLUSTERED,
    )
    op.create_index("caught_mails_caught_at", "caught_mails", ["caught_at"], unique=False)
    op.create_table(
        "consents",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("channel", SMALL, nullable=False),
        sa.Column("old_status", SMALL, nullable=False),
        sa.Column("new_status", SMALL, nullable=False),
        sa.Column("cause", SMALL, nullable=True),
        sa.Column("source", SMALL, nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("happened_at", LONG, nullable=False),
        sa.Column("position", LONG, nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("chain", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("consents_pk")),
        **CLUSTERED,
    )
    op.create_index("consents_recipient", "consents", ["account_id", "recipient_id"], unique=False)
    op.create_index(
        "consents_sealed",
        "consents",
        ["account_id", "position"],
        unique=True,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "consents_unsealed",
        "consents",
        ["account_id", "id"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "counters",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_id", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("counters_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "deliveries",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", SMALL, nullable=False),
        sa.Column("due_at", LONG, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", LONG, nullable=True),
        sa.Column("lease", LONG, nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("deliveries_pk")),
        **CLUSTERED,
    )
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["due_at", "account_id", "id"],
        unique=False,
        sqlite_where=sa.text("state < 2"),
        postgresql_where=sa.text("state < 2"),
    )
    op.create_index(
        "deliveries_in_doubt",
        "deliveries",
        ["account_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 5"),
        postgresql_where=sa.text("state = 5"),
    )
    op.create_index("deliveries_recipient", "deliveries", ["account_id", "recipient_id", "created_at"], unique=False)
    op.create_index(
        "deliveries_talking",
        "deliveries",
        ["lease", "account_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    )
    op.create_table(
        "recipients",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("recipients_pk")),
        **CLUSTERED,
    )
    op.create_index("recipients_email", "recipients", ["account_id", "email"], unique=True)
    op.create_index(
        "recipients_mobile",
        "recipients",
        ["account_id", "mobile"],
        unique=False,
        sqlite_where=sa.text("mobile IS NOT NULL"),
        postgresql_where=sa.text("mobile IS NOT NULL"),
    )
    op.create_table(
        "sender_leases",
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("sender_leases_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("signing_keys_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "subscriptions",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", SMALL, autoincrement=False, nullable=False),
        sa.Column("status", SMALL, nullable=False),
        sa.Column("cause", SMALL, nullable=True),
        sa.Column("changed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "recipient_id", "list_id", "channel", name=op.f("subscriptions_pk")),
        **CLUSTERED,
    )
    op.create_index(
        "subscriptions_list",
        "subscriptions",
        ["account_id", "list_id", "channel", "status", "recipient_id"],
        unique=False,
    )
    op.create_table(
        "suppressions",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("cause", SMALL, nullable=False),
        sa.Column("suppressed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "address", name=op.f("suppressions_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "console_hosts",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("netloc", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("console_hosts_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "host", name=op.f("console_hosts_pk")),
        **CLUSTERED,
    )
    op.create_index("console_hosts_host", "console_hosts", ["host"], unique=True)
    op.create_table(
        "fields",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fields_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("fields_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "lists",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("lists_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("lists_pk")),
        **CLUSTERED,
    )
    op.create_index("lists_guid", "lists", ["account_id", "guid"], unique=True)
    op.create_table(
        "registered_networks",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("allowed", SMALL, nullable=False),
        sa.Column("registered_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("registered_networks_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "service", "network", name=op.f("registered_networks_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "services",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", SMALL, nullable=False),
        sa.Column("checks_ip", SMALL, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("services_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("services_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "users",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_changed_at", LONG, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("users_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "login", name=op.f("users_pk")),
        **CLUSTERED,
    )
    op.create_index("users_login", "users", ["login"], unique=True)
    op.create_table(
        "groups",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "list_id"],
            ["lists.account_id", "lists.id"],
            name=op.f("groups_account_id_list_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("groups_pk")),
        **CLUSTERED,
    )
    op.create_index("groups_list", "groups", ["account_id", "list_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "group_id"],
            ["groups.account_id", "groups.id"],
            name=op.f("memberships_account_id_group_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "recipient_id", "group_id", name=op.f("memberships_pk")),
        **CLUSTERED,
    )
    op.create_index("memberships_group", "memberships", ["account_id", "group_id", "recipient_id"], unique=False)

    for trigger in REFUSE_ON_SQLITE if op.get_bind().dialect.name == "sqlite" else REFUSE_ON_POSTGRESQL:
        op.execute(trigger)
