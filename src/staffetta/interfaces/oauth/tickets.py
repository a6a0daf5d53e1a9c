"""Tickets: what a form of logging on says about itself, sealed for the browser that it was shown in."""

from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

from staffetta.interfaces.sealing import Seals, StaleTicket
from staffetta.tracking import Signer


class Stage(IntEnum):
    """Which form a ticket belongs to; it does nothing on the other."""

    SIGN_IN = 1
    CONSENT = 2


LIFETIMES = {Stage.SIGN_IN: timedelta(hours=1), Stage.CONSENT: timedelta(minutes=10)}


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a form says about itself; `inquiry` is the digest of what the application asked for."""

    stage: Stage
    issued_at: datetime
    inquiry: bytes
    login: str = ""
    password_changed_at: datetime | None = None

    @property
    def lifetime(self) -> timedelta:
        """How long the form may stand open."""
        return LIFETIMES[self.stage]


class Tickets:
    """Seals tickets and opens them."""

    def __init__(self, signer: Signer) -> None:
        self._seals = Seals(signer, "oauth", Ticket)

    def seal(self, ticket: Ticket, *, cookie: str) -> str:
        """Return a ticket as the text that a form carries."""
        return self._seals.seal(ticket, cookie=cookie)

    def open(self, text: str, *, cookie: str, inquiry: bytes, now: datetime) -> Ticket:
        """Read a ticket.

        Raises:
            StaleTicket: it was not made for this browser and this inquiry, or too long ago.

        """
        ticket = self._seals.open(text, cookie=cookie, now=now)
        if ticket.inquiry != inquiry:
            raise StaleTicket("the form belongs to another inquiry")
        return ticket
