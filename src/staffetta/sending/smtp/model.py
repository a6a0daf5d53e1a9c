"""What the client speaks of: envelopes, replies, outcomes, what a peer can do, how long to wait."""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")

Verb = Literal["MAIL", "RCPT", "DATA"]


class Reply(msgspec.Struct, frozen=True):
    """What a peer answered; `text` is printable and bounded, its lines joined by newline."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """The status code of RFC 3463 that the text begins with, such as `5.1.1`, or nothing."""
        found = ENHANCED.match(self.text)
        return found.group() if found else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Envelope(msgspec.Struct, frozen=True):
    """One message to one recipient; an empty sender is the null reverse-path.

    The content is a whole message whose lines, the last one too, end in CRLF; dots are not stuffed yet.
    """

    sender: str
    recipient: str
    content: bytes
    smtputf8: bool = False


class Accepted(msgspec.Struct, frozen=True):
    """The peer has answered for the message: it is the peer's now."""

    reply: Reply


class Deferred(msgspec.Struct, frozen=True):
    """The peer does not take the message now (4xx)."""

    reply: Reply
    verb: Verb


class Rejected(msgspec.Struct, frozen=True):
    """The message will not be taken (5xx): for its recipient's sake if the verb is RCPT.

    `local` tells a refusal of our own, in the words of a reply, of what may not or cannot be said to this peer.
    """

    reply: Reply
    verb: Verb
    local: bool = False


class InDoubt(msgspec.Struct, frozen=True):
    """The last octet of the content may have left, and no reply was read: only the peer knows."""

    reason: str


class Untouched(msgspec.Struct, frozen=True):
    """The peer cannot have seen the content's end: the message may be handed over again at once."""

    reason: str


Outcome = Accepted | Deferred | Rejected | InDoubt | Untouched


class RelayUnavailable(Exception):  # noqa: N818 (a state of the world outside, named like the outcomes)
    """No session could be opened.

    `permanent` says that trying again is of no use before someone changes the settings, ours or the relay's.
    """

    def __init__(self, reason: str, *, reply: Reply | None = None, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reply = reply
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the peer offered in its answer to EHLO; a `size` of 0 is SIZE offered without a limit."""

    pipelining: bool = False
    chunking: bool = False
    eight_bit_mime: bool = False
    smtputf8: bool = False
    starttls: bool = False
    size: int | None = None
    auth: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each reply is waited for; where nothing else is said the defaults are those of RFC 5321 §4.5.3.2."""

    connect_seconds: float = 300.0
    hello_seconds: float = 300.0
    mail_seconds: float = 300.0
    rcpt_seconds: float = 300.0
    data_seconds: float = 120.0
    block_seconds: float = 180.0
    final_seconds: float = 600.0
    # Ours: for QUIT, and for a peer that has said 421 to end the session itself; nothing depends on either.
    quit_seconds: float = 5.0
    # Ours: after such a rest the peer is asked whether it is still there, because a batch into a connection that has
    # silently gone would all be in doubt. It costs one round trip, and none while there is work.
    rest_seconds: float = 5.0


STANDARD_TIMEOUTS = Timeouts()
