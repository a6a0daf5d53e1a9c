"""Caught mails as their readers and their tests want them: taken apart, and as JSON."""

import re
from email import message_from_bytes, policy
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

import msgspec

FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
    " allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)
HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
BASE = '<base target="_blank">'


class CaughtMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of `/sandbox/mail.json`."""

    id: str
    kind: str
    date: str
    to: str
    from_: str = msgspec.field(name="from")
    subject: str
    message_id: str
    text: str
    html: str
    raw: str


class MailParts(msgspec.Struct, frozen=True, kw_only=True):
    """A mail taken apart; a part that is not there is empty."""

    headers: list[tuple[str, str]]
    text: str
    html: str


def take_apart(raw: bytes) -> MailParts:
    """Return the headers and bodies of a mail."""
    headers = BytesHeaderParser(policy=policy.default).parsebytes(raw)
    message = message_from_bytes(raw)
    return MailParts(
        headers=[(name, str(value)) for name, value in headers.items()],
        text=_part(message, "text/plain"),
        html=_part(message, "text/html"),
    )


def as_json(rows: list[Any]) -> bytes:
    """Return rows of caught mails as a JSON array."""
    return msgspec.json.encode([_caught_mail(row) for row in rows])


def framed(html: str) -> str:
    """Return a mail's HTML with its links leading out of the frame that it is shown in."""
    # Before the doctype it would put browsers into quirks mode.
    head = HEAD.search(html) or DOCTYPE.match(html)
    end = head.end() if head else 0
    return html[:end] + BASE + html[end:]


def mail_name(row: Any) -> str:
    """Return what a mail is called in addresses: its number counts within its account."""
    return f"{row.account_id}-{row.id}"


def _caught_mail(row: Any) -> CaughtMail:
    raw = bytes(row.raw)
    # Headers stay unread but for one: to read them all takes ten times as long.
    message = message_from_bytes(raw)
    return CaughtMail(
        id=mail_name(row),
        kind=row.kind,
        date=row.caught_at.isoformat(),
        to=row.to_address,
        from_=row.from_address,
        subject=row.subject,
        message_id=str(message.get("Message-ID", "")).strip(),
        text=_part(message, "text/plain"),
        html=_part(message, "text/html"),
        raw=raw.decode("utf-8", "replace"),
    )


def _part(message: Message, kind: str) -> str:
    parts = (each for each in message.walk() if each.get_content_type() == kind and not each.is_multipart())
    part = next((each for each in parts if each.get_content_disposition() != "attachment"), None)
    if part is None:
        return ""
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)  # noqa: S101 - a text part is not made of parts
    try:
        text = octets.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = octets.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")
