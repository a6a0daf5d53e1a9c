"""The SQL of accounts. Finding an account crosses accounts by nature; what is inside one does not."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, func, insert, select, update

from staffetta.accounts.model import UNLIMITED, Account, AccountOptions, AccountState, Plan, UserKind
from staffetta.accounts.service_queries import NETWORKS_OF_ACCOUNT, SERVICES_OF_ACCOUNT, services_of
from staffetta.accounts.tables import accounts, console_hosts, registered_networks, services, users
from staffetta.db import Connection, Statement, Transaction
from staffetta.kit.languages import Language

_ACCOUNT: BindParameter[int] = bindparam("account_id")

_USER = ("login", "kind", "password_hash", "password_changed_at", "created_at", "email", "name", "one_time")
_INSERTED = (
    "name",
    "language",
    "time_zone",
    "state",
    "options",
    "created_at",
    "plan",
    "expires_at",
    "reminded_days",
    "bound_by_terms",
)

ALL_ACCOUNTS = Statement(select(accounts).order_by(accounts.c.id))
ACCOUNT = Statement(select(accounts).where(accounts.c.id == _ACCOUNT))
LARGEST_ID = Statement(select(func.max(accounts.c.id).label("id")))
FIRST_TWO_IDS = Statement(select(accounts.c.id).order_by(accounts.c.id).limit(2))
OPTIONS = Statement(select(accounts.c.options).where(accounts.c.id == _ACCOUNT))
ALL_HOSTS = Statement(select(console_hosts).order_by(console_hosts.c.account_id, console_hosts.c.ordinal))
HOSTS = Statement(select(console_hosts).where(console_hosts.c.account_id == _ACCOUNT).order_by(console_hosts.c.ordinal))
ALL_SERVICES = Statement(select(services))
ALL_NETWORKS = Statement(select(registered_networks))
OWNER_OF_HOST = Statement(select(console_hosts.c.account_id).where(console_hosts.c.host == bindparam("host")))
OWNER_OF_LOGIN = Statement(select(users.c.account_id).where(users.c.login == bindparam("login")))
INSERT_ACCOUNT = Statement(
    insert(accounts).values(
        id=_ACCOUNT,
        **{name: bindparam(name) for name in _INSERTED},
    )
)
UPDATE_STATE = Statement(update(accounts).where(accounts.c.id == _ACCOUNT).values(state=bindparam("new_state")))
UPDATE_OPTIONS = Statement(update(accounts).where(accounts.c.id == _ACCOUNT).values(options=bindparam("new_options")))
INSERT_HOST = Statement(
    insert(console_hosts).values(
        account_id=_ACCOUNT,
        host=bindparam("host"),
        netloc=bindparam("netloc"),
        ordinal=select(func.coalesce(func.max(console_hosts.c.ordinal) + 1, 0))
        .where(console_hosts.c.account_id == _ACCOUNT)
        .scalar_subquery(),
    )
)
DELETE_HOST = Statement(
    delete(console_hosts).where(console_hosts.c.account_id == _ACCOUNT, console_hosts.c.host == bindparam("host"))
)
INSERT_USER = Statement(
    insert(users).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in _USER},
    )
)


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account with its hosts and rules."""
    hosts = _by_account(connection.all(ALL_HOSTS))
    rules = _by_account(connection.all(ALL_SERVICES))
    networks = _by_account(connection.all(ALL_NETWORKS))
    return [_account(row, hosts[row.id], rules[row.id], networks[row.id]) for row in connection.all(ALL_ACCOUNTS)]


def find_account(tx: Transaction) -> Account | None:
    """Return the transaction's account with its hosts and rules."""
    row = tx.first(ACCOUNT)
    return row and _account(row, tx.all(HOSTS), tx.all(SERVICES_OF_ACCOUNT), tx.all(NETWORKS_OF_ACCOUNT))


def _by_account(rows: list[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return found


def _account(row: Any, hosts: list[Any], switches: list[Any], networks: list[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        language=Language(row.language),
        time_zone=row.time_zone,
        state=row.state,
        options=msgspec.convert(row.options, AccountOptions),
        hosts=tuple([each.netloc for each in hosts]),
        services=services_of(switches, networks),
        plan=msgspec.convert(row.plan, Plan) if row.plan else UNLIMITED,
        expires_at=row.expires_at,
        bound_by_terms=row.bound_by_terms,
    )


def largest_id(connection: Connection) -> int:
    """Return the largest id of an account, 0 where there is none."""
    return connection.first(LARGEST_ID).id or 0


def only_id(connection: Connection) -> int:
    """Return the id of the only account there is; 0 where there is none, or several."""
    rows = connection.all(FIRST_TWO_IDS)
    return rows[0].id if len(rows) == 1 else 0


def options_of(tx: Transaction) -> AccountOptions:
    """Return the account's switches."""
    return msgspec.convert(tx.first(OPTIONS).options, AccountOptions)


def owner_of_host(connection: Connection, host: str) -> int | None:
    """Return the account that a host leads to."""
    row = connection.first(OWNER_OF_HOST, host=host)
    return row.account_id if row else None


def owner_of_login(connection: Connection, login: str) -> int | None:
    """Return the account of a login; logins are unique in the installation."""
    row = connection.first(OWNER_OF_LOGIN, login=login)
    return row.account_id if row else None


def insert_account(tx: Transaction, account: Account, *, reminded_days: int | None, created_at: datetime) -> None:
    """Add an account without hosts, users or services."""
    tx.run(
        INSERT_ACCOUNT,
        name=account.name,
        language=account.language.value,
        time_zone=account.time_zone,
        state=account.state,
        options=account.options,
        created_at=created_at,
        plan={} if account.plan == UNLIMITED else account.plan,
        expires_at=account.expires_at,
        reminded_days=reminded_days,
        bound_by_terms=account.bound_by_terms,
    )


def set_state(tx: Transaction, state: AccountState) -> None:
    """Change the account's state."""
    tx.run(UPDATE_STATE, new_state=state)


def set_options(tx: Transaction, options: AccountOptions) -> None:
    """Change the account's switches."""
    tx.run(UPDATE_OPTIONS, new_options=options)


def add_host(tx: Transaction, host: str, netloc: str) -> None:
    """Lead a host to the account, after those that do."""
    tx.run(INSERT_HOST, host=host, netloc=netloc)


def delete_host(tx: Transaction, host: str) -> None:
    """Lead a host to the account no longer."""
    tx.run(DELETE_HOST, host=host)


def insert_user(
    tx: Transaction,
    login: str,
    kind: UserKind,
    password_hash: str,
    *,
    email: str = "",
    name: str = "",
    one_time: bool = False,
    now: datetime,
) -> None:
    """Add a login of the account."""
    tx.run(
        INSERT_USER,
        login=login,
        kind=kind,
        password_hash=password_hash,
        password_changed_at=now,
        created_at=now,
        email=email,
        name=name,
        one_time=one_time,
    )
