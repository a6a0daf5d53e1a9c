"""Tickets: what a form of ours carries so that nobody else can have written it, for this browser and for a while.

A ticket is bound to a cookie that other sites can neither read nor send along. It holds what the next step has to know,
so that no server keeps a session: every process that signs links with the same keys reads every other's.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

from staffetta.errors import InvalidArgument
from staffetta.tracking import Purpose, Signer, Token

MAC_OCTETS = 32
LONGEST = 4_096


class Stage(IntEnum):
    """Which form a ticket belongs to; it does nothing on the other."""

    SIGN_IN = 1
    CONSENT = 2


LIFETIMES = {Stage.SIGN_IN: timedelta(hours=1), Stage.CONSENT: timedelta(minutes=10)}


class StaleTicket(InvalidArgument):
    """The form is not one of ours, belongs to another browser, or was open for too long."""


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a form says about itself; `inquiry` is the digest of what the application asked for."""

    stage: Stage
    issued_at: datetime
    inquiry: bytes
    login: str = ""
    password_changed_at: datetime | None = None


class Tickets:
    """Seals tickets and opens them."""

    def __init__(self, signer: Signer) -> None:
        # The key comes out of the key that signs links: of tokens of account 0, which no link is ever made for.
        texts = (signer.sign(Purpose.CONFIRM, Token(0, number, ())) for number in range(4))
        self._key = hashlib.sha256(b"staffetta-tickets" + "".join(texts).encode()).digest()

    def seal(self, ticket: Ticket, *, cookie: str) -> str:
        """Return a ticket as the text that a form carries."""
        content = msgspec.json.encode(ticket)
        return urlsafe_b64encode(self._mac(content, cookie) + content).decode()

    def open(self, text: str, *, cookie: str, inquiry: bytes, now: datetime) -> Ticket:
        """Read a ticket.

        Raises:
            StaleTicket: it was not made for this browser and this inquiry, or too long ago.

        """
        try:
            raw = urlsafe_b64decode(text.encode("ascii")) if 0 < len(text) <= LONGEST else b""
        except ValueError as error:
            raise StaleTicket("the form is not complete") from error
        content = raw[MAC_OCTETS:]
        if not cookie or not hmac.compare_digest(self._mac(content, cookie), raw[:MAC_OCTETS]):
            raise StaleTicket("the form is not one of this browser's")
        ticket = msgspec.json.decode(content, type=Ticket)
        if ticket.inquiry != inquiry or now - ticket.issued_at > LIFETIMES[ticket.stage]:
            raise StaleTicket("the form was open for too long")
        return ticket

    def _mac(self, content: bytes, cookie: str) -> bytes:
        return hmac.digest(self._key, cookie.encode() + b"\n" + content, "sha256")


def new_cookie() -> str:
    """Return a cookie's value that nobody guesses."""
    return secrets.token_urlsafe(24)
