"""Access keys, activation of web services, and the trail of what was changed of them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}


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
