import pytest

from staffetta.accounts import (
    DEFAULT_RULES,
    OPERATOR,
    AccountClosed,
    AccountState,
    AddressRefused,
    Author,
    Service,
    ServiceDisabled,
    ServiceRules,
    activate,
    change_service,
    change_state,
    directory,
    forget_network,
    parse_service,
    register_network,
    require_open,
    service_history,
)
from staffetta.accounts.model import parse_network
from staffetta.accounts.service_queries import rules_of
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
    change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True, by=OPERATOR, now=NOON)

    canonical = register_network(tx, Service.FRONT_END, " 192.0.2.77/24 ", allowed=True, by=OPERATOR, now=NOON)
    register_network(tx, Service.FRONT_END, "2001:DB8::1", allowed=True, by=OPERATOR, now=NOON)
    assert canonical == "192.0.2.0/24"
    assert rules(tx).admits("192.0.2.1")
    assert rules(tx).admits("2001:db8::1")

    register_network(tx, Service.FRONT_END, "192.0.2.0/24", allowed=False, by=OPERATOR, now=NOON)
    assert not rules(tx).admits("192.0.2.1")

    forget_network(tx, Service.FRONT_END, "2001:db8::1", by=OPERATOR, now=NOON)
    assert not rules(tx).admits("2001:db8::1")
    with pytest.raises(NotFound):
        forget_network(tx, Service.FRONT_END, "2001:db8::1", by=OPERATOR, now=NOON)


def test_a_service_is_switched_and_keeps_its_networks(tx):
    change_service(tx, Service.FRONT_END, enabled=False, checks_ip=True, by=OPERATOR, now=NOON)
    register_network(tx, Service.FRONT_END, "192.0.2.1", allowed=True, by=OPERATOR, now=NOON)

    change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True, by=OPERATOR, now=NOON)

    assert rules(tx).enabled
    assert rules(tx).admits("192.0.2.1")


def test_another_account_is_not_touched(tx, stranger):
    change_service(stranger, Service.FRONT_END, enabled=False, checks_ip=True, by=OPERATOR, now=NOON)
    register_network(stranger, Service.FRONT_END, "192.0.2.1", allowed=True, by=OPERATOR, now=NOON)

    assert rules(tx) == ServiceRules()
    with pytest.raises(NotFound):
        forget_network(tx, Service.FRONT_END, "192.0.2.1", by=OPERATOR, now=NOON)
    assert rules(stranger).admits("192.0.2.1")


@pytest.mark.parametrize("network", ["", "example.org", "192.0.2.0/33", "192.0.2", "::1::"])
def test_what_is_no_network_is_refused(tx, network):
    with pytest.raises(InvalidArgument):
        register_network(tx, Service.FRONT_END, network, allowed=True, by=OPERATOR, now=NOON)


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


def test_imports_wait_for_an_activation_and_check_their_callers(tx):
    rules_of_import = directory(Connection(tx._session), anew=True).by_id[tx.account_id].rules_of(Service.IMPORT)

    assert rules_of_import == DEFAULT_RULES[Service.IMPORT]
    assert (rules_of_import.enabled, rules_of_import.active, rules_of_import.checks_ip) == (True, False, True)
    assert not rules_of_import.is_on


def test_an_address_registered_before_the_activation_leaves_the_defaults(tx):
    register_network(tx, Service.IMPORT, "192.0.2.1", allowed=True, by=OPERATOR, now=NOON)

    registered = directory(Connection(tx._session), anew=True).by_id[tx.account_id].rules_of(Service.IMPORT)

    assert (registered.active, registered.checks_ip, registered.admits("192.0.2.1")) == (False, True, True)


def test_an_activation_registers_its_caller_once(tx, stranger):
    shop = Author("a7", "192.0.2.1")

    for _ in range(2):
        activate(tx, Service.IMPORT, ip="192.0.2.1", by=shop, now=NOON)

    assert rules_of(tx, Service.IMPORT).is_on
    assert rules_of(tx, Service.IMPORT).admits("192.0.2.1")
    assert [each.change for each in service_history(tx, most=9)] == ["activated", "allowed 192.0.2.1/32"]
    assert {each.author for each in service_history(tx, most=9)} == {shop}
    assert rules_of(stranger, Service.IMPORT) == DEFAULT_RULES[Service.IMPORT]
    assert service_history(stranger, most=9) == []


def test_an_activation_from_a_registered_network_adds_no_address(tx):
    register_network(tx, Service.IMPORT, "192.0.2.0/24", allowed=True, by=OPERATOR, now=NOON)

    activate(tx, Service.IMPORT, ip="192.0.2.1", by=OPERATOR, now=NOON)

    assert list(map(str, rules_of(tx, Service.IMPORT).allowed)) == ["192.0.2.0/24"]


def test_a_refused_activation_changes_nothing(tx):
    register_network(tx, Service.IMPORT, "192.0.2.0/24", allowed=False, by=OPERATOR, now=NOON)

    for ip in ("192.0.2.1", "", "no address"):
        with pytest.raises(AddressRefused):
            activate(tx, Service.IMPORT, ip=ip, by=OPERATOR, now=NOON)
    change_service(tx, Service.IMPORT, enabled=False, checks_ip=True, by=OPERATOR, now=NOON)
    with pytest.raises(ServiceDisabled):
        activate(tx, Service.IMPORT, ip="198.51.100.1", by=OPERATOR, now=NOON)

    assert not rules_of(tx, Service.IMPORT).active
    assert rules_of(tx, Service.IMPORT).allowed == ()


def test_the_trail_has_every_change_and_no_repeat(tx):
    for checks_ip in (True, True, False):
        change_service(tx, Service.FRONT_END, enabled=False, checks_ip=checks_ip, by=OPERATOR, now=NOON)
        register_network(tx, Service.FRONT_END, "192.0.2.1", allowed=checks_ip, by=OPERATOR, now=NOON)
    forget_network(tx, Service.FRONT_END, "192.0.2.1", by=OPERATOR, now=NOON)
    activate(tx, Service.IMPORT, ip="::1", by=Author("a1", "::1"), now=NOON)

    assert [each.change for each in service_history(tx, Service.FRONT_END, most=9)] == [
        "removed 192.0.2.1/32",
        "denied 192.0.2.1/32",
        "IP check off",
        "allowed 192.0.2.1/32",
        "IP check on",
        "disabled",
    ]
    assert [each.service for each in service_history(tx, most=2)] == [Service.IMPORT, Service.IMPORT]
    assert {each.happened_at for each in service_history(tx, most=9)} == {NOON}


@pytest.mark.parametrize("state", AccountState)
def test_only_active_accounts_are_open(tx, state):
    change_state(tx, state)
    account = directory(Connection(tx._session), anew=True).by_id[tx.account_id]

    if state == AccountState.ACTIVE:
        require_open(account)
        return
    with pytest.raises(AccountClosed) as refused:
        require_open(account)
    assert refused.value.state == state
