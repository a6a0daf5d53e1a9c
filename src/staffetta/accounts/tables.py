"""Accounts, the hosts that lead to them, their users, and who may call which service."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from staffetta.accounts.model import AccountState, UserKind
from staffetta.db import EnumOf, Flag, Instant, Json, LongInteger, metadata
from staffetta.db.schema import CLUSTERED

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("state", EnumOf(AccountState), nullable=False),
    Column("options", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    # What the account may use; {} is everything, for as long as one likes.
    Column("plan", Json, nullable=False, server_default="{}"),
    Column("expires_at", Instant),
    # Of how many days to go the account was reminded last.
    Column("reminded_days", Integer),
    # Whether somebody has to accept the terms of service; operators do not for accounts of their own.
    Column("bound_by_terms", Flag, nullable=False, server_default="0"),
    **CLUSTERED,
)
Index(
    "accounts_expires_at",
    accounts.c.expires_at,
    sqlite_where=accounts.c.expires_at.is_not(None),
    postgresql_where=accounts.c.expires_at.is_not(None),
)

console_hosts = Table(
    "console_hosts",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("host", Text, primary_key=True),
    Column("netloc", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    **CLUSTERED,
)
Index("console_hosts_host", console_hosts.c.host, unique=True)

users = Table(
    "users",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("login", Text, primary_key=True),
    Column("kind", EnumOf(UserKind), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("password_changed_at", Instant, nullable=False),
    # The lists that the user sees over REST; NULL means all of them.
    Column("visible_lists", Json),
    Column("created_at", Instant, nullable=False),
    # Where to write to the person about the account; "" for programs, and where nobody said.
    Column("email", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    # Whether the password was made up for them and is good for choosing another one alone.
    Column("one_time", Flag, nullable=False, server_default="0"),
    **CLUSTERED,
)
Index("users_login", users.c.login, unique=True)

services = Table(
    "services",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("enabled", Flag, nullable=False),
    Column("checks_ip", Flag, nullable=False),
    Column("active", Flag, nullable=False, server_default="1"),
    **CLUSTERED,
)

# What was switched, activated and registered, by whom and from where; nothing is ever taken out of it.
service_changes = Table(
    "service_changes",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("service", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Column("happened_at", Instant, nullable=False),
    **CLUSTERED,
)

registered_networks = Table(
    "registered_networks",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True),
    Column("service", Text, primary_key=True),
    Column("network", Text, primary_key=True),
    Column("allowed", Flag, nullable=False),
    Column("registered_at", Instant, nullable=False),
    **CLUSTERED,
)

# The terms of service in every version and language that they were published in.
terms = Table(
    "terms",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("language", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    **CLUSTERED,
)

# Who has accepted them for an account, when and from where; nothing is ever taken out of it.
terms_acceptances = Table(
    "terms_acceptances",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Column("accepted_at", Instant, nullable=False),
    **CLUSTERED,
)

# What an operator has switched on for the whole installation, such as maintenance.
platform_switches = Table(
    "platform_switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    **CLUSTERED,
)
