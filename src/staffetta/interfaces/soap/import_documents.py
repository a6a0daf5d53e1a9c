"""Reading an `xmlDoc`, the people to import: `<subscribers><subscriber email="…"><campo1>…` (contract 3.4)."""

import asyncio
import re
from functools import lru_cache

from staffetta.errors import InvalidArgument
from staffetta.imports import Packed, pack
from staffetta.interfaces.soap.faults import TooLarge, Unreadable
from staffetta.interfaces.soap.parsing import XmlReader
from staffetta.recipients import ImportRow

# A document of twenty million octets; the memory it takes does not depend on its elements.
MOST_ELEMENTS = 4_000_000
MOST_CELLS = 500
# Characters that are read on the event loop: a few milliseconds. More are read in a thread.
MOST_AT_ONCE = 50_000
ROWS_AT_ONCE = 500
ROOT, ROW, CELL = 1, 2, 3

EMAIL_ALONE, SMS_ALONE = (1, 4), (2, 5)
OVERWRITING = (4, 5, 6)
IMPORT_TYPES = (1, 2, 3, 4, 5, 6)

_FIELD = re.compile(r"campo([0-9]{1,3})", re.IGNORECASE | re.ASCII)


class EmptyDocument(InvalidArgument):
    """There is nobody in the document."""


class UnreadableDocument(InvalidArgument):
    """The document is none, or its rows are no rows of one table."""


async def read_document(text: str, *, import_type: int) -> Packed:
    """Return the rows of a document, ready to be stored.

    Of the channels it keeps what the import's type is for. A value of one blank takes away what is stored, and so does
    an empty one where the type says so.

    Raises:
        EmptyDocument: it has no rows.
        UnreadableDocument: it is not well formed, or its rows cannot be brought into one table.

    """
    if len(text) <= MOST_AT_ONCE:
        return read_rows(text, import_type=import_type)
    return await asyncio.to_thread(read_rows, text, import_type=import_type)


def read_rows(text: str, *, import_type: int) -> Packed:
    """Do what `read_document` does, here and now."""
    octets = text.lstrip("\ufeff \t\r\n").encode("utf-8", "replace")
    if not octets:
        raise EmptyDocument("xmlDoc is empty")
    try:
        packed = _read(octets, import_type=import_type, by_position=False)
    except _CountsFromZero:
        packed = _read(octets, import_type=import_type, by_position=True)
    if not packed.rows:
        raise EmptyDocument("xmlDoc has no subscriber")
    return packed


def _read(octets: bytes, *, import_type: int, by_position: bool) -> Packed:
    rows = _Rows(import_type=import_type, by_position=by_position)
    try:
        rows.read(octets)
    except (Unreadable, TooLarge) as error:
        raise UnreadableDocument(str(error)) from error
    return rows.packed()


class _CountsFromZero(Exception):  # noqa: N818 - no error: it says how to read the document
    """A document with `campo0`: in it only the order of the values counts (contract 15.11)."""


class _Rows(XmlReader):
    """The rows of a document, packed as they come: what is kept of it is its rows alone."""

    def __init__(self, *, import_type: int, by_position: bool) -> None:
        super().__init__(most_elements=MOST_ELEMENTS)
        self._has_email = import_type not in SMS_ALONE
        self._has_number = import_type not in EMAIL_ALONE
        self._clears_empty = import_type in OVERWRITING
        self._by_position = by_position
        self._width: int | None = None
        self._parts: list[Packed] = []
        self._rows: list[ImportRow] = []
        self._attributes: dict[str, str] = {}
        self._cells: dict[str, str | None] = {}
        self._field = ""
        self._pieces: list[str] | None = None

    def packed(self) -> Packed:
        """Return all rows."""
        self._pack()
        return Packed([chunk for part in self._parts for chunk in part.chunks], sum(part.rows for part in self._parts))

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if self.level == CELL:
            self._field = self._field_of(name)
            self._pieces = []
        elif self.level == ROW:
            if name.lower() != "subscriber":
                raise UnreadableDocument("xmlDoc: only subscriber elements are wanted in its root")
            self._attributes = {key.lower(): _checked(value) for key, value in attributes.items()}
            self._cells = {}
        elif self.level > CELL:
            raise UnreadableDocument("xmlDoc: a campo holds text alone; XML in it has to be escaped")

    def text(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def closed(self) -> None:
        if self.level == CELL and self._pieces is not None:
            value = _checked("".join(self._pieces))
            self._cells[self._field] = None if value == " " or (self._clears_empty and not value) else value
            self._pieces = None
        elif self.level == ROW:
            self._close_row()

    def _field_of(self, name: str) -> str:
        if self._by_position:
            field = str(len(self._cells) + 1)
        else:
            field = _number(name)
            if field == "0":
                raise _CountsFromZero
            if field in self._cells:
                raise UnreadableDocument("xmlDoc: a subscriber has a campo twice")
        if len(self._cells) == MOST_CELLS:
            raise UnreadableDocument(f"xmlDoc: a subscriber has more than {MOST_CELLS} values")
        return field

    def _close_row(self) -> None:
        if self._by_position:
            if self._width not in (None, len(self._cells)):
                raise UnreadableDocument("xmlDoc: not every subscriber has as many values as the first")
            self._width = len(self._cells)
        get = self._attributes.get
        self._rows.append(
            ImportRow(
                get("email", "") if self._has_email else "",
                get("prefix", "") if self._has_number else "",
                get("number", "") if self._has_number else "",
                get("name", ""),
                {number: value for number, value in self._cells.items() if value != ""} or None,
            )
        )
        if len(self._rows) == ROWS_AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        self._parts.append(pack(self._rows))
        self._rows = []


@lru_cache(maxsize=1_000)
def _number(name: str) -> str:
    found = _FIELD.fullmatch(name)
    if not found:
        raise UnreadableDocument("xmlDoc: only campo1, campo2, … are wanted in a subscriber")
    return str(int(found[1]))


def _checked(value: str) -> str:
    """Refuse the bar, as the protocol does (contract 3.4): its origin makes tables with it."""
    if "|" in value:
        raise UnreadableDocument("xmlDoc: a value holds the character |, which the protocol does without")
    return value
