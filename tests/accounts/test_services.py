import pytest

from staffetta.accounts import (
    AccountClosed,
    AccountState,
    Service,
    ServiceRules,
    change_service,
    directory,
    forget_network,
    parse_service,
    register_network,
)
from staffetta.accounts.model import parse_network
from staffetta.db import Connection
from staffetta.errors import InvalidArgument, NotFound
from trying import NOON


def rules(tx):
    return directory(Connection(tx._session), anew=True).by_id[tx.account_id].rules_of(Service.FRONT_END)


@pytest.mark.parametrize(
    ("ip", "admitted"),
    [
        ("192.0.2.7", True),
        ("192.0.2.8", False),  # denied within an allowed network
        ("192.0.3.1", False),
        ("198.51.100.1", True),
        ("2001:db8::1", True),
        ("2001:db8:0:1::5", False),
        ("2001:db9::1", False),
        ("not an address", False),
        ("", False),
    ],
)
def test_a_caller_must_be_registered_and_a_denied_network_wins(ip, admitted):
    checked = ServiceRules(
        checks_ip=True,
        allowed=tuple(map(parse_network, ("192.0.2.0/24", "198.51.100.1", "2001:db8::/32"))),
        denied=tuple(map(parse_network, ("192.0.2.8/29", "2001:db8:0:1::/64"))),
    )

    assert checked.admits(ip) is admitted


def test_everybody_is_admitted_where_nothing_is_checked():
    assert ServiceRules(denied=(parse_network("0.0.0.0/0"),)).admits("192.0.2.7")


def test_nobody_is_admitted_where_nothing_is_registered():
    assert not ServiceRules(checks_ip=True).admits("127.0.0.1")


def test_a_service_is_on_and_open_where_nothing_was_set(tx):
    assert rules(tx) == ServiceRules()


def test_networks_are_registered_changed_and_forgotten(tx):
    change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True)

    canonical = register_network(tx, Service.FRONT_END, " 192.0.2.77/24 ", allowed=True, now=NOON)
    register_network(tx, Service.FRONT_END, "2001:DB8::1", allowed=True, now=NOON)
    assert canonical == "192.0.2.0/24"
    assert rules(tx).admits("192.0.2.1")
    assert rules(tx).admits("2001:db8::1")

    register_network(tx, Service.FRONT_END, "192.0.2.0/24", allowed=False, now=NOON)
    assert not rules(tx).admits("192.0.2.1")

    forget_network(tx, Service.FRONT_END, "2001:db8::1")
    assert not rules(tx).admits("2001:db8::1")
    with pytest.raises(NotFound):
        forget_network(tx, Service.FRONT_END, "2001:db8::1")


def test_a_service_is_switched_and_keeps_its_networks(tx):
    change_service(tx, Service.FRONT_END, enabled=False, checks_ip=True)
    register_network(tx, Service.FRONT_END, "192.0.2.1", allowed=True, now=NOON)

    change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True)

    assert rules(tx).enabled
    assert rules(tx).admits("192.0.2.1")


def test_another_account_is_not_touched(tx, stranger):
    change_service(stranger, Service.FRONT_END, enabled=False, checks_ip=True)
    register_network(stranger, Service.FRONT_END, "192.0.2.1", allowed=True, now=NOON)

    assert rules(tx) == ServiceRules()
    with pytest.raises(NotFound):
        forget_network(tx, Service.FRONT_END, "192.0.2.1")
    assert rules(stranger).admits("192.0.2.1")


@pytest.mark.parametrize("network", ["", "example.org", "192.0.2.0/33", "192.0.2", "::1::"])
def test_what_is_no_network_is_refused(tx, network):
    with pytest.raises(InvalidArgument):
        register_network(tx, Service.FRONT_END, network, allowed=True, now=NOON)


@pytest.mark.parametrize("name", ["FrontEnd", "frontend", " FRONTEND "])
def test_a_service_is_known_in_any_case(name):
    assert parse_service(name) is Service.FRONT_END


def test_a_service_that_does_not_exist_is_refused():
    with pytest.raises(InvalidArgument, match="WSMailUpImport"):
        parse_service("BackEnd")


def test_a_closed_account_says_why():
    closed = AccountClosed(AccountState.TERMS_NOT_ACCEPTED)

    assert str(closed) == "the account is terms not accepted"
    assert closed.state == AccountState.TERMS_NOT_ACCEPTED
