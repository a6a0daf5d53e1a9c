"""Envelopes to commands: addresses in the form the peer can read, parameters it offers, nothing it could misread."""

import re
from dataclasses import dataclass
from functools import lru_cache

import idna

from staffetta.sending.smtp.model import Capabilities, Envelope, Rejected, Reply, Verb

# What would end the path or the line early, or is no character at all. A space may stand in a quoted local part.
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>\ud800-\udfff]|^[^"]* ')

# RFC 5321 §4.5.3.1: 64 octets, the sign, 255 octets.
ADDRESS_CHARACTERS = 320


class Refused(Exception):  # noqa: N818 (carries the refusal to the one place that returns it)
    """An envelope that may not or cannot be said to this peer."""

    def __init__(self, code: int, text: str, verb: Verb) -> None:
        super().__init__(text)
        self.outcome = Rejected(Reply(code, text), verb, local=True)


@dataclass(slots=True)
class Prepared:
    """An envelope as this peer is told it: two lines of command, and the content as it is."""

    mail: bytes
    rcpt: bytes
    content: bytes


def prepare(envelope: Envelope, capabilities: Capabilities) -> Prepared | Rejected:
    """Return the envelope's commands, or our own refusal where they must not be said.

    Content with 8-bit octets is refused where the peer offers no 8BITMIME (RFC 6152 §3 forbids to send it, and a
    conversion would break signatures). What only this peer lacks is refused at MAIL, so that it does not count
    against the recipient.
    """
    try:
        sender, sender_is_international = _path(envelope.sender, "MAIL")
        recipient, recipient_is_international = _path(envelope.recipient, "RCPT")
        international = envelope.smtputf8 or sender_is_international or recipient_is_international
        parameters = _parameters(envelope.content, capabilities, international=international)
    except Refused as refused:
        return refused.outcome
    return Prepared(b"MAIL FROM:<%b>%b\r\n" % (sender, parameters), b"RCPT TO:<%b>\r\n" % recipient, envelope.content)


def _parameters(content: bytes, capabilities: Capabilities, *, international: bool) -> bytes:
    parameters = b""
    if capabilities.size is not None:
        if 0 < capabilities.size < len(content):
            raise Refused(552, f"5.3.4 the message is longer than the {capabilities.size} octets of this relay", "MAIL")
        parameters = b" SIZE=%d" % len(content)
    if not content.isascii():
        if not capabilities.eight_bit_mime:
            raise Refused(554, "5.6.3 the message has 8-bit content, which this relay does not take", "MAIL")
        parameters += b" BODY=8BITMIME"
    if international:
        if not capabilities.smtputf8:
            raise Refused(553, "5.6.7 the message needs SMTPUTF8, which this relay does not offer", "MAIL")
        parameters += b" SMTPUTF8"
    return parameters


def _path(address: str, verb: Verb) -> tuple[bytes, bool]:
    """Return an address as it stands between `<` and `>`, and whether only SMTPUTF8 allows to say it."""
    if address.isascii() and address.isprintable() and not ("<" in address or ">" in address or " " in address):
        is_sound = True
    else:
        is_sound = not FORBIDDEN.search(address)
    if not is_sound or len(address) > ADDRESS_CHARACTERS or (not address and verb == "RCPT"):
        status = "5.1.7" if verb == "MAIL" else "5.1.3"
        raise Refused(553, f"{status} the address cannot be said in SMTP", verb)
    if address.isascii():
        return address.encode(), False
    local, sign, domain = address.rpartition("@")
    if not local.isascii():
        return address.encode(), True
    try:
        return f"{local}{sign}{_ascii_domain(domain)}".encode(), False
    except idna.IDNAError as error:
        raise Refused(553, "5.1.2 the domain is not an internationalized domain name", verb) from error


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    """Return a domain in the form that every peer reads, SMTPUTF8 or not."""
    return idna.encode(domain, uts46=True).decode()
