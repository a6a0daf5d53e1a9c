"""Checking passwords: two at a time, beside the event loop, and not for those who guess."""

import asyncio

from staffetta.access import User, WrongPassword, check_password
from staffetta.errors import ResourceExhausted
from staffetta.interfaces.throttles import PASSWORDS_AT_ONCE, Throttles

# Whoever comes when this many wait would wait for seconds.
MOST_IN_LINE = 50


class Locked(ResourceExhausted):
    """Too many wrong passwords, for this login or from this network; `seconds` is when there is another try."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many wrong passwords")
        self.seconds = seconds


class Busy(ResourceExhausted):
    """Too many passwords wait to be checked."""


class PasswordChecks:
    """A line in which passwords are checked; those of all interfaces wait for the same slots."""

    def __init__(self, throttles: Throttles) -> None:
        self._throttles = throttles
        self._slots = throttles.password_slots
        self._present = 0

    async def check(self, user: User | None, password_hash: str, password: str, *, login: str, network: str) -> None:
        """Check a password; who there is no user for waits as long as everybody else.

        Raises:
            WrongPassword: no such user, or another password.
            Locked: too many have been wrong.
            Busy: too many wait.

        """
        self._refuse_guessers(login, network)
        if self._present >= PASSWORDS_AT_ONCE + MOST_IN_LINE:
            raise Busy("too many are signing in at this moment")
        self._present += 1
        try:
            async with self._slots:
                # Again: those who stood in line before may have been the guesser's other tries.
                self._refuse_guessers(login, network)
                right = await asyncio.to_thread(check_password, password_hash, password)
                if user is None or not right:
                    self._throttles.sign_in_failed(login, network)
                    raise WrongPassword("user name or password is wrong")
        finally:
            self._present -= 1

    def _refuse_guessers(self, login: str, network: str) -> None:
        seconds = self._throttles.seconds_until_sign_in(login, network)
        if seconds:
            raise Locked(seconds)
