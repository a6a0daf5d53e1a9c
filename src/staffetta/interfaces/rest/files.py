"""Files in Base64, as clients send them (contract 7.6)."""

import asyncio
import re
from base64 import b64decode
from binascii import Error

from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.wire.messages import FileInput

# Decoding more takes milliseconds, in which nobody else is answered.
MOST_AT_ONCE = 1_048_576
BLANKS = re.compile(r"\s+")
DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


async def octets_of(body: FileInput) -> bytes:
    """Return what is in a file.

    Raises:
        InvalidArgument: it is missing, or no Base64.

    """
    text = body.Base64Data or body.Data
    if not text:
        raise InvalidArgument("Base64Data: mandatory, and missing")
    return _decoded(text) if len(text) <= MOST_AT_ONCE else await asyncio.to_thread(_decoded, text)


def _decoded(text: str) -> bytes:
    plain = BLANKS.sub("", text)
    prefix = DATA_URL.match(plain)
    digits = plain[prefix.end() if prefix else 0 :].rstrip("=")
    try:
        return b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (Error, ValueError):
        raise InvalidArgument("Base64Data: no Base64") from None
