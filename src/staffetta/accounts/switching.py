"""Switching an account's services, activating them, and registering who may call; every change leaves a trail."""

from datetime import datetime
from ipaddress import ip_address

from staffetta.accounts import service_queries as queries
from staffetta.accounts.model import (
    AddressRefused,
    Author,
    Service,
    ServiceChange,
    ServiceDisabled,
    parse_network,
)
from staffetta.db import Transaction
from staffetta.errors import NotFound

# Programs on changing addresses register one after the other; every call of the service walks through them all.
MOST_NETWORKS = 500


def change_service(
    tx: Transaction,
    service: Service,
    *,
    enabled: bool,
    checks_ip: bool,
    active: bool | None = None,
    by: Author,
    now: datetime,
) -> None:
    """Switch a service, and whether its callers' addresses must be registered; `active` None leaves that as it is."""
    old = queries.rules_of(tx, service)
    active = old.active if active is None else active
    switches = (
        (old.enabled, enabled, "enabled", "disabled"),
        (old.active, active, "activated", "deactivated"),
        (old.checks_ip, checks_ip, "IP check on", "IP check off"),
    )
    changes = [on if new else off for before, new, on, off in switches if before != new]
    if changes:
        tx.configuration_changed()
        queries.set_service(tx, service, enabled=enabled, active=active, checks_ip=checks_ip)
        queries.insert_changes(tx, service, changes, by=by, now=now)


def open_import(tx: Transaction, *, by: Author, now: datetime) -> None:
    """Activate WSMailUpImport for callers from anywhere: an account that an operator makes by hand is ready for use.

    The seed has the service disabled until it is activated by hand or by a plugin; to make the account is to do it by
    hand. Accounts that come about by themselves wait for their activation.
    """
    change_service(tx, Service.IMPORT, enabled=True, checks_ip=False, active=True, by=by, now=now)


def activate(tx: Transaction, service: Service, *, ip: str, by: Author, now: datetime) -> None:
    """Activate a service and let an address call it; a repeat changes nothing.

    Raises:
        ServiceDisabled: the operator has switched it off for the account.
        AddressRefused: the address is none, or kept out by the operator, or one too many.

    """
    rules = queries.rules_of(tx, service)
    if not rules.enabled:
        raise ServiceDisabled(f"{service} is switched off for this account")
    address = _address(ip)
    if rules.denies(address):
        raise AddressRefused(f"this address is denied {service}")
    if not rules.knows(address):
        if len(rules.allowed) >= MOST_NETWORKS:
            raise AddressRefused(f"{service} has {MOST_NETWORKS} addresses registered already; remove some first")
        register_network(tx, service, address, allowed=True, by=by, now=now)
    if not rules.active:
        change_service(tx, service, enabled=True, checks_ip=rules.checks_ip, active=True, by=by, now=now)


def register_network(
    tx: Transaction, service: Service, network: str, *, allowed: bool, by: Author, now: datetime
) -> str:
    """Allow or deny an address or network a service; a repeat changes the entry. Returns it in canonical form.

    Raises:
        InvalidArgument: not an address or network.

    """
    parsed = parse_network(network)
    rules = queries.rules_of(tx, service)
    if parsed not in (rules.allowed if allowed else rules.denied):
        tx.configuration_changed()
        queries.set_network(tx, service, str(parsed), allowed=allowed, now=now)
        queries.insert_changes(tx, service, [f"{'allowed' if allowed else 'denied'} {parsed}"], by=by, now=now)
    return str(parsed)


def forget_network(tx: Transaction, service: Service, network: str, *, by: Author, now: datetime) -> None:
    """Remove an address or network from a service's register.

    Raises:
        NotFound: it is not in the register.

    """
    canonical = str(parse_network(network))
    tx.configuration_changed()
    if not queries.delete_network(tx, service, canonical):
        raise NotFound(f"{network} is not registered for {service}")
    queries.insert_changes(tx, service, [f"removed {canonical}"], by=by, now=now)


def service_history(tx: Transaction, service: Service | None = None, *, most: int) -> list[ServiceChange]:
    """Return what was changed of the account's services, or of one, the latest first."""
    return queries.changes_of(tx, service, most=most)


def _address(ip: str) -> str:
    try:
        return str(ip_address(ip))
    except ValueError as error:
        raise AddressRefused("the caller's address is not known") from error
