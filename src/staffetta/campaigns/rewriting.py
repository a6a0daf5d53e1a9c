"""Content with marks: holes for a person's values and links in the HTML of a message, which is otherwise untouched."""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from staffetta.campaigns.hiding import Hiding
from staffetta.campaigns.linking import IN_TEXT, NOT_FOLLOWED, SPECIAL, address_of, special_link
from staffetta.campaigns.markup import Attribute, Kind, Piece, attributes_of, pieces_of
from staffetta.campaigns.merging import PLACEHOLDER_IN_URL, key_of
from staffetta.messages import hole

# Whether a tag is worth a closer look.
_WORTH: Final = re.compile(r"[\[%]|href|src|background", re.IGNORECASE)
_PICTURES: Final = frozenset({"src", "background"})
# Each hole costs every mail of a sending a little; brackets beyond these stay as they are.
MOST_HOLES: Final = 5_000


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What is put in the place of what.

    Attributes:
        sources: by placeholder, which value it stands for; empty where fields are not used.
        special: by label of a page of ours, its address for a person.
        link: the address that leads to another by way of ours, or None where it is not counted.
        picture: the address of a picture that goes with the mail, or None.

    """

    sources: Mapping[str, str]
    special: Mapping[str, str]
    link: Callable[[str], str | None]
    picture: Callable[[str], str | None]


class Marked(NamedTuple):
    """HTML in pieces, with marks.

    Attributes:
        parts: joined, they are the whole.
        top: before which of them something stands that is to come first in the page.
        bottom: before which of them something stands that is to come last, and is seen whatever is left open.
        ends: what closes an element that is not shown and left open there, so that what comes last is seen.
        leads: labels of the pages of ours that it leads to, where a person sees it.

    """

    parts: list[str]
    top: int
    bottom: int
    ends: str
    leads: frozenset[str]

    def join(self, *, first: str = "", last: str = "") -> str:
        """Return the HTML with something more at the top and at the bottom."""
        top, bottom = self.top, max(self.top, self.bottom)
        last = f"{self.ends}{last}" if last else ""
        return "".join([*self.parts[:top], first, *self.parts[top:bottom], last, *self.parts[bottom:]])


def mark(html: str, marks: Marks) -> Marked:
    """Put marks in HTML, in time that grows with its length alone."""
    return _Marking(html, marks).run()


def leads_of(html: str, sources: Mapping[str, str]) -> frozenset[str]:
    """Return the labels of the pages of ours that HTML leads to, where a person sees it."""
    return mark(html, Marks(sources=sources, special={}, link=lambda _: None, picture=lambda _: None)).leads


class _Marking:
    """The work of marking one text."""

    def __init__(self, html: str, marks: Marks) -> None:
        self._html = html
        self._marks = marks
        self._leads: set[str] = set()
        self._is_seen = True
        # Counted apart: whoever fills a page with fields must not take the way out from it.
        self._holes = self._links = self._pages = 0

    def run(self) -> Marked:
        parts: list[str] = []
        top, bottom, cut = 0, None, None
        after_body = False
        hiding, ends = Hiding(self._html), ""
        for piece in pieces_of(self._html):
            if not piece.hidden:
                if piece.kind is Kind.UNCLOSED:
                    cut = len(parts)
                elif piece.name in ("/body", "/html") and not (piece.name == "/html" and bottom is not None):
                    bottom, ends = len(parts), hiding.ends
            self._is_seen = not hiding.hides(piece)
            parts.append(self._piece(piece))
            if not after_body and not piece.hidden and self._comes_before_all(piece):
                top, after_body = len(parts), piece.name == "body"
        end = len(parts) if bottom is None else bottom
        ends = hiding.ends if bottom is None else ends
        return Marked(parts, top, end if cut is None else min(end, cut), ends, frozenset(self._leads))

    def _comes_before_all(self, piece: Piece) -> bool:
        if piece.kind is Kind.RAW:
            return self._html[piece.start : piece.start + 9].lower() == "<!doctype"
        return piece.kind is Kind.TAG and piece.name in ("html", "/head", "body")

    def _piece(self, piece: Piece) -> str:
        text = self._html[piece.start : piece.end]
        if piece.kind is Kind.TEXT and "[" in text:
            return IN_TEXT.sub(lambda found: self._in_text(found, is_seen=self._is_seen), text)
        if piece.kind is Kind.TAG and _WORTH.search(text):
            return self._tag(piece)
        return text

    def _tag(self, tag: Piece) -> str:
        written, last = [], tag.start
        for each in attributes_of(self._html, tag):
            value = self._html[each.start : each.end]
            marked = self._value(tag, each, value)
            if marked != value:
                written += [self._html[last : each.start], marked]
                last = each.end
        return "".join([*written, self._html[last : tag.end]])

    def _value(self, tag: Piece, attribute: Attribute, value: str) -> str:
        if attribute.name == "href" and tag.name not in NOT_FOLLOWED:
            return self._address(value)
        if attribute.name in _PICTURES:
            shown = self._marks.picture(address_of(value))
            return shown or self._placeholders_of_url(value)
        if attribute.name == "href":
            return self._placeholders_of_url(value)
        if "[" not in value:
            return value
        form = "f" if attribute.quote else "q"
        return IN_TEXT.sub(lambda found: self._in_text(found, form, is_seen=False), value)

    def _address(self, value: str) -> str:
        address = address_of(value)
        label = special_link(address)
        if label is not None and key_of(unquote(address).strip("[]")) not in self._marks.sources:
            return escape(self._special(label, is_seen=self._is_seen))
        counted = self._marks.link(address)
        if counted is not None and self._links < MOST_HOLES:
            self._links += 1
            return escape(counted)
        return self._placeholders_of_url(value)

    def _placeholders_of_url(self, value: str) -> str:
        if not self._marks.sources or ("[" not in value and "%" not in value):
            return value
        start = len(value) - len(value.lstrip())
        return PLACEHOLDER_IN_URL.sub(lambda found: self._in_url(found, start), value)

    def _in_url(self, found: re.Match[str], start: int) -> str:
        source = self._marks.sources.get(key_of(unquote(found[1])))
        return found[0] if source is None else self._hole("w" if found.start() == start else "u", source, found[0])

    def _in_text(self, found: re.Match[str], form: str = "f", *, is_seen: bool) -> str:
        scheme, slash = found[1] or "", found[3]
        key = key_of(found[2])
        source = self._marks.sources.get(key)
        if key in SPECIAL and (scheme or source is None):
            special = self._special(SPECIAL[key], is_seen=is_seen)
            return escape(special) + ("" if scheme else slash)
        return found[0] if source is None else scheme + self._hole(form, source, f"[{found[2]}]") + slash

    def _hole(self, form: str, source: str, written: str) -> str:
        self._holes += 1
        return hole(form + source) if self._holes <= MOST_HOLES else written

    def _special(self, label: str, *, is_seen: bool) -> str:
        if is_seen:
            self._leads.add(label)
        self._pages += 1
        return self._marks.special.get(label, "#") if self._pages <= MOST_HOLES else "#"
