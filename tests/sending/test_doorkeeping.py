"""Who may come to the intake, and how often."""

import pytest

from staffetta.sending.doorkeeping import (
    CONNECTIONS_IN_A_WINDOW,
    GUESSES_IN_A_WINDOW,
    MOST_CONNECTIONS,
    MOST_NETWORKS,
    MOST_OF_A_NETWORK,
    Doorkeeper,
    network_of,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keeper(clock):
    return Doorkeeper(clock=clock)


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("socket", "socket"),
    ],
)
def test_neighbours_count_as_one(ip, network):
    assert network_of(ip) == network


def test_a_network_has_so_many_connections_at_once(keeper):
    assert all(keeper.let_in(f"192.0.2.{number}") for number in range(MOST_OF_A_NETWORK))
    assert not keeper.let_in("192.0.2.250")
    assert keeper.let_in("198.51.100.1")

    keeper.let_out("192.0.2.250")

    assert keeper.let_in("192.0.2.250")


def test_there_are_so_many_connections_in_all(keeper):
    assert all(keeper.let_in(f"192.0.{number}.1") for number in range(MOST_CONNECTIONS))

    assert not keeper.let_in("198.51.100.1")


def test_a_network_connects_so_often_in_a_minute(keeper, clock):
    for _ in range(CONNECTIONS_IN_A_WINDOW):
        assert keeper.let_in("192.0.2.1")
        keeper.let_out("192.0.2.1")
    assert not keeper.let_in("192.0.2.1")

    clock.now = 60.0

    assert keeper.let_in("192.0.2.1")


def test_who_guesses_too_often_is_not_let_in_for_the_rest_of_the_minute(keeper, clock):
    assert all(keeper.bears_a_guess("192.0.2.1") for _ in range(GUESSES_IN_A_WINDOW))
    assert not keeper.bears_a_guess("192.0.2.2")
    assert not keeper.let_in("192.0.2.3")

    clock.now = 60.0

    assert keeper.let_in("192.0.2.3")


def test_memory_is_bounded_whoever_comes(keeper):
    for number in range(MOST_NETWORKS):
        ip = f"2001:db8:{number:x}::1"
        assert keeper.let_in(ip)
        keeper.let_out(ip)

    assert not keeper.let_in("192.0.2.1")


@pytest.mark.parametrize("options", [{"limited": False}, {"spared": ("192.0.2.0/24", "2001:db8::/32")}])
def test_who_is_spared_is_only_counted_among_all(options):
    keeper = Doorkeeper(**options)

    assert all(keeper.bears_a_guess("192.0.2.1") for _ in range(GUESSES_IN_A_WINDOW + 1))
    assert [keeper.let_in("192.0.2.1") for _ in range(MOST_CONNECTIONS + 1)] == [True] * MOST_CONNECTIONS + [False]
