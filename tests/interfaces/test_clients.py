"""Who calls is told by the peer, and by proxies only as far as they are trusted."""

from ipaddress import ip_network

import pytest

from staffetta.interfaces.clients import asked_netloc, client_address, host_of, netloc_of, network_of, request_scheme

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"), ip_network("2001:db8:1::/48"))


def scope_of(peer: str | None, *headers: tuple[str, str]) -> dict[str, object]:
    return {
        "type": "http",
        "scheme": "http",
        "client": (peer, 4711) if peer is not None else None,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }


def forwarded(*values: str) -> list[tuple[str, str]]:
    return [("x-forwarded-for", value) for value in values]


@pytest.mark.parametrize(
    ("peer", "values", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("2001:DB8::1", [], "2001:db8::1"),
        (None, ["198.51.100.1"], ""),
        ("", [], ""),
        ("testclient", ["198.51.100.1"], ""),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2,127.0.0.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.1, é"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:8080"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8:2::7]:8080"], "2001:db8:2::7"),
        ("10.0.0.1", ['"[2001:db8:2::7]"'], "2001:db8:2::7"),
        ("10.0.0.1", ["2001:db8:2::7, 2001:db8:1::1"], "2001:db8:2::7"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["fe80::1%eth0"], "fe80::1"),
        ("10.0.0.1", ["999.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", ["1" * 100_000], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1" + ", 10.0.0.7" * 50_000], "10.0.0.7"),
        ("10.0.0.1", [""], "10.0.0.1"),
    ],
)
def test_the_caller_is_the_nearest_that_is_no_proxy_of_ours(peer, values, address):
    scope = scope_of(peer, *forwarded(*values))

    assert client_address(scope, TRUSTED) == address


def test_without_trusted_proxies_nobody_is_believed():
    scope = scope_of("10.0.0.1", *forwarded("198.51.100.1"), ("x-forwarded-proto", "https"))

    assert (client_address(scope, ()), request_scheme(scope, [])) == ("10.0.0.1", "http")


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", "HTTPS", "https"),
        ("10.0.0.1", "http, https", "https"),
        ("10.0.0.1", "https,http", "http"),
        ("10.0.0.1", "javascript", "http"),
        ("10.0.0.1", "", "http"),
        ("203.0.113.9", "https", "http"),
        (None, "https", "http"),
    ],
)
def test_the_scheme_is_what_a_trusted_proxy_says(peer, said, scheme):
    scope = scope_of(peer, ("x-forwarded-proto", said))

    assert request_scheme(scope, TRUSTED) == scheme


@pytest.mark.parametrize(
    ("headers", "netloc"),
    [
        ({}, "127.0.0.1:8080"),
        ({"x-forwarded-host": "Console.example"}, "console.example"),
        ({"x-forwarded-host": "console.example:8443"}, "console.example:8443"),
        ({"x-forwarded-host": "evil.example, console.example"}, "console.example"),
        ({"x-forwarded-host": "console.example", "x-forwarded-port": "8443"}, "console.example:8443"),
        ({"x-forwarded-host": "console.example:81", "x-forwarded-port": "8443"}, "console.example:81"),
        ({"x-forwarded-host": "console.example", "x-forwarded-port": "80"}, "console.example"),
        ({"x-forwarded-host": "c.example", "x-forwarded-port": "443", "x-forwarded-proto": "https"}, "c.example"),
        ({"x-forwarded-host": "c.example", "x-forwarded-port": "80", "x-forwarded-proto": "https"}, "c.example:80"),
        ({"x-forwarded-host": "console.example", "x-forwarded-port": "é"}, "console.example"),
        ({"x-forwarded-host": "console.example", "x-forwarded-port": "99999"}, "console.example"),
        ({"x-forwarded-host": '"><evil/>'}, "127.0.0.1:8080"),
        ({"x-forwarded-host": "", "x-forwarded-port": ""}, "127.0.0.1:8080"),
    ],
)
def test_the_host_asked_for_is_what_a_trusted_proxy_says(headers, netloc):
    given = {"host": "127.0.0.1:8080", **headers}

    assert asked_netloc(scope_of("10.0.0.1", *given.items()), TRUSTED) == netloc
    assert asked_netloc(scope_of("203.0.113.9", *given.items()), TRUSTED) == "127.0.0.1:8080"


def test_a_proxy_may_say_the_port_that_it_left_out_of_the_host():
    scope = scope_of("10.0.0.1", ("host", "console.example"), ("x-forwarded-port", "8443"))

    assert asked_netloc(scope, TRUSTED) == "console.example:8443"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_one_caller_holds_a_network(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("header", "host", "netloc"),
    [
        ("Console.Example.COM", "console.example.com", "console.example.com"),
        ("console.example.com:8080", "console.example.com", "console.example.com:8080"),
        ("console.example.com.:80", "console.example.com", "console.example.com:80"),
        ("localhost", "localhost", "localhost"),
        ("my_site.local", "my_site.local", "my_site.local"),
        ("192.0.2.1:80", "192.0.2.1", "192.0.2.1:80"),
        ("[2001:DB8::1]:443", "[2001:db8::1]", "[2001:db8::1]:443"),
        ("[::1]", "[::1]", "[::1]"),
        *(
            (odd, "", "")
            for odd in (
                "",
                "a b",
                "a/b",
                "a@b",
                "a..b",
                "-a.com",
                "a-.com",
                "a:b",
                "a:",
                "a:0",
                "a:65536",
                "[::zz]",
                "[1:2]",
                "::1",
                "é.com",
                "x" * 64,
                "a." * 200 + "com",
                'a"><script>',
                "a\n",
            )
        ),
    ],
)
def test_a_host_is_a_host_or_nothing(header, host, netloc):
    scope = scope_of("203.0.113.9", ("host", header))

    assert (host_of(scope), netloc_of(scope)) == (host, netloc)


def test_two_hosts_are_none():
    scope = scope_of("203.0.113.9", ("host", "a.example"), ("host", "b.example"))

    assert (host_of(scope), netloc_of(scope_of("203.0.113.9"))) == ("", "")
