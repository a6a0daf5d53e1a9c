"""Text and addresses in the forms that a mail can carry them in, whatever they were."""

import binascii
import re
from functools import lru_cache
from typing import Final
from unicodedata import category
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import EmailAddress

# What may stand in an address without quotes; all else could end it, or the header field it stands in.
ADDRESS = re.compile(r'[^\s\x00-\x20\x7f-\x9f()<>\[\]:;,\\"@]+@[^\s\x00-\x20\x7f-\x9f()<>\[\]:;,\\"@]+')

# RFC 2045 §6.7: 76 octets with the "=" of a soft line break.
QUOTED_LINE: Final = 75

# RFC 3986 §2, without the apostrophe, so that `&` is all that HTML has to escape.
URL_MARKS = "-._~:/?#[]@!$&()*+,;=%"
URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]*")

# The address of a page of ours: nothing before the host that a browser could take for it, and a host as DNS spells it
# (RFC 1123 §2.1) or in numbers. Whoever writes a name with an underscore has it in DNS, too.
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
PAGE = re.compile(
    rf"https?://(?:{LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?(?:/[a-z0-9\-._~/?&=%+]*)?",
    re.IGNORECASE,
)
LONGEST_PAGE = 900

# Joiners belong to how emoji and some scripts are written. Other invisible characters turn text around or hide it.
KEPT_JOINERS = "\u200c\u200d"
INVISIBLE = {"Cf", "Cs"}
NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str, *, limit: int) -> str:
    """Return text as one line of at most `limit` characters, without controls and invisible characters."""
    # Four times the limit leaves room for what is dropped, and bounds the work.
    text = text[: limit * 4]
    if not text.isprintable():
        text = NONCHARACTERS.sub("", "".join(_kept(character) for character in text))
    return " ".join(text.split())[:limit].rstrip()


def _kept(character: str) -> str:
    kind = category(character)
    if kind == "Cc":
        return " "
    return "" if kind in INVISIBLE and character not in KEPT_JOINERS else character


def clean_url(text: str) -> str:
    """Return a link in printable ASCII that can end no header field, attribute or pair of angle brackets."""
    return text if URL.fullmatch(text) else quote(text, safe=URL_MARKS, errors="replace")


def find_page(text: str) -> str:
    """Return the address of a page, its host in ASCII, or an empty text if it could lead anywhere but where it says."""
    scheme, slashes, rest = text.partition("://")
    netloc, slash, path = rest.partition("/")
    if not netloc.isascii():
        try:
            netloc = netloc.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    page = f"{scheme}{slashes}{netloc}{slash}{path}"
    return page if len(page) <= LONGEST_PAGE and PAGE.fullmatch(page) else ""


def wire_address(address: str) -> str:
    """Return an address as SMTP and headers carry it: its domain in ASCII if that makes the whole ASCII.

    Raises:
        ValueError: not an address that a header can carry.

    """
    if not ADDRESS.fullmatch(address):
        raise ValueError("not an address that a header can carry")
    return address if address.isascii() else _with_ascii_domain(address)


@lru_cache(maxsize=10_000)
def _with_ascii_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        return address
    try:
        valid = validate_email(f"a@{domain}", check_deliverability=False, globally_deliverable=False)
    except (EmailNotValidError, ValueError):
        return address
    return f"{local}@{valid.ascii_domain}"


def needs_smtputf8(address: str) -> bool:
    """Whether only a server with SMTPUTF8 can take mail for an address (RFC 6531)."""
    return not wire_address(address).isascii()


def find_sender_address(text: str) -> str:
    """Return a sender's address in ASCII, or an empty text if it is none that every server can take."""
    try:
        address = wire_address(EmailAddress.parse(text).text)
    except (InvalidArgument, ValueError):
        return ""
    return address if address.isascii() else ""


def quoted_printable(text: str) -> str:
    """Return text as quoted-printable lines of at most 76 octets (RFC 2045 §6.7), the last of at most 75."""
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True).decode("ascii")
    if len(encoded) - encoded.rfind("\n") - 1 > QUOTED_LINE:  # what stands in a hole is followed by a soft break
        end = len(encoded) - (3 if encoded[-3] == "=" else 1)
        encoded = f"{encoded[:end]}=\n{encoded[end:]}"
    return encoded.replace("\n", "\r\n")


def quoted_printable_url(url: str) -> str:
    """Return a clean link in quoted-printable; twice as fast as for any text, and every mail has several."""
    encoded = url.replace("=", "=3D")
    lines = []
    start = 0
    while len(encoded) - start > QUOTED_LINE:
        end = start + QUOTED_LINE
        # An escape is three characters, which stay together.
        if encoded[end - 1] == "=":
            end -= 1
        elif encoded[end - 2] == "=":
            end -= 2
        lines.append(encoded[start:end])
        start = end
    lines.append(encoded[start:])
    return "=\r\n".join(lines)
