"""Mail from strangers, taken apart: fields, parts and their contents, in time that grows with its length alone.

Whatever the octets are, nothing here raises: what is broken is read as far as it goes.
"""

from binascii import Error, a2b_base64
from collections.abc import Iterator
from quopri import decodestring
from typing import NamedTuple

# A report has a text, its fields and what it is about, perhaps within what a mailing list or scanner has put around it.
DEEPEST = 4
MOST_PARTS = 40
LONGEST_HEADER_OCTETS = 65_536
LONGEST_VALUE = 4_000
# RFC 2046 §5.1.1 allows 70.
LONGEST_BOUNDARY = 200
_BLANK = (b"", b"\r")


class Part(NamedTuple):
    """A mail, or a part of one; `head` and `body` are as they came, the names of `fields` in lower case."""

    head: bytes
    fields: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """What it says it is, such as `multipart/report`, in lower case; text where it does not say."""
        return self.fields.get("content-type", "").partition(";")[0].strip().lower() or "text/plain"

    def parameter(self, name: str) -> str:
        """Return a parameter of its content type as it stands there, or ""."""
        return parameters(self.fields.get("content-type", "")).get(name, "")

    @property
    def content(self) -> bytes:
        """The body without its transfer encoding; what does not decode stays as it is."""
        match self.fields.get("content-transfer-encoding", "").strip().lower():
            case "base64":
                try:
                    return a2b_base64(self.body)
                except Error:
                    return self.body
            case "quoted-printable":
                return decodestring(self.body)
        return self.body

    def text(self, *, most: int) -> str:
        """Return up to `most` octets of the content as text, its lines ending in a newline."""
        return self.content[:most].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def read_part(octets: bytes) -> Part:
    """Split a mail or a part at its first empty line."""
    end, start = _end_of_head(octets)
    head = octets[:end]
    return Part(head, read_fields(head.decode("utf-8", "replace")), octets[start:])


def read_fields(text: str) -> dict[str, str]:
    """Return fields by their names in lower case, unfolded and bounded; of several of a name, the first."""
    fields: dict[str, str] = {}
    name, pieces = "", [""]
    for line in [*text.replace("\r", "").split("\n"), "end:"]:
        if line[:1] in (" ", "\t"):
            pieces.append(line.strip())
            continue
        if name:
            fields.setdefault(name, " ".join(filter(None, pieces))[:LONGEST_VALUE])
        name, colon, value = line.partition(":")
        name, pieces = (name.strip().lower() if colon else ""), [value.strip()]
    return fields


def walk(whole: Part) -> Iterator[Part]:
    """Yield a mail and the parts within it, each before its own, as many and as deep as a report can need."""
    left = MOST_PARTS
    waiting = [(whole, 0)]
    while waiting and left:
        part, depth = waiting.pop()
        left -= 1
        yield part
        if depth < DEEPEST:
            waiting += [(each, depth + 1) for each in reversed(parts_of(part))]


def parts_of(part: Part) -> list[Part]:
    """Return the parts of a multipart, and none of anything else: a mail within a mail is not opened."""
    boundary = part.parameter("boundary")
    if not part.content_type.startswith("multipart/") or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        return []
    delimiter = b"--" + boundary.encode("utf-8", "replace")
    parts: list[Part] = []
    begun = -1
    for start, end, closes in _delimiters(part.body, delimiter):
        if begun >= 0:
            parts.append(read_part(part.body[begun:start].removesuffix(b"\n").removesuffix(b"\r")))
        begun = -1 if closes else end
        if closes or len(parts) == MOST_PARTS:
            break
    if begun >= 0 and len(parts) < MOST_PARTS:
        parts.append(read_part(part.body[begun:]))  # it was cut off
    return parts


def parameters(value: str) -> dict[str, str]:
    """Return the parameters of a field by their names in lower case, without their quotes."""
    found: dict[str, str] = {}
    pieces, quoted, start = [], False, 0
    for position, character in enumerate(value):
        if character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            pieces.append(value[start:position])
            start = position + 1
    for piece in [*pieces[1:], value[start:]] if pieces else []:
        name, _, given = piece.partition("=")
        found.setdefault(name.strip().lower(), given.strip().strip('"'))
    return found


def _end_of_head(octets: bytes) -> tuple[int, int]:
    """Return where the fields end and where the body begins: behind the first empty line, if there is one."""
    start = 0
    longest = min(len(octets), LONGEST_HEADER_OCTETS)
    while (end := octets.find(b"\n", start, longest)) >= 0:
        if octets[start:end] in _BLANK:
            return start, end + 1
        start = end + 1
    return longest, longest


def _delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield where each line of a delimiter begins and ends, and whether it is the last one."""
    position = body.find(delimiter)
    while position >= 0:
        end = body.find(b"\n", position)
        end = len(body) if end < 0 else end + 1
        rest = body[position + len(delimiter) : end].rstrip()
        if (position == 0 or body[position - 1 : position] == b"\n") and rest in (b"", b"--"):
            yield position, end, rest == b"--"
        position = body.find(delimiter, end)
