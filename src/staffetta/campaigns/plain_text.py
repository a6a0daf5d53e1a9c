"""The text part of a message, made from its HTML: what a person without pictures and colours reads."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.campaigns.hiding import Hiding
from staffetta.campaigns.linking import address_of
from staffetta.campaigns.markup import Kind, Piece, attributes_of, pieces_of, unescape

# Tags that stand on lines of their own, and how many line breaks are before and after them.
_LINES: Final = (
    "address article aside caption center dir div dl dd dt fieldset figure figcaption footer form header li main menu"
    " nav option pre section tbody tfoot thead tr body html"
)
_PARAGRAPHS: Final = "p h1 h2 h3 h4 h5 h6 ul ol blockquote table"
_BREAKS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(_LINES.split(), 1) | dict.fromkeys(_PARAGRAPHS.split(), 2)
)
_BLANKS: Final = re.compile(r"[ \t\n\f\r]+")
_RULE: Final = "-" * 40
# Ours: nobody reads 300 pages as plain text, and every mail carries them.
LONGEST: Final = 500_000
_DEEPEST: Final = 50


def plain_text(html: str) -> str:
    """Return HTML as text: links as `text <address>`, lists with dashes or numbers, tables flattened; marks stay."""
    writer = _Writer(html)
    if not writer.run():
        # Something that is not to be shown has no end: so that not everything is lost, it is shown.
        writer = _Writer(html, hides=False)
        writer.run()
    return writer.text()


class _Writer:
    """Writes the text of one page."""

    def __init__(self, html: str, *, hides: bool = True) -> None:
        self._html = html
        self._hides = hides
        self._parts: list[str] = []
        self._length = 0
        self._breaks = 0
        self._blank = False
        self._pre = 0
        self._lists: list[int | None] = []
        self._link: tuple[str, int] | None = None
        self._hiding = Hiding(html)
        self._signed = False

    def run(self) -> bool:
        """Write all of it; tell whether what is hidden came to an end."""
        for piece in pieces_of(self._html):
            if self._length > LONGEST:
                self._write("…")
                return True
            if piece.hidden or (self._hides and self._hiding.hides(piece)):
                continue
            if piece.kind is Kind.TAG:
                self._tag(piece)
            elif piece.kind is Kind.TEXT:
                self._words(unescape(self._html[piece.start : piece.end]))
        self._end_link()
        return not self._hiding.ends

    def text(self) -> str:
        """Return what was written."""
        return "".join(self._parts).strip()

    def _tag(self, tag: Piece) -> None:
        name = tag.name.lstrip("/")
        closes = tag.name.startswith("/")
        if name in _BREAKS:
            self._break(_BREAKS[name])
        if closes:
            self._close(name)
        else:
            self._open(name, tag)

    def _open(self, name: str, tag: Piece) -> None:
        match name:
            case "br":
                self._breaks = min(self._breaks + 1, 2)
            case "hr":
                self._break(1)
                self._write(_RULE)
                self._break(1)
            case "a":
                self._end_link()
                self._link = (self._value(tag, "href"), len(self._parts))
            case "img":
                self._words(self._value(tag, "alt"))
            case "td" | "th":
                self._blank = True
            case "pre":
                self._pre += 1
            case "ul" | "ol" if len(self._lists) < _DEEPEST:
                self._lists.append(0 if name == "ol" else None)
            case "li":
                self._item()

    def _close(self, name: str) -> None:
        match name:
            case "a":
                self._end_link()
            case "pre":
                self._pre = max(self._pre - 1, 0)
            case "ul" | "ol" if self._lists:
                self._lists.pop()

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        sign = "- "
        if number is not None:
            self._lists[-1] = number + 1
            sign = f"{number + 1}. "
        self._write("  " * max(len(self._lists) - 1, 0) + sign)
        self._signed = True

    def _end_link(self) -> None:
        if self._link is None:
            return
        address, begun = self._link
        self._link = None
        if not address or address.startswith("#"):
            return
        words = "".join(self._parts[begun:]).strip()
        if words == address:
            return
        self._blank = self._blank or bool(words)
        self._write(f"<{address}>" if words else address)

    def _value(self, tag: Piece, name: str) -> str:
        for each in attributes_of(self._html, tag):
            if each.name == name:
                return address_of(self._html[each.start : each.end])
        return ""

    def _words(self, text: str) -> None:
        if self._pre:
            self._write(text)
            return
        words = _BLANKS.sub(" ", text)
        if words.startswith(" "):
            self._blank = True
        bare = words.strip(" ")
        if bare:
            self._write(bare)
            self._blank = words.endswith(" ")

    def _break(self, lines: int) -> None:
        self._breaks = max(self._breaks, lines)

    def _write(self, text: str) -> None:
        if self._signed:  # a paragraph in an item of a list begins beside its dash
            self._breaks, self._signed = 0, False
        if self._parts and self._breaks:
            self._parts.append("\n" * self._breaks)
            self._length += self._breaks
        elif self._parts and self._blank and not self._parts[-1].endswith((" ", "\n")):
            self._parts.append(" ")
        self._breaks, self._blank = 0, False
        self._parts.append(text)
        self._length += len(text)
