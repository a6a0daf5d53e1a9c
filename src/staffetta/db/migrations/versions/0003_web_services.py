"""Access keys, activation of web services and the trail of what was changed of them; what SQLite's planner goes by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}

# How many rows an index has, and how many of them share its first column, its first two, and so on, in an installation
# with ten accounts of a hundred thousand people. Without it SQLite takes the account, which every key begins with, for
# as selective as an address, and reads all of an account's rows to find one. Measured by itself, ANALYZE would say the
# same of a large database and nonsense of an empty one, and plans would change with it.
STATISTICS = {
    "recipients": {
        "recipients": "1000000 100000 1",
        "recipients_email": "1000000 100000 1",
        "recipients_mobile": "1000000 100000 2",
    },
    "subscriptions": {
        "subscriptions": "2000000 200000 2 1 1",
        "subscriptions_list": "2000000 200000 20000 15000 5000 1",
    },
    "memberships": {"memberships": "1000000 100000 2 1", "memberships_group": "1000000 100000 5000 1"},
    "suppressions": {"suppressions": "10000 1000 1"},
    "consents": {
        "consents": "3000000 300000 3 1",
        "consents_sealed": "3000000 300000 1",
        "consents_unsealed": "1000 100 1",
    },
    "deliveries": {
        "deliveries": "1000000 100000 1",
        "deliveries_due": "1000 2 1 1",
        "deliveries_talking": "64 64 32 1",
        "deliveries_in_doubt": "64 32 1",
        "deliveries_recipient": "1000000 100000 3 1",
        "deliveries_sending": "500000 50000 5000 1",
    },
    "subscription_counts": {"subscription_counts": "10000 1000 250 200 60 1"},
}


def upgrade() -> None:
    # Who had switched the service on by hand goes on using it; what was never touched waits for its activation.
    op.add_column("services", sa.Column("active", SMALL, nullable=False, server_default="1"))
    op.create_table(
        "service_changes",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("happened_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("service_changes_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "access_keys",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("issued_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("access_keys_pk")),
        **CLUSTERED,
    )
    op.create_index("access_keys_login", "access_keys", ["account_id", "login"], unique=False)
    op.create_index("access_keys_expires_at", "access_keys", ["expires_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _state_statistics()


def _state_statistics() -> None:
    op.execute("ANALYZE counters")  # makes the table that they are kept in, without reading the large ones
    op.execute("DELETE FROM sqlite_stat1")
    kept = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
    op.bulk_insert(
        kept,
        [
            {"tbl": table, "idx": index, "stat": statistics}
            for table, indexes in STATISTICS.items()
            for index, statistics in indexes.items()
        ],
    )
