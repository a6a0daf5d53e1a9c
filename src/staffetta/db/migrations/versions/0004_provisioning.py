"""Accounts that come about by themselves: activations, plans, terms of service, one-time passwords, sessions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.Text().with_variant(JSONB(), "postgresql")
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    _widen_tables()
    op.create_table(
        "terms",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("version", "language", name=op.f("terms_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "terms_acceptances",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("accepted_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "version", name=op.f("terms_acceptances_pk")),
        **CLUSTERED,
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("signed_in_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("sessions_pk")),
        **CLUSTERED,
    )
    op.create_index("sessions_login", "sessions", ["account_id", "login"], unique=False)
    op.create_index("sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_table(
        "platform_switches",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("platform_switches_pk")),
        **CLUSTERED,
    )
    _create_activations()


def _widen_tables() -> None:
    op.add_column("accounts", sa.Column("plan", JSON, nullable=False, server_default="{}"))
    op.add_column("accounts", sa.Column("expires_at", LONG, nullable=True))
    op.add_column("accounts", sa.Column("reminded_days", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("bound_by_terms", SMALL, nullable=False, server_default="0"))
    op.create_index(
        "accounts_expires_at",
        "accounts",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.add_column("users", sa.Column("email", sa.Text(), nullable=False, server_default=""))
    op.add_column("users", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("users", sa.Column("one_time", SMALL, nullable=False, server_default="0"))
    op.add_column("applications", sa.Column("plan", JSON, nullable=False, server_default="{}"))


def _create_activations() -> None:
    texts = ("caller_ip", "name", "company", "email", "phone", "language", "referer", "user_agent")
    op.create_table(
        "activations",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("state", SMALL, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("is_usa", SMALL, nullable=False),
        sa.Column("newsletter", SMALL, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", LONG, nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("requested_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("activations_pk")),
        **CLUSTERED,
    )
    op.create_index("activations_caller_ip", "activations", ["caller_ip", "requested_at"], unique=False)
    op.create_index("activations_email", "activations", ["email"], unique=False)
    op.create_index(
        "activations_due_at",
        "activations",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
