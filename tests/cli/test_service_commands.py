"""`service`, `ip`: who may call what."""

import pytest


@pytest.fixture
def quiet_shop(staffetta):
    """An account whose web services wait for their activation."""
    words = ("--id", 7132, "--host", "shop.example", "--password", "P", "--no-web-services")
    assert staffetta("account", "add", *words).code == 0


def test_an_account_made_by_hand_is_ready_for_plugins(staffetta, shop):
    imports = staffetta("service", "show", "--json").json[1]

    assert (imports["service"], imports["active"], imports["check_ip"]) == ("WSMailUpImport", True, False)
    assert {each["made_by"] for each in staffetta("service", "history", "--json").json} == {"operator"}


def test_the_form_pages_are_open_at_first_and_imports_wait_for_an_activation(staffetta, quiet_shop):
    assert staffetta("service", "show", "--json").json == [
        {"service": name, "enabled": True, "active": open_, "check_ip": not open_, "allowed": [], "denied": []}
        for name, open_ in (("FrontEnd", True), ("WSMailUpImport", False))
    ]


def test_what_is_not_named_of_a_service_stays(staffetta, shop):
    staffetta("service", "set", "frontend", "--check-ip")

    changed = staffetta("service", "set", "FrontEnd", "--disabled", "--json").json

    assert (changed["enabled"], changed["check_ip"]) == (False, True)
    assert staffetta("service", "show", "--json").json[0] == changed


def test_addresses_are_allowed_denied_and_removed(staffetta, shop):
    staffetta("ip", "add", "192.0.2.77/24", "--service", "FrontEnd")
    staffetta("ip", "deny", "192.0.2.9")
    both = staffetta("service", "show", "--json").json

    left = staffetta("ip", "remove", "192.0.2.0/24", "--json").json

    assert (both[0]["allowed"], both[0]["denied"]) == (["192.0.2.0/24"], ["192.0.2.9/32"])
    assert both[1]["allowed"] == []
    assert (left["allowed"], left["denied"]) == ([], ["192.0.2.9/32"])


@pytest.mark.parametrize(
    ("words", "code"),
    [(("ip", "add", "nonsense"), 1), (("ip", "remove", "192.0.2.1"), 1), (("ip", "add", "::1", "--service", "X"), 2)],
)
def test_what_is_no_address_or_no_service_is_refused(staffetta, shop, words, code):
    assert staffetta(*words).code == code


def test_an_operator_activates_and_the_trail_says_so(staffetta, quiet_shop):
    activated = staffetta("service", "set", "WSMailUpImport", "--active", "--no-check-ip", "--json").json
    staffetta("ip", "add", "192.0.2.7", "--service", "WSMailUpImport")
    staffetta("ip", "remove", "192.0.2.7", "--service", "WSMailUpImport")
    staffetta("service", "set", "FrontEnd", "--disabled")
    staffetta("service", "set", "FrontEnd", "--disabled")

    trail = staffetta("service", "history", "--json").json

    assert (activated["active"], activated["check_ip"]) == (True, False)
    assert [(each["service"], each["change"]) for each in trail] == [
        ("FrontEnd", "disabled"),
        ("WSMailUpImport", "removed 192.0.2.7/32"),
        ("WSMailUpImport", "allowed 192.0.2.7/32"),
        ("WSMailUpImport", "IP check off"),
        ("WSMailUpImport", "activated"),
    ]
    assert {(each["made_by"], each["ip"]) for each in trail} == {("operator", "")}
    assert len(staffetta("service", "history", "frontend", "--json").json) == 1
    assert len(staffetta("service", "history", "--most", "2", "--json").json) == 2


def test_where_nothing_was_changed_there_is_no_trail(staffetta, quiet_shop):
    assert staffetta("service", "history").out == "No service has been changed.\n"
