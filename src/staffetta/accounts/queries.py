"""The SQL of accounts. Finding an account crosses accounts by nature; what is inside one does not."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from staffetta.accounts.model import Account, AccountOptions, AccountState, UserKind
from staffetta.accounts.service_queries import services_of
from staffetta.accounts.tables import accounts, console_hosts, registered_networks, services, users
from staffetta.db import Connection, Statement, Transaction
from staffetta.kit.languages import Language

_ACCOUNT: BindParameter[int] = bindparam("account_id")

ALL_ACCOUNTS = Statement(select(accounts).order_by(accounts.c.id))
OPTIONS = Statement(select(accounts.c.options).where(accounts.c.id == _ACCOUNT))
ALL_HOSTS = Statement(select(console_hosts).order_by(console_hosts.c.account_id, console_hosts.c.ordinal))
ALL_SERVICES = Statement(select(services))
ALL_NETWORKS = Statement(select(registered_networks))
OWNER_OF_HOST = Statement(select(console_hosts.c.account_id).where(console_hosts.c.host == bindparam("host")))
OWNER_OF_LOGIN = Statement(select(users.c.account_id).where(users.c.login == bindparam("login")))
INSERT_ACCOUNT = Statement(
    insert(accounts).values(
        id=_ACCOUNT,
        **{name: bindparam(name) for name in ("name", "language", "time_zone", "state", "options", "created_at")},
    )
)
UPDATE_STATE = Statement(update(accounts).where(accounts.c.id == _ACCOUNT).values(state=bindparam("new_state")))
UPDATE_OPTIONS = Statement(update(accounts).where(accounts.c.id == _ACCOUNT).values(options=bindparam("new_options")))
INSERT_HOST = Statement(
    insert(console_hosts).values(
        account_id=_ACCOUNT, host=bindparam("host"), netloc=bindparam("netloc"), ordinal=bindparam("ordinal")
    )
)
DELETE_HOST = Statement(
    delete(console_hosts).where(console_hosts.c.account_id == _ACCOUNT, console_hosts.c.host == bindparam("host"))
)
INSERT_USER = Statement(
    insert(users).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("login", "kind", "password_hash", "password_changed_at", "created_at")},
    )
)


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account with its hosts and rules."""
    hosts = connection.all(ALL_HOSTS)
    rules = connection.all(ALL_SERVICES)
    networks = connection.all(ALL_NETWORKS)
    return [_account(row, hosts, rules, networks) for row in connection.all(ALL_ACCOUNTS)]


def _account(row: Any, hosts: list[Any], rules: list[Any], networks: list[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        language=Language(row.language),
        time_zone=row.time_zone,
        state=row.state,
        options=msgspec.convert(row.options, AccountOptions),
        hosts=tuple(each.netloc for each in hosts if each.account_id == row.id),
        services=services_of(row.id, rules, networks),
    )


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


def insert_account(tx: Transaction, account: Account, *, created_at: datetime) -> None:
    """Add an account without hosts, users or services."""
    tx.run(
        INSERT_ACCOUNT,
        name=account.name,
        language=account.language.value,
        time_zone=account.time_zone,
        state=account.state,
        options=account.options,
        created_at=created_at,
    )


def set_state(tx: Transaction, state: AccountState) -> None:
    """Change the account's state."""
    tx.run(UPDATE_STATE, new_state=state)


def set_options(tx: Transaction, options: AccountOptions) -> None:
    """Change the account's switches."""
    tx.run(UPDATE_OPTIONS, new_options=options)


def insert_host(tx: Transaction, host: str, netloc: str, *, ordinal: int) -> None:
    """Lead a host to the account."""
    tx.run(INSERT_HOST, host=host, netloc=netloc, ordinal=ordinal)


def delete_host(tx: Transaction, host: str) -> None:
    """Lead a host to the account no longer."""
    tx.run(DELETE_HOST, host=host)


def insert_user(tx: Transaction, login: str, kind: UserKind, password_hash: str, *, now: datetime) -> None:
    """Add a login of the account."""
    tx.run(INSERT_USER, login=login, kind=kind, password_hash=password_hash, password_changed_at=now, created_at=now)
