"""Header fields, folded and in ASCII (RFC 5322, RFC 2047)."""

import re
import textwrap
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

# RFC 5322 §2.1.1, and RFC 2047 §2 for lines with encoded words.
LINE: Final = 76
# RFC 5322 §3.2.3: words that need no quotes.
ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
LONGEST_WORD: Final = 900
# Text that looks like an encoded word would be shown decoded, as something else than what was written.
ENCODED_WORD: Final = "=?"
# RFC 3629 §3: what an octet begins with that is not the first of its character.
CONTINUES: Final = 0x80


def text_field(name: str, text: str) -> str:
    """Return a field of free text, which has been cleaned."""
    plain = text.isascii() and ENCODED_WORD not in text and all(len(word) <= LONGEST_WORD for word in text.split())
    return field(name, _folded(text, name) if plain else _encoded(text, name))


def address_field(name: str, display_name: str, address: str) -> str:
    """Return a field that holds one mailbox, or an identifier written like one."""
    if not display_name:
        return field(name, f"<{address}>" if name == "List-Id" else address)
    phrase = _phrase(display_name, name)
    last_line = phrase.rpartition("\r\n")[2]
    fits = len(name) + len(last_line) + len(address) + len(":  <>") <= LINE
    gap = " " if fits else "\r\n "
    return field(name, f"{phrase}{gap}<{address}>")


def field(name: str, value: str) -> str:
    """Return a field whose value is folded and encoded already."""
    return f"{name}: {value}\r\n"


def _phrase(text: str, name: str) -> str:
    if not text.isascii() or ENCODED_WORD in text:
        return _encoded(text, name)
    if not ATOMS.fullmatch(text):
        escaped = text.replace("\\", r"\\").replace('"', r"\"")
        text = f'"{escaped}"'
    return _folded(text, name)


def _folded(text: str, name: str) -> str:
    if len(name) + len(text) + len(": ") <= LINE:  # as most do; wrapping costs ten times as much as all the rest
        return text
    lines = textwrap.wrap(text, LINE - len(name) - 2, break_long_words=False, break_on_hyphens=False)
    return "\r\n ".join(lines)


def _encoded(text: str, name: str) -> str:
    words = (b64encode(octets).decode("ascii") for octets in _split(text, LINE - len(name) - 2))
    return "\r\n ".join(f"=?utf-8?B?{word}?=" for word in words)


def _split(text: str, room: int) -> Iterator[bytes]:
    """Yield what goes into one encoded word each: whole characters (RFC 2047 §5), the first with less room."""
    octets = text.encode("utf-8", "replace")
    start = 0
    while True:
        end = start + (room - len("=?utf-8?B??=")) // 4 * 3
        while start < end < len(octets) and octets[end] & 0xC0 == CONTINUES:
            end -= 1
        yield octets[start:end]
        start, room = end, LINE - 1
        if start >= len(octets):
            return
