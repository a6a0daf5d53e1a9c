"""Applications and tokens, trusted senders, imports, sendings, and the counts and head of the ledger of consent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}

# A sealed entry may lose what tells of the person, and nothing else: erasure leaves its digest and its place.
KEPT = (
    "account_id",
    "id",
    "recipient_id",
    "list_id",
    "channel",
    "old_status",
    "new_status",
    "source",
    "happened_at",
    "position",
    "digest",
    "cause",
    "chain",
)
EMPTIED = ("address", "ip", "user_agent", "wording")
ERASES = " AND ".join(
    [
        "OLD.position IS NOT NULL",
        *(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT),
        *(f"NEW.{name} = ''" for name in EMPTIED),
    ]
)
CONTENT = (
    "account_id, id, recipient_id, address, list_id, channel, old_status, new_status, cause, source, ip, user_agent,"
    " wording, happened_at"
)
REFUSE_ON_SQLITE = (
    """CREATE TRIGGER consents_stay BEFORE DELETE ON consents
       BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END""",
    f"""CREATE TRIGGER consents_fix BEFORE UPDATE OF {CONTENT} ON consents WHEN NOT ({ERASES})
       BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END""",
    f"""CREATE TRIGGER consents_keep BEFORE UPDATE ON consents WHEN OLD.position IS NOT NULL AND NOT ({ERASES})
       BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END""",
)
REFUSE_ON_POSTGRESQL = (
    "DROP TRIGGER consents_fix ON consents",
    "DROP TRIGGER consents_keep ON consents",
    f"""CREATE TRIGGER consents_fix BEFORE UPDATE OF {CONTENT} ON consents FOR EACH ROW WHEN (NOT ({ERASES}))
       EXECUTE FUNCTION consents_refuse()""",
    f"""CREATE TRIGGER consents_keep BEFORE UPDATE ON consents FOR EACH ROW
       WHEN (OLD.position IS NOT NULL AND NOT ({ERASES})) EXECUTE FUNCTION consents_refuse()""",
)
# What the ledger says so far: the head of each chain, and how many stand where on each list.
FILL = (
    """INSERT INTO ledger_heads (account_id, position, chain)
       SELECT account_id, position, chain FROM consents
       WHERE (account_id, position) IN (SELECT account_id, max(position) FROM consents GROUP BY account_id)""",
    """INSERT INTO subscription_counts (account_id, list_id, channel, status, block, members)
       SELECT account_id, list_id, channel, status, block, sum(change) FROM (
           SELECT account_id, list_id, channel, new_status AS status, recipient_id / 4096 AS block, 1 AS change
           FROM consents WHERE position IS NOT NULL AND new_status <> 1
           UNION ALL
           SELECT account_id, list_id, channel, old_status, recipient_id / 4096, -1
           FROM consents WHERE position IS NOT NULL AND old_status <> 1
       ) AS changes GROUP BY account_id, list_id, channel, status, block""",
)


def upgrade() -> None:
    _key_consents_by_recipient()
    op.add_column("users", sa.Column("visible_lists", JSON, nullable=True))
    op.add_column("groups", sa.Column("deletable", SMALL, nullable=False, server_default="1"))
    op.add_column("deliveries", sa.Column("sending_id", sa.Integer(), nullable=True))
    op.create_index(
        "deliveries_sending",
        "deliveries",
        ["account_id", "sending_id", "id"],
        unique=False,
        sqlite_where=sa.text("sending_id IS NOT NULL"),
        postgresql_where=sa.text("sending_id IS NOT NULL"),
    )
    op.create_table(
        "applications",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uris", JSON, nullable=False),
        sa.Column("features", JSON, nullable=False),
        sa.Column("blocked_at", LONG, nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("applications_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "application_blocks",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("blocked_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("application_blocks_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "authorizations",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("granted_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "login", "client_id", name=op.f("authorizations_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("issued_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("tokens_pk")),
        **CLUSTERED,
    )
    op.create_index("tokens_login", "tokens", ["account_id", "login", "client_id"], unique=False)
    op.create_index("tokens_client", "tokens", ["client_id"], unique=False)
    op.create_index("tokens_expires_at", "tokens", ["expires_at"], unique=False)
    op.create_table(
        "trusted_senders",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("state", SMALL, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.Column("authorized_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("trusted_senders_pk")),
        **CLUSTERED,
    )
    op.create_index("trusted_senders_email", "trusted_senders", ["account_id", "email"], unique=True)
    op.create_table(
        "sendings",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("state", SMALL, nullable=False),
        sa.Column("starts_at", LONG, nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("sendings_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "imports",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("state", SMALL, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("tally", JSON, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sending_id", sa.Integer(), nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("started_at", LONG, nullable=True),
        sa.Column("ended_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("imports_pk")),
        **CLUSTERED,
    )
    op.create_index(
        "imports_open",
        "imports",
        ["account_id", "id"],
        unique=False,
        sqlite_where=sa.text("state < 2"),
        postgresql_where=sa.text("state < 2"),
    )
    op.create_table(
        "import_chunks",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "import_id", "number", name=op.f("import_chunks_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "ledger_heads",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", LONG, nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("ledger_heads_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "subscription_counts",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", SMALL, autoincrement=False, nullable=False),
        sa.Column("status", SMALL, autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "list_id", "channel", "status", "block", name=op.f("subscription_counts_pk")
        ),
        **CLUSTERED,
    )

    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (*(REFUSE_ON_SQLITE if on_sqlite else REFUSE_ON_POSTGRESQL), *FILL):
        op.execute(statement)


def _key_consents_by_recipient() -> None:
    """Let the ledger lie in the order of recipients: one tree less to keep for each change of status."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("consents_recipient", "consents")
        op.drop_constraint("consents_pk", "consents")
        op.create_primary_key("consents_pk", "consents", ["account_id", "recipient_id", "id"])
        return
    op.rename_table("consents", "consents_before")
    op.create_table(
        "consents",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
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
        sa.PrimaryKeyConstraint("account_id", "recipient_id", "id", name=op.f("consents_pk")),
        **CLUSTERED,
    )
    columns = f"{CONTENT}, position, digest, chain"
    op.execute(
        f"INSERT INTO consents ({columns}) SELECT {columns} FROM consents_before"  # noqa: S608 - our own names
        " ORDER BY account_id, recipient_id, id"
    )
    op.drop_table("consents_before")
    for name, column, unique, where in (
        ("consents_sealed", "position", True, "position IS NOT NULL"),
        ("consents_unsealed", "id", False, "position IS NULL"),
    ):
        op.create_index(name, "consents", ["account_id", column], unique=unique, sqlite_where=sa.text(where))
