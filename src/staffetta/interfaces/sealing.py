"""Seals: what a form or cookie of ours carries so that nobody else can have written it, for this browser and a while.

What is sealed is bound to a cookie that other sites can neither read nor send along. It holds what the next step has to
know, so that no server keeps a note of its own: every process that signs links with the same keys opens it.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import msgspec

from staffetta.errors import InvalidArgument
from staffetta.tracking import Signer

MAC_OCTETS = 32
LONGEST = 4_096


class StaleTicket(InvalidArgument):
    """The form is not one of ours, belongs to another browser, or was open for too long."""


class Sealable(Protocol):
    """What can be sealed: a struct of msgspec that knows how long it is good for."""

    @property
    def issued_at(self) -> datetime:
        """When it was made."""

    @property
    def lifetime(self) -> timedelta:
        """How long it is good for."""


T = TypeVar("T", bound=Sealable)


class Seals(Generic[T]):
    """Seals values of one type; `label` keeps the seals of one interface from being good at another."""

    def __init__(self, signer: Signer, label: str, kind: type[T]) -> None:
        # The newest key seals; older ones open what stood open while the key changed.
        self._keys = signer.derive_all(f"seals {label}")
        self._kind = kind

    def seal(self, content: T, *, cookie: str) -> str:
        """Return a value as the text that a form or cookie carries."""
        octets = msgspec.json.encode(content)
        return urlsafe_b64encode(_mac(self._keys[0], octets, cookie) + octets).decode()

    def open(self, text: str, *, cookie: str, now: datetime) -> T:
        """Read a value.

        Raises:
            StaleTicket: it was not sealed for this browser, or too long ago.

        """
        try:
            raw = urlsafe_b64decode(text.encode("ascii")) if 0 < len(text) <= LONGEST else b""
        except ValueError as error:
            raise StaleTicket("the form is not complete") from error
        octets, mac = raw[MAC_OCTETS:], raw[:MAC_OCTETS]
        # Without a cookie everybody could have sent it.
        if not cookie or not any(hmac.compare_digest(_mac(key, octets, cookie), mac) for key in self._keys):
            raise StaleTicket("the form is not one of this browser's")
        try:
            content = msgspec.json.decode(octets, type=self._kind)
        except msgspec.MsgspecError as error:
            raise StaleTicket("the form is of another version") from error
        if now - content.issued_at > content.lifetime:
            raise StaleTicket("the form was open for too long")
        return content


def new_cookie() -> str:
    """Return a cookie's value that nobody guesses."""
    return secrets.token_urlsafe(24)


def _mac(key: bytes, octets: bytes, cookie: str) -> bytes:
    return hmac.digest(key, cookie.encode() + b"\n" + octets, "sha256")
