"""Views and clicks as they came in, until they are counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "kept_events",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("visits", sa.Text().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("happened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("kept_events_pk")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
