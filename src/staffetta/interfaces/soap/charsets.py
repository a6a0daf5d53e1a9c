"""In which characters a document is written: by its own declaration, else by its content type, else UTF-8."""

import re

from python_multipart.multipart import parse_options_header

from staffetta.interfaces.parameters import CHARSETS
from staffetta.interfaces.soap.faults import Unreadable

BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DECLARATION = re.compile(rb"<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
BLANKS = b" \t\r\n"
MOST_BLANKS = 1_000
LONGEST_DECLARATION = 200
# ASCII is UTF-8. A declaration of UTF-16 that can be read octet by octet is none: .NET writes it into each text.
AS_IT_IS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf16", "unicode"})


def in_utf_8(document: bytes, content_type: bytes) -> bytes:
    """Return a document in UTF-8, without blanks before its declaration.

    Raises:
        Unreadable: it is in no character set that is read, or not in the one that it names.

    """
    document = _without_blanks(document)
    charset = _charset(document, content_type)
    if charset in AS_IT_IS:
        return document
    if charset not in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be") and not CHARSETS.fullmatch(charset):
        raise Unreadable("The document is in a character set that is not read; send UTF-8.")
    try:
        # Whoever says ISO 8859-1 means windows-1252, which has the printable characters it lacks.
        text = document.decode("cp1252" if charset == "iso-8859-1" else charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise Unreadable("The document is not in the character set that it names.") from error
    return text.lstrip().encode()


def _without_blanks(document: bytes) -> bytes:
    """Return a document that begins with its declaration; a few blanks before it do no harm."""
    head = document[:MOST_BLANKS]
    rest = head.lstrip(BLANKS)
    return document[len(head) - len(rest) :] if rest and len(rest) < len(head) else document


def _charset(document: bytes, content_type: bytes) -> str:
    for mark, charset in BYTE_ORDER_MARKS.items():
        if document.startswith(mark):
            return charset
    if document[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if document[1] == 0 else "utf-16-be"
    declared = DECLARATION.match(document, 0, LONGEST_DECLARATION)
    named = declared[1] if declared else parse_options_header(content_type)[1].get(b"charset", b"")
    return named.decode("latin-1").strip().lower()
