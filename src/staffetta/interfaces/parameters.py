"""The parameters of the form pages, as clients of the HTTP frontend send them: by query, by form, or by both."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive, Scope

from staffetta.errors import InvalidArgument, ResourceExhausted

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks  # exists for type checkers only

MOST_PAIRS = 1_000
MOST_IDS = 1_000
# A megabyte over a bad mobile line takes less; a caller that trickles holds a connection for no longer.
BODY_SECONDS = 30
LARGEST_ID = 2**31 - 1

# Line ends and tabs are text; the other controls are noise in a name and a weapon in a header.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
WIDE_ESCAPES = re.compile(rb"((?:%[uU][0-9A-Fa-f]{4})+)")
# The character sets a part of a form may name; Python knows others that are not for text from strangers.
CHARSETS = re.compile(
    r"(?:iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|shift_jis|euc-jp|big5|gb2312|gbk)", re.ASCII
)
NOT_A_FORM = re.compile(rb"[^;]*[/+](?:json|xml)\b", re.IGNORECASE)
OBJECTS = (b"{", b"[", b"<")

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class BodyTooLarge(ResourceExhausted):
    """The body of the request has more octets than the platform takes."""


class BodyTooSlow(ResourceExhausted):
    """The body of the request did not arrive in time."""


class Disconnected(ConnectionError):  # noqa: N818 - the word the trade has for it
    """The caller went away in the middle of the body; nobody waits for an answer."""


class Ids(NamedTuple):
    """The ids of a text, each once, and the words in it that are none."""

    ids: list[int]
    invalid: list[str]


class Parameters:
    """Parameters by name, whatever its letter case."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            key = name.lower()
            if key in values:
                values[key].append(value)
            else:
                values[key] = [value]
        self._values = values

    def get(self, name: str, default: str = "") -> str:
        """Return the value; those of a repeated field (check boxes) are joined by comma."""
        values = self._values.get(name.lower())
        return default if values is None else ",".join(values)

    def first(self, name: str) -> str:
        """Return the first value that says something: a client may send the same by query and by form.

        `name` is in lower case: a form page asks for a dozen of them.
        """
        values = self._values.get(name)
        if values is None:
            return ""
        return values[0] or next(filter(None, values), "")

    def all(self, name: str) -> list[str]:
        return list(self._values.get(name.lower(), ()))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


async def read_parameters(scope: Scope, receive: Receive, *, body_octets: int) -> Parameters:
    """Read the parameters of a request, those of the query first.

    A body that is no form has none; a request without a body is not waited for.

    Raises:
        InvalidArgument: more than 1,000 of them.
        BodyTooLarge: the body has more than `body_octets`.
        BodyTooSlow: the body did not arrive within 30 seconds.
        Disconnected: the caller went away before the body was complete.

    """
    pairs = query_pairs(scope)
    content_type, has_body = body_announced(scope, body_octets=body_octets)
    if has_body and not NOT_A_FORM.match(content_type):
        pairs += form_pairs(content_type, await read_body(receive, body_octets=body_octets))
        _check_count(len(pairs))
    return Parameters(pairs)


def query_pairs(scope: Scope) -> list[tuple[str, str]]:
    """Decode the parameters of a request's query.

    Raises:
        InvalidArgument: more than 1,000 of them.

    """
    query: bytes = scope["query_string"]
    return _bounded_pairs(query) if query else []


def body_announced(scope: Scope, *, body_octets: int) -> tuple[bytes, bool]:
    """Return the content type that a request names, and whether a body is to come.

    Raises:
        BodyTooLarge: the length it names is more than `body_octets`.

    """
    content_type, has_body = b"", False
    for name, value in scope["headers"]:
        if name == b"content-length":
            has_body = value != b"0"
            if has_body and _exceeds(value, body_octets):
                raise BodyTooLarge(f"the request has more than {body_octets} octets")
        elif name == b"transfer-encoding":
            has_body = True
        elif name == b"content-type":
            content_type = value
    return content_type, has_body


async def read_body(receive: Receive, *, body_octets: int) -> bytes:
    """Read a request's body.

    Raises:
        BodyTooLarge: it has more than `body_octets`.
        BodyTooSlow: it did not arrive within 30 seconds.
        Disconnected: the caller went away before it was complete.

    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _collect_body(receive, body_octets)
    except TimeoutError as error:
        raise BodyTooSlow(f"the request did not arrive within {BODY_SECONDS} seconds") from error


def decode_pairs(raw: bytes) -> list[tuple[str, str]]:
    """Decode `a=b&c=d`; whatever cannot be decoded stays as it is.

    Only `&` separates: `;` is data. Octets are UTF-8 or else windows-1252, each value for itself.
    """
    if not raw.isascii():
        return [(_unescaped(name), _unescaped(value)) for name, value in map(_halves, filter(None, raw.split(b"&")))]
    # Nearly all are plain ASCII, and most of their pairs hold no escape: one decoding does for all of them.
    pairs: list[tuple[str, str]] = []
    for piece in _without_controls(raw.decode("ascii")).split("&"):
        if piece:
            name, _, value = piece.partition("=")
            if "%" in piece or "+" in piece:
                name, value = _unescaped_ascii(name), _unescaped_ascii(value)
            pairs.append((name, value))
    return pairs


def form_pairs(content_type: bytes, body: bytes) -> list[tuple[str, str]]:
    """Decode the body of a form; a body that is none has no pairs.

    Raises:
        InvalidArgument: more than 1,000 of them.

    """
    kind = content_type.lower()
    if kind.startswith(b"multipart/"):
        return multipart_pairs(content_type, body)
    body = body.strip(b"\r\n")  # written after the form by clients that build their requests by hand
    if not kind.startswith(b"application/x-www-form-urlencoded") and (b"=" not in body or body.startswith(OBJECTS)):
        return []
    return _bounded_pairs(body)


def multipart_pairs(content_type: bytes, body: bytes) -> list[tuple[str, str]]:
    """Decode the fields of a multipart form up to where it is broken, without its files.

    Raises:
        InvalidArgument: more than 1,000 parts.

    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        return []
    form = _Form()
    # A boundary of odd characters or a broken part ends the reading: what came before is sound.
    with suppress(FormParserError, UnicodeError):
        MultipartParser(boundary, form.callbacks()).write(body)
    return form.pairs


def is_true(text: str, default: bool) -> bool:
    """Read a yes or no as clients spell it; what is neither, or empty, is the default."""
    word = text.strip().lower()
    return word in TRUE_WORDS or (default and word not in FALSE_WORDS)


def split_ids(text: str) -> Ids:
    """Read ids separated by comma or `;`, in their order.

    Raises:
        InvalidArgument: more than 1,000 of them.

    """
    if text.isdigit() and len(text) < len(str(LARGEST_ID)) and text.isascii() and int(text):
        return Ids([int(text)], [])
    words = [word for part in text.replace(";", ",").split(",") if (word := part.strip())] if text else []
    if len(words) > MOST_IDS:
        raise InvalidArgument(f"more than {MOST_IDS} ids")
    ids = {word: _as_id(word) for word in words}
    return Ids(
        ids=list(dict.fromkeys(number for number in ids.values() if number is not None)),
        invalid=[word for word, number in ids.items() if number is None],
    )


class _Form:
    """What the parser of a multipart form tells, put together."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.begin()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self.begin,
            "on_header_field": self.add_to_header_name,
            "on_header_value": self.add_to_header_value,
            "on_header_end": self.end_header,
            "on_part_data": self.add_data,
            "on_part_end": self.end,
        }

    def begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._data = bytearray()

    def add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def add_to_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def end(self) -> None:
        options = parse_options_header(self._headers.get(b"content-disposition"))[1]
        name = options.get(b"name")
        if name is None or b"filename" in options:
            return
        charset = parse_options_header(self._headers.get(b"content-type"))[1].get(b"charset", b"")
        self.pairs.append((_without_controls(_text(name)), _without_controls(_text_in(bytes(self._data), charset))))
        _check_count(len(self.pairs))


async def _collect_body(receive: Receive, most_octets: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected("the caller went away before the body was complete")
        body += message.get("body", b"")
        if len(body) > most_octets:
            raise BodyTooLarge(f"the request has more than {most_octets} octets")
        if not message.get("more_body", False):
            return bytes(body)


def _exceeds(content_length: bytes, most_octets: int) -> bool:
    return content_length.isdigit() and (
        len(content_length) > len(str(LARGEST_ID)) or int(content_length) > most_octets
    )


def _bounded_pairs(raw: bytes) -> list[tuple[str, str]]:
    _check_count(raw.count(b"&") + 1)
    return decode_pairs(raw)


def _check_count(pairs: int) -> None:
    if pairs > MOST_PAIRS:
        raise InvalidArgument(f"more than {MOST_PAIRS} parameters")


def _halves(piece: bytes) -> tuple[bytes, bytes]:
    name, _, value = piece.partition(b"=")
    return name, value


def _unescaped_ascii(text: str) -> str:
    return _unescaped(text.encode()) if "%" in text else text.replace("+", " ")


def _unescaped(octets: bytes) -> str:
    octets = octets.replace(b"+", b" ")
    if b"%" not in octets:
        return _without_controls(_text(octets))
    if b"%u" not in octets and b"%U" not in octets:
        return _without_controls(_text(unquote_to_bytes(octets)))
    # IIS knows %uXXXX, and JavaScript's escape() writes it: an escape is a unit of UTF-16.
    parts = WIDE_ESCAPES.split(octets)
    texts = [_text(unquote_to_bytes(part)) for part in parts]
    texts[1::2] = [_units(part) for part in parts[1::2]]
    return _without_controls("".join(texts))


def _units(escapes: bytes) -> str:
    return bytes.fromhex(escapes.translate(None, b"%uU").decode()).decode("utf-16-be", "replace")


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _text_in(octets: bytes, charset: bytes) -> str:
    name = charset.decode("latin-1").lower()
    if not CHARSETS.fullmatch(name):
        return _text(octets)
    try:
        # Whoever says ISO 8859-1 means windows-1252, which has the printable characters it lacks.
        return octets.decode("cp1252" if name == "iso-8859-1" else name, "replace")
    except LookupError:
        return _text(octets)


def _without_controls(text: str) -> str:
    return text if text.isprintable() else CONTROLS.sub("", text)


def _as_id(word: str) -> int | None:
    if not (word.isascii() and word.isdigit()) or len(word) > len(str(LARGEST_ID)):
        return None
    number = int(word)
    return number if 0 < number <= LARGEST_ID else None
