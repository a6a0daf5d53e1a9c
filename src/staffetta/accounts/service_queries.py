"""The SQL of services: their switches, the addresses that may call them, and the trail of what was changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select

from staffetta.accounts.model import (
    DEFAULT_RULES,
    Author,
    Network,
    Service,
    ServiceChange,
    ServiceRules,
    parse_network,
)
from staffetta.accounts.tables import registered_networks, service_changes, services
from staffetta.db import Statement, Transaction

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_NAMED: BindParameter[str] = bindparam("service")

SERVICES_OF_ACCOUNT = Statement(select(services).where(services.c.account_id == _ACCOUNT))
NETWORKS_OF_ACCOUNT = Statement(select(registered_networks).where(registered_networks.c.account_id == _ACCOUNT))
SERVICE = Statement(select(services).where(services.c.account_id == _ACCOUNT, services.c.name == _NAMED))
NETWORKS = Statement(
    select(registered_networks).where(
        registered_networks.c.account_id == _ACCOUNT, registered_networks.c.service == _NAMED
    )
)
DELETE_SERVICE = Statement(
    delete(services).where(services.c.account_id == _ACCOUNT, services.c.name == bindparam("service"))
)
INSERT_SERVICE = Statement(
    insert(services).values(
        account_id=_ACCOUNT,
        name=bindparam("service"),
        **{name: bindparam(name) for name in ("enabled", "active", "checks_ip")},
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
INSERT_CHANGE = Statement(
    insert(service_changes).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("id", "service", "change", "made_by", "ip", "happened_at")},
    )
)
_LATEST = (
    select(service_changes)
    .where(service_changes.c.account_id == _ACCOUNT)
    .order_by(service_changes.c.id.desc())
    .limit(bindparam("most"))
)
CHANGES = Statement(_LATEST)
CHANGES_OF_SERVICE = Statement(_LATEST.where(service_changes.c.service == _NAMED))


def services_of(switches: list[Any], networks: list[Any]) -> dict[Service, ServiceRules]:
    """Return the services of which an account has set something: a switch, or an address in the register."""
    set_here = {each.name: each for each in switches}
    return {
        Service(name): _rules(Service(name), set_here.get(name), [each for each in networks if each.service == name])
        for name in {*set_here, *(each.service for each in networks)}
    }


def rules_of(tx: Transaction, service: Service) -> ServiceRules:
    """Return a service's rules as the transaction sees them; the defaults where nothing was set."""
    switches = tx.first(SERVICE, service=service.value)
    return _rules(service, switches, tx.all(NETWORKS, service=service.value))


def _rules(service: Service, switches: Any, networks: list[Any]) -> ServiceRules:
    given = switches or DEFAULT_RULES[service]
    return ServiceRules(
        enabled=given.enabled,
        active=given.active,
        checks_ip=given.checks_ip,
        allowed=_networks(networks, allowed=True),
        denied=_networks(networks, allowed=False),
    )


def _networks(registered: list[Any], *, allowed: bool) -> tuple[Network, ...]:
    return tuple(parse_network(each.network) for each in registered if each.allowed == allowed)


def set_service(tx: Transaction, service: Service, *, enabled: bool, active: bool, checks_ip: bool) -> None:
    """Set the switches of a service."""
    tx.run(DELETE_SERVICE, service=service.value)
    tx.run(INSERT_SERVICE, service=service.value, enabled=enabled, active=active, checks_ip=checks_ip)


def set_network(tx: Transaction, service: Service, network: str, *, allowed: bool, now: datetime) -> None:
    """Allow or deny a network the use of a service."""
    delete_network(tx, service, network)
    tx.run(INSERT_NETWORK, service=service.value, network=network, allowed=allowed, registered_at=now)


def delete_network(tx: Transaction, service: Service, network: str) -> int:
    """Forget a network; return how many entries went."""
    return tx.changed(DELETE_NETWORK, of_service=service.value, of_network=network)


def insert_changes(tx: Transaction, service: Service, changes: Iterable[str], *, by: Author, now: datetime) -> None:
    """Add to the trail what was changed of a service."""
    tx.run_many(
        INSERT_CHANGE,
        [
            {
                "id": tx.take_id("service_changes"),
                "service": service.value,
                "change": change,
                "made_by": by.name,
                "ip": by.ip,
                "happened_at": now,
            }
            for change in changes
        ],
    )


def changes_of(tx: Transaction, service: Service | None, *, most: int) -> list[ServiceChange]:
    """Return the latest entries of the trail, of one service or of all, the latest first."""
    rows = tx.all(CHANGES_OF_SERVICE, service=service.value, most=most) if service else tx.all(CHANGES, most=most)
    return [
        ServiceChange(
            service=Service(row.service),
            change=row.change,
            author=Author(row.made_by, row.ip),
            happened_at=row.happened_at,
        )
        for row in rows
    ]
