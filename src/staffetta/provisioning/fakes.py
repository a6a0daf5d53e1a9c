"""Fake activations: what developers try their programs with (seed on account provisioning); nothing is kept of them."""

import secrets
from ipaddress import ip_address
from random import Random
from typing import Final

from staffetta.provisioning.model import ActivationState

FAKE_ID: Final = -1
HASH_OCTETS: Final = 16

_BEGINNINGS = ("127.", "192.168.")
_NOT_CONFIRMED = ActivationState.NOT_CONFIRMED
# The documentation lets 0 occur, too, and asks for 1 to 7.
_STATES = tuple(state for state in ActivationState if state != _NOT_CONFIRMED)


def new_hash() -> str:
    """Return what an activation is followed by: letters and digits that nobody guesses."""
    return secrets.token_hex(HASH_OCTETS)


def is_fake(caller_ip: str) -> bool:
    """Tell whether the address that a request names makes it a fake one: loopback, or `192.168.`."""
    text = caller_ip.strip().lower().removeprefix("::ffff:")
    if text == "localhost" or text.startswith(_BEGINNINGS):
        return True
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def fake_state(random: Random) -> ActivationState:
    """Return one of the states from 1 to 7."""
    return random.choice(_STATES)
