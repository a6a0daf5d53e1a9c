"""The SQL of accounts. Finding an account crosses accounts by nature; what is inside one does not."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from staffetta.accounts.model import (
    Account,
    AccountOptions,
    AccountState,
    Service,
    ServiceRules,
    UserKind,
    parse_network,
)
from staffetta.accounts.tables import accounts, console_hosts, registered_networks, services, users
from staffetta.db import Connection, Statement, Transaction
from staffetta.kit.languages import Language

_ACCOUNT: BindParameter[int] = bindparam("account_id")

ALL_ACCOUNTS = Statement(select(accounts).order_by(accounts.c.id))
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
DELETE_SERVICE = Statement(
    delete(services).where(services.c.account_id == _ACCOUNT, services.c.name == bindparam("service"))
)
INSERT_SERVICE = Statement(
    insert(services).values(
        account_id=_ACCOUNT,
        name=bindparam("service"),
        enabled=bindparam("enabled"),
        checks_ip=bindparam("checks_ip"),
    )
)
DELETE_NETWORK = Statement(
    delete(registered_networks).where(
        registered_networks.c.account_id == _ACCOUNT,
        registered_networks.c.service == bindparam("of_service"),
        registered_networks.c.network == bindparam("of_network"),
    )
)
INSERT_NETWORK = Statement(
    insert(registered_networks).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("service", "network", "allowed", "registered_at")},
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
        services=_services(row.id, rules, networks),
    )


def _services(account_id: int, rules: list[Any], networks: list[Any]) -> dict[Service, ServiceRules]:
    """Return the services of which an account has set something: a switch, or an address in the register."""
    switches = {rule.name: rule for rule in rules if rule.account_id == account_id}
    registered = [each for each in networks if each.account_id == account_id]
    return {
        Service(name): ServiceRules(
            enabled=switches[name].enabled if name in switches else True,
            checks_ip=switches[name].checks_ip if name in switches else False,
            allowed=_networks(registered, name, allowed=True),
            denied=_networks(registered, name, allowed=False),
        )
        for name in {*switches, *(each.service for each in registered)}
    }


def _networks(registered: list[Any], service: str, *, allowed: bool) -> Any:
    return tuple(
        parse_network(each.network) for each in registered if each.service == service and each.allowed == allowed
    )


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


def set_service(tx: Transaction, service: Service, *, enabled: bool, checks_ip: bool) -> None:
    """Switch a service and its check of callers."""
    tx.run(DELETE_SERVICE, service=service.value)
    tx.run(INSERT_SERVICE, service=service.value, enabled=enabled, checks_ip=checks_ip)


def set_network(tx: Transaction, service: Service, network: str, *, allowed: bool, now: datetime) -> None:
    """Allow or deny a network the use of a service."""
    delete_network(tx, service, network)
    tx.run(INSERT_NETWORK, service=service.value, network=network, allowed=allowed, registered_at=now)


def delete_network(tx: Transaction, service: Service, network: str) -> int:
    """Forget a network; return how many entries went."""
    return tx.changed(DELETE_NETWORK, of_service=service.value, of_network=network)
