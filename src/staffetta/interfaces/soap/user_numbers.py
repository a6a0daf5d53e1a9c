"""Users by number: SOAP knows them by one, the platform by their logins."""

import re
from collections.abc import Iterable
from hashlib import sha256

from staffetta.access import UnknownUser, User

# The users that an account is made with, the program's and the person's, are called after its number.
FIRST_USERS = re.compile(r"[am]([0-9]{1,10})", re.ASCII)
LARGEST = 2**31 - 1


def user_number(login: str) -> int:
    """Return the number of a user: the digits of `a7132` and `m7132`, else one that is made of the login."""
    first = FIRST_USERS.fullmatch(login)
    if first:
        return int(first[1])
    return int.from_bytes(sha256(login.encode()).digest()[:4], "big") & LARGEST or 1


def users_numbered(users: Iterable[User], number: int) -> list[User]:
    """Return the users of a number: most have one of their own, the first two of an account share theirs.

    Raises:
        UnknownUser: nobody of these has it.

    """
    found = [each for each in users if user_number(each.login) == number]
    if not found:
        raise UnknownUser(f"there is no user {number}")
    return found
