"""Fake activations."""

from random import Random

import pytest

from staffetta.provisioning import fake_state, is_fake


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "127.1.2.3", "::1", " LOCALHOST ", "192.168.0.1", "192.168.", "::ffff:127.0.0.1"]
)
def test_loopback_and_private_addresses_are_for_trying(ip):
    assert is_fake(ip)


@pytest.mark.parametrize("ip", ["", "10.0.0.1", "192.169.0.1", "203.0.113.7", "2001:db8::1", "x", "1192.168.0.1"])
def test_others_are_meant(ip):
    assert not is_fake(ip)


def test_every_state_from_1_to_7_comes_up_and_a_seed_repeats_them():
    drawn = [int(fake_state(random)) for random in [Random(7)] for _ in range(200)]

    again = [int(fake_state(random)) for random in [Random(7)] for _ in range(200)]

    assert set(drawn) == set(range(1, 8))
    assert again == drawn
