"""`service`, `ip`: who may call what."""

import pytest


def test_services_are_on_and_open_at_first(staffetta, shop):
    assert staffetta("service", "show", "--json").json == [
        {"service": name, "enabled": True, "check_ip": False, "allowed": [], "denied": []}
        for name in ("FrontEnd", "WSMailUpImport")
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
