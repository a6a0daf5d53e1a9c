"""Reading tables of people from files as they come: whatever the encoding, the delimiter, or the names of columns."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from staffetta.errors import InvalidArgument
from staffetta.recipients import ImportRow, address_of

DELIMITERS = ",;\t|"
SAMPLE_OCTETS = 65_536
SAMPLE_ROWS = 20
BLOCK_OCTETS = 1_048_576
LONGEST_CELL = 1_000_000
# What spreadsheets run as a formula at the beginning of a cell; an apostrophe before it says that it is text.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")

_SEPARATORS = re.compile(r"[\s_.-]+")
_FIELD = re.compile(r"campo(\d{1,3})|(\d{1,3})", re.IGNORECASE)
# By names without blanks and dashes; the numbers are those of the vendor's own files (contract soap-http-smtp.md 3.5).
TARGETS: Mapping[str, str] = {
    **dict.fromkeys(("email", "mail", "emailaddress", "indirizzoemail", "111"), "email"),
    **dict.fromkeys(("prefix", "prefisso", "mobileprefix", "222"), "prefix"),
    **dict.fromkeys(("mobile", "mobilenumber", "cellulare", "number", "sms", "333", "444"), "mobile"),
    **dict.fromkeys(("name", "nome", "displayname"), "name"),
}
ADDRESSES = ("email", "prefix", "mobile")


class Columns(NamedTuple):
    """What each column of a file is for: `email`, `prefix`, `mobile`, `name`, a field's number, or None."""

    names: tuple[str, ...]
    targets: tuple[str | None, ...]

    @property
    def unknown(self) -> list[str]:
        """The columns that nothing is done with."""
        return [name for name, target in zip(self.names, self.targets, strict=True) if target is None]

    @property
    def used(self) -> dict[str, str]:
        """The other columns, and what for."""
        return {name: target for name, target in zip(self.names, self.targets, strict=True) if target is not None}


class CsvFile:
    """A file that was looked at: its encoding, delimiter and columns are known, and its rows can be read once."""

    def __init__(
        self,
        file: BinaryIO,
        *,
        fields: Mapping[int, str],
        encoding: str | None = None,
        delimiter: str | None = None,
        mapping: Mapping[str, str] | None = None,
    ) -> None:
        """Look at a file that can be read twice.

        Raises:
            InvalidArgument: it has no column of addresses, or an encoding that nobody knows.

        """
        self.encoding = encoding or detect_encoding(file)
        file.seek(0)
        try:
            text = io.TextIOWrapper(file, encoding=self.encoding, errors="replace", newline="")
        except LookupError as error:
            raise InvalidArgument(f"there is no encoding {self.encoding}") from error
        sample = text.read(SAMPLE_OCTETS)
        self.delimiter = delimiter or detect_delimiter(sample)
        text.seek(0)
        csv.field_size_limit(LONGEST_CELL)
        self._reader = csv.reader(text, delimiter=self.delimiter)
        first = next((row for row in self._read() if row), [])
        headless = any(address_of(cell) for cell in first)
        names = [str(number) for number in range(1, len(first) + 1)] if headless else [cell.strip() for cell in first]
        self.has_header = not headless
        self.columns = map_columns(names, fields, mapping or {}, headless=headless)
        self._left = chain([first], self._read()) if headless else self._read()

    def cells(self) -> Iterator[list[str]]:
        """Return the rows that are left, blank ones passed over; each has a cell for every column.

        Raises:
            InvalidArgument: a quoted value does not end.

        """
        width = len(self.columns.names)
        for row in self._left:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if len(row) < width:
                row.extend([""] * (width - len(row)))
            yield row

    def _read(self) -> Iterator[list[str]]:
        try:
            yield from self._reader
        except csv.Error as error:
            raise InvalidArgument(f"line {self._reader.line_num}: {error}; is a quoted value not closed?") from error


def read_chunk(file: CsvFile, cells: Iterator[list[str]], most: int) -> tuple[list[ImportRow], list[list[str]]]:
    """Return up to `most` of the rows that are left, as they are imported and as they stand in the file."""
    raw = list(islice(cells, most))
    place = {target: number for number, target in enumerate(file.columns.targets) if target is not None}
    # Each row gets an empty cell at its end, for what the file has no column for.
    email, prefix, mobile, name = (place.pop(target, -1) for target in (*ADDRESSES, "name"))
    fields = list(place.items())
    rows = []
    for row in raw:
        row.append("")
        values = {number: unguarded(row[column]) for number, column in fields}
        rows.append(ImportRow(unguarded(row[email]), row[prefix], unguarded(row[mobile]), unguarded(row[name]), values))
    return rows, raw


def map_columns(
    names: Sequence[str], fields: Mapping[int, str], mapping: Mapping[str, str], *, headless: bool = False
) -> Columns:
    """Return what each column is for, by its name or by what `mapping` says of it.

    Of two columns for one thing the first counts. Without a header the first column with addresses is all that is
    known.

    Raises:
        InvalidArgument: no column has addresses or numbers, or `mapping` names what is not there.

    """
    wanted = {name.strip().casefold(): _target(target, fields) for name, target in mapping.items()}
    absent = set(wanted) - {name.casefold() for name in names}
    if absent:
        raise InvalidArgument(f"the file has no column {', '.join(sorted(absent))}; it has {', '.join(names)}")
    targets: list[str | None] = []
    for place, name in enumerate(names):
        key = name.casefold()
        if key in wanted:
            target: str | None = wanted[key]
        elif headless:
            target = "email" if place == 0 else None
        else:
            target = find_target(name, fields)
        targets.append(
            target if target not in targets and target not in set(wanted.values()) - {wanted.get(key)} else None
        )
    if not {"email", "mobile"} & set(targets):
        raise InvalidArgument(
            f'no column has addresses or numbers among {", ".join(names) or "none"}; say which: --map "Column=email"'
        )
    return Columns(tuple(names), tuple(targets))


def find_target(name: str, fields: Mapping[int, str]) -> str | None:
    """Return what a column of this name is for, None where nobody can tell."""
    bare = _SEPARATORS.sub("", name.casefold())
    target = TARGETS.get(bare)
    if target in ADDRESSES:
        return target
    by_name = {_SEPARATORS.sub("", field.casefold()): str(number) for number, field in fields.items()}
    if bare in by_name:
        return by_name[bare]
    numbered = _FIELD.fullmatch(bare)
    if numbered:
        number = int(numbered[1] or numbered[2])
        return str(number) if number in fields else None
    return target


def _target(text: str, fields: Mapping[int, str]) -> str:
    target = find_target(text, fields)
    if target is None:
        raise InvalidArgument(f"{text!r} is neither email, prefix, mobile or name, nor a field such as campo1")
    return target


def detect_encoding(file: BinaryIO) -> str:
    """Return the encoding of a file: by its mark, as UTF-8 where all of it is that, else as Windows writes."""
    file.seek(0)
    block = file.read(BLOCK_OCTETS)
    if block.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = block[:SAMPLE_OCTETS]
    if head.count(0) > len(head) // 4:  # every second octet of ASCII
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block:
            decoder.decode(block)
            block = file.read(BLOCK_OCTETS)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def detect_delimiter(sample: str) -> str:
    """Return what parts the cells: of what makes the first rows equally long, what makes them longest.

    csv.Sniffer takes letters of addresses and the quotes of names for what they are not.
    """

    def score(delimiter: str) -> tuple[bool, int]:
        lines = io.StringIO(sample, newline="")
        try:
            widths = [len(row) for row in islice(csv.reader(lines, delimiter=delimiter), SAMPLE_ROWS) if row]
        except csv.Error:
            widths = []
        # The last row of a sample is perhaps half of one.
        whole = widths[:-1] or widths or [0]
        return (len(set(whole)) == 1 and whole[0] > 1, whole[0])

    return max(DELIMITERS, key=score)


def guarded(text: str) -> str:
    """Return a cell that a spreadsheet takes for text; `unguarded` undoes it."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def unguarded(text: str) -> str:
    """Return a cell without the apostrophe that an export has put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULAS) else text
