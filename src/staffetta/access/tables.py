"""Applications, who authorized them, whom they are blocked for, and the digests of what was issued."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from staffetta.access.model import TokenKind
from staffetta.db import EnumOf, Instant, Json, metadata
from staffetta.db.schema import CLUSTERED

# Applications belong to the installation, not to an account.
applications = Table(
    "applications",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("redirect_uris", Json, nullable=False),
    Column("features", Json, nullable=False),
    Column("blocked_at", Instant),
    Column("created_at", Instant, nullable=False),
    # What accounts that the application asks for may use.
    Column("plan", Json, nullable=False, server_default="{}"),
    **CLUSTERED,
)

application_blocks = Table(
    "application_blocks",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("blocked_at", Instant, nullable=False),
    **CLUSTERED,
)

authorizations = Table(
    "authorizations",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("login", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("granted_at", Instant, nullable=False),
    **CLUSTERED,
)

# Codes, access tokens and refresh tokens: SHA-256 of 32 random octets or more, which needs no salt.
tokens = Table(
    "tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("kind", EnumOf(TokenKind), nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("login", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("tokens_login", tokens.c.account_id, tokens.c.login, tokens.c.client_id)
Index("tokens_client", tokens.c.client_id)
Index("tokens_expires_at", tokens.c.expires_at)

# Keys of the SOAP services, which know neither applications nor scopes.
access_keys = Table(
    "access_keys",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("login", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("access_keys_login", access_keys.c.account_id, access_keys.c.login)
Index("access_keys_expires_at", access_keys.c.expires_at)

# People who are signed in to the console by a cookie.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("login", Text, nullable=False),
    Column("signed_in_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    **CLUSTERED,
)
Index("sessions_login", sessions.c.account_id, sessions.c.login)
Index("sessions_expires_at", sessions.c.expires_at)
