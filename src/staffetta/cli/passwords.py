"""How commands come to a secret: an option, a line of standard input, or a random one."""

import secrets
import sys

from staffetta.errors import InvalidArgument

PASSWORD_OCTETS = 12
STANDARD_INPUT = "-"


def random_password() -> str:
    """Return a password that is printed once and never again."""
    return secrets.token_urlsafe(PASSWORD_OCTETS)


def read_secret(option: str, noun: str = "password") -> str:
    """Return what an option says; `-` stands for a line of standard input, which no list of processes shows.

    Raises:
        InvalidArgument: it is empty.

    """
    given = sys.stdin.readline().rstrip("\r\n") if option == STANDARD_INPUT else option
    if not given:
        raise InvalidArgument(f"the {noun} is empty")
    return given
