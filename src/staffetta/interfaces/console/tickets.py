"""Tickets: what a form of the console, or a note between two pages, says about itself."""

from datetime import datetime, timedelta
from enum import IntEnum

import msgspec


class Purpose(IntEnum):
    """What a ticket is for; it does nothing elsewhere."""

    SIGN_IN = 1
    STEP = 2
    CHOOSE = 3
    TERMS = 4
    REVOKE = 5
    PASSWORD = 6
    FORGOTTEN = 7
    RESET = 8
    SIGN_OUT = 9
    FLASH = 10


# Forms of people who are signed in stand open as long as a working day, and their session is asked besides.
_DAY = timedelta(hours=12)
LIFETIMES = {
    Purpose.SIGN_IN: timedelta(hours=1),
    Purpose.STEP: timedelta(minutes=30),
    Purpose.CHOOSE: timedelta(minutes=30),
    Purpose.TERMS: _DAY,
    Purpose.REVOKE: timedelta(hours=1),
    Purpose.PASSWORD: timedelta(hours=1),
    Purpose.FORGOTTEN: timedelta(hours=1),
    Purpose.RESET: timedelta(hours=1),
    Purpose.SIGN_OUT: timedelta(days=7),
    Purpose.FLASH: timedelta(minutes=5),
}


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """A form or note: its purpose, and what it is about, such as a login, a client id or a version."""

    purpose: Purpose
    issued_at: datetime
    subject: str = ""
    # Of the password that was right when the ticket was made: a ticket is good for changing that one alone.
    password_changed_at: datetime | None = None

    @property
    def lifetime(self) -> timedelta:
        """How long it is good for."""
        return LIFETIMES[self.purpose]
