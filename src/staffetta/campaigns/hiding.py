"""What of a page nobody sees, because an element around it is not shown."""

import re
from typing import Final

from staffetta.campaigns.markup import Kind, Piece, attributes_of, has_attribute

# Elements that have no end tag, and nothing in them.
VOID: Final = frozenset({"img", "br", "hr", "input", "meta", "link", "area", "base", "col", "wbr", "source"})
_STYLE: Final = r"display\s*:\s*none|visibility\s*:\s*hidden"
_HIDES: Final = re.compile(_STYLE, re.IGNORECASE)
# Whether a tag is worth a closer look.
_WORTH: Final = re.compile(rf"{_STYLE}|[\s/\"']hidden(?=[\s=/>])", re.IGNORECASE)
_NEVER_SHOWN: Final = frozenset({"template"})


class Hiding:
    """Goes through the pieces of a page in order, and knows which of them are in an element that is not shown.

    Styles are read where they stand in a tag: rules in `<style>` are not.
    """

    def __init__(self, html: str) -> None:
        self._html = html
        self._name, self._depth = "", 0

    @property
    def ends(self) -> str:
        """What closes the element that hides what comes next; empty where nothing does."""
        return f"</{self._name}>" * self._depth

    def hides(self, piece: Piece) -> bool:
        """Take the next piece; tell whether it is hidden, as tags that hide what is in them are themselves."""
        if piece.hidden:
            return True
        if piece.kind is not Kind.TAG:
            return bool(self._name)
        if not self._name:
            return self._begins_hidden(piece)
        if piece.name == self._name:
            self._depth += 1
        elif piece.name[1:] == self._name and piece.name[0] == "/":
            self._depth -= 1
            self._name = self._name if self._depth else ""
        return True

    def _begins_hidden(self, tag: Piece) -> bool:
        if tag.name.startswith("/") or not (tag.name in _NEVER_SHOWN or self._is_hidden(tag)):
            return False
        if tag.name not in VOID:
            self._name, self._depth = tag.name, 1
        return True

    def _is_hidden(self, tag: Piece) -> bool:
        if not _WORTH.search(self._html, tag.start, tag.end):
            return False
        styles = (each for each in attributes_of(self._html, tag) if each.name == "style")
        return any(_HIDES.search(self._html, each.start, each.end) for each in styles) or has_attribute(
            self._html, tag, "hidden"
        )
