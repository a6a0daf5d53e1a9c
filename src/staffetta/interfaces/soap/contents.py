"""What a call says of a message: its content by `type`, its options (contract 5.5 and 5.6)."""

import asyncio
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

from staffetta.campaigns import Draft, GivenTracking
from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import CHARSETS, FALSE_WORDS, TRUE_WORDS
from staffetta.interfaces.soap.calls import Call

MARKUP = ("HTML", "TEXT")
FILE = "FILE"
ADDRESS = "URL"
STORED = "ID"
# Decoding more takes milliseconds, in which nobody else is answered.
MOST_AT_ONCE = 1_048_576
BLANKS = re.compile(r"\s+")
CHARSET_NAMED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
# HTML, 13.2.3.2: where a document names its characters.
OCTETS_BEFORE_CHARSET = 1_024


def type_of(call: Call) -> str:
    """Return the type of the content in capitals, "" where none was given."""
    return call.text("type").strip().upper()


async def draft_of(call: Call, *, fills_fields: bool = False) -> Draft:
    """Return what a call says of a message; with `fills_fields` its fields are filled in unless it says otherwise.

    Raises:
        InvalidArgument: the content is of no type that is taken, or an option is neither true nor false.

    """
    options = call.options("options")
    enabled = flag_of(options, "link_track")
    uses_fields = flag_of(options, "dyn_fld")
    return Draft(
        subject=call.values["subject"],
        content=await _content(call),
        notes=options.get("note"),
        uses_fields=fills_fields or None if uses_fields is None else uses_fields,
        embeds_images=flag_of(options, "emb_img"),
        tracking=None if enabled is None else GivenTracking(enabled=enabled),
    )


def flag_of(options: Mapping[str, str], key: str) -> bool | None:
    """Return an option that is true or false, None where it is missing or empty.

    Raises:
        InvalidArgument: it is neither.

    """
    word = options.get(key, "").strip().lower()
    if not word:
        return None
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise InvalidArgument(f"{key}: true or false")
    return word in TRUE_WORDS


async def _content(call: Call) -> str | None:
    given, kind = call.values["content"], type_of(call)
    if kind == ADDRESS:
        # An address within the operator's own network would tell the caller what is there.
        raise InvalidArgument("type URL: this server fetches nothing from addresses; send the markup itself as HTML")
    if kind == FILE:
        content = given or ""
        return _read(content) if len(content) <= MOST_AT_ONCE else await asyncio.to_thread(_read, content)
    if kind not in MARKUP and (kind or given):
        raise InvalidArgument("type: HTML, FILE or TEXT")
    return None if given is None else str(given)


def _read(written: str) -> str:
    """Return the text of a file in Base64: in UTF-8, else as it says of itself, else in windows-1252."""
    digits = BLANKS.sub("", written).rstrip("=")
    try:
        octets = b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (Error, ValueError):
        raise InvalidArgument("content: a file in Base64 is wanted") from None
    if not octets:
        raise InvalidArgument("content: mandatory, and empty")
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode(_charset(octets), "replace")


def _charset(octets: bytes) -> str:
    named = CHARSET_NAMED.search(octets, 0, OCTETS_BEFORE_CHARSET)
    charset = named[1].decode().lower() if named else ""
    # Whoever says ISO 8859-1 means windows-1252, which has the printable characters it lacks.
    return charset if CHARSETS.fullmatch(charset) and charset != "iso-8859-1" else "cp1252"
