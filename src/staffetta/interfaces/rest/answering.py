"""What the REST services answer: compact JSON, XML on request, JSONP, and headers for browsers (contract 2.3)."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from starlette.types import Scope, Send

from staffetta.interfaces.rest.errors import ErrorObject
from staffetta.interfaces.rest.paging import Paged, envelope

Headers = Iterable[tuple[bytes, bytes]]

JSON = b"application/json; charset=utf-8"
XML = b"application/xml; charset=utf-8"
JAVASCRIPT = b"application/javascript; charset=utf-8"
XML_TYPES = ("application/xml", "text/xml")
JSON_TYPES = ("application/json", "text/json", "application/*", "text/*", "*/*")
MOST_RANGES = 20
LONGEST_ACCEPT = 1_000

# A name, or a property of one: nothing that a script could be written with.
CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,100}", re.ASCII)

COMMON: list[tuple[bytes, bytes]] = [
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
PREFLIGHT: list[tuple[bytes, bytes]] = [
    *COMMON,
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Accept, If-Match"),
    (b"access-control-max-age", b"86400"),
]


class Answer(NamedTuple):
    """A body that is ready to be sent, and headers besides those of every answer."""

    status: int
    body: bytes
    content_type: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


_encode = msgspec.json.Encoder().encode


def success(value: Any, type_: Any, *, xml: bool, callback: str = "") -> Answer:
    """Return the answer of a handler; None is an empty body, as clients take it."""
    if value is None and not callback:
        return Answer(200, b"", XML if xml else JSON)
    if isinstance(value, Paged):
        value = envelope(value)
    return Answer(200, *_encoded(value, type_, xml=xml, callback=callback))


def failure(status: HTTPStatus, error: ErrorObject, headers: Headers = (), *, xml: bool, callback: str = "") -> Answer:
    """Return the answer that carries an error object."""
    return Answer(int(status), *_encoded(error, None, xml=xml, callback=callback), tuple(headers))


def wants_xml(scope: Scope) -> bool:
    """Tell whether a caller prefers XML; whatever cannot be understood means JSON."""
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"xml" in accept.lower() and _prefers_xml(accept.decode("latin-1"))


def wants_xml_back(scope: Scope) -> bool:
    """Tell the same where a body in XML asks for XML, unless its caller names what is to be answered."""
    headers = dict(reversed(scope["headers"]))
    accept = headers.get(b"accept", b"").lower()
    if b"json" in accept or b"xml" in accept:
        return wants_xml(scope)
    return b"xml" in headers.get(b"content-type", b"").lower()


def callback_of(method: str, text: str) -> str:
    """Return the name of the function that a page wants its answer handed to, "" where none may be."""
    return text if method == "GET" and CALLBACK.fullmatch(text) else ""


async def send_answer(send: Send, answer: Answer, *, bodyless: bool = False) -> None:
    """Send an answer; a HEAD gets the head alone."""
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", b"%d" % len(answer.body)),
        *COMMON,
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodyless else answer.body})


async def send_preflight(send: Send) -> None:
    """Tell a browser that pages of other sites may call."""
    headers = [*PREFLIGHT, (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _encoded(value: Any, type_: Any, *, xml: bool, callback: str) -> tuple[bytes, bytes]:
    if callback:
        # The comment keeps a file that begins with the caller's own octets from being taken for another kind of file;
        # JSON may hold line separators that older engines take for line ends.
        script = _encode(value).replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
        return b"/**/%b(%b);" % (callback.encode(), script), JAVASCRIPT
    if xml:
        from staffetta.interfaces.rest.xml import xml_of  # noqa: PLC0415 - lxml is slow to import

        return xml_of(value, type_), XML
    return _encode(value), JSON


def _prefers_xml(accept: str) -> bool:
    """Weigh the media ranges (RFC 9110 §12.5.1); with equal weight JSON wins, for it is the default."""
    best_xml = best_json = 0.0
    for media_range in accept[:LONGEST_ACCEPT].lower().split(",")[:MOST_RANGES]:
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weight = _weight(parameters)
        if name in XML_TYPES:
            best_xml = max(best_xml, weight)
        elif name in JSON_TYPES:
            best_json = max(best_json, weight)
    return best_xml > best_json


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
