"""HTML as mail programs read it, in pieces of the text that stays as its author wrote it.

Nothing is parsed into a tree and written anew, which would change the markup that editors have made for old mail
programs. Each character is looked at a fixed number of times, whatever somebody has left open.
"""

import re
from collections.abc import Iterator
from enum import Enum
from html import unescape as unescape_html
from typing import Final, NamedTuple

# HTML, 13.2.5.33 to 13.2.5.38: what stands between the name of a tag and its end. A quote that nobody closes makes no
# tag at all: the rest of the page is in it.
_VALUE: Final = r"""(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+|(?=>))"""
_ATTRIBUTES: Final = rf"(?:[\s/]|[^\s/>=][^\s/>=]*+(?:\s*+=\s*+{_VALUE})?+)*+"
_TAG: Final = re.compile(rf"</?([a-zA-Z][^\s/>]*+){_ATTRIBUTES}>")
_ATTRIBUTE: Final = re.compile(
    r"""([^\s/>=][^\s/>=]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+))""", re.DOTALL
)
_ATTRIBUTE_NAME: Final = re.compile(rf"([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+{_VALUE})?+")
# What stands in these is no markup; in a title it is text all the same (13.2.5.2, 13.2.5.3).
_RAW: Final = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "xmp", "iframe", "noembed", "noframes", "title", "textarea")
}
_TEXTUAL: Final = frozenset({"title", "textarea"})
_CONDITION: Final = "<!--[if"
_START: Final = re.compile(r"<(?=[a-zA-Z/!?])")
# Ours: two seconds of work. What stands after so many is left as it is; the longest that people read have 20,000.
MOST_PIECES: Final = 200_000
# More digits make no character, and take Python long to read.
_LONG_REFERENCE: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
NONCHARACTERS: Final = re.compile("[\ufdd0-\ufdef\ufffe\uffff\0\ud800-\udfff]")


class Kind(Enum):
    """What a piece of HTML is; UNCLOSED is all the rest, which is in a comment or a quote without an end."""

    TEXT = 1
    TAG = 2
    RAW = 3
    UNCLOSED = 4


class Piece(NamedTuple):
    """A part of the text, from `start` to `end`.

    Attributes:
        name: of a tag, in lower case; `/p` where it closes.
        hidden: whether only some programs see it: it is in a conditional comment, or in a title.

    """

    kind: Kind
    start: int
    end: int
    name: str = ""
    hidden: bool = False


class Attribute(NamedTuple):
    """An attribute of a tag: its name in lower case, where its value stands, and the quote around it, if any."""

    name: str
    start: int
    end: int
    quote: str


def pieces_of(html: str) -> Iterator[Piece]:
    """Yield all of the text in pieces, in order and without gaps."""
    position, hidden_until, length, count = 0, 0, len(html), 0
    while position < length:
        count += 1
        if count > MOST_PIECES:
            yield Piece(Kind.RAW, position, length)
            return
        if position >= hidden_until:
            hidden_until = 0
        hidden, limit = bool(hidden_until), hidden_until or length
        found = _START.search(html, position, limit)
        start = found.start() if found else limit
        if start != position:
            end = start
            yield Piece(Kind.TEXT, position, end, hidden=hidden)
            position = end
            continue
        if html.startswith(_CONDITION, start) and not hidden:
            hidden_until = html.find("-->", start) + len("-->")
            end = html.find("]>", start, hidden_until) + len("]>")
            if hidden_until < len("-->"):
                yield Piece(Kind.UNCLOSED, start, length)
                return
            position = end if end >= len("]>") else hidden_until
            yield Piece(Kind.RAW, start, position)
            continue
        piece = _markup(html, start, limit, hidden=hidden)
        closing = None
        if piece.kind is Kind.TAG and piece.name in _RAW:
            closing = _RAW[piece.name].search(html, piece.end, limit)
            if closing is None and not hidden:
                piece = Piece(Kind.UNCLOSED, start, length)
        yield piece
        position = piece.end if piece.kind is not Kind.UNCLOSED else limit
        if closing:
            kind = Kind.TEXT if piece.name in _TEXTUAL else Kind.RAW
            yield Piece(kind, position, closing.start(), hidden=True)
            position = closing.start()


def _markup(html: str, start: int, limit: int, *, hidden: bool) -> Piece:
    tag = _TAG.match(html, start, limit)
    if tag:
        slash = "/" if html[start + 1] == "/" else ""
        return Piece(Kind.TAG, start, tag.end(), slash + tag[1].lower(), hidden)
    follows = html[start + 1 : start + 2]
    if html.startswith("<!--", start) and not hidden:
        end = html.find("-->", start + len("<!"), limit) + len("-->")
        return Piece(Kind.RAW, start, end) if end >= len("-->") else Piece(Kind.UNCLOSED, start, limit)
    letter = html[start + 2 : start + 3]
    if follows in ("!", "?") or (follows == "/" and not (letter.isascii() and letter.isalpha())):
        end = html.find(">", start, limit) + 1
        if end:
            return Piece(Kind.RAW, start, end, hidden=hidden)
    return Piece(Kind.UNCLOSED, start, limit, hidden=hidden)


def attributes_of(html: str, tag: Piece) -> Iterator[Attribute]:
    """Yield the attributes of a tag that have values."""
    for found in _ATTRIBUTE.finditer(html, tag.start + 1 + len(tag.name), tag.end - 1):
        group = found.lastindex or 0
        start, end = found.span(group)
        yield Attribute(found[1].lower(), start, end, "" if group == _UNQUOTED else html[start - 1])


_UNQUOTED: Final = 4


def has_attribute(html: str, tag: Piece, name: str) -> bool:
    """Tell whether a tag has an attribute of this name, with a value or without."""
    names = _ATTRIBUTE_NAME.finditer(html, tag.start + 1 + len(tag.name), tag.end - 1)
    return any(found[1].lower() == name for found in names)


def unescape(text: str) -> str:
    """Return text with its character references read, in time that grows with its length alone."""
    return unescape_html(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def sound_text(text: str) -> str:
    """Return text with line feeds alone, and without what no document can hold: marks of ours are spelt with it."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return NONCHARACTERS.sub("", text)
