"""HTTP answers of the SOAP services."""

from typing import NamedTuple

from starlette.types import Send

from staffetta.interfaces.pages import SECURITY_HEADERS
from staffetta.interfaces.soap.envelopes import CONTENT_TYPES, XML_TYPE, fault_envelope
from staffetta.interfaces.soap.faults import Fault

HTML_TYPE = b"text/html; charset=utf-8"
TEXT_TYPE = b"text/plain; charset=utf-8"
NO_STORE: tuple[tuple[bytes, bytes], ...] = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
PAGE_HEADERS = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())


class Reply(NamedTuple):
    """A body that is ready to be sent."""

    status: int
    body: bytes
    content_type: bytes
    headers: tuple[tuple[bytes, bytes], ...] = NO_STORE


def fault_reply(fault: Fault, *, soap_12: bool) -> Reply:
    """Return a fault; all of them are 500, whoever is to blame (contract 2.4)."""
    headers = (*NO_STORE, (b"connection", b"close")) if fault.closing else NO_STORE
    return Reply(500, fault_envelope(fault, soap_12=soap_12), CONTENT_TYPES[soap_12], headers)


def xml_reply(body: bytes) -> Reply:
    """Return plain XML: a description, or a result of the HTTP bindings."""
    return Reply(200, body, XML_TYPE)


def page_reply(body: bytes) -> Reply:
    """Return a page for people."""
    return Reply(200, body, HTML_TYPE, PAGE_HEADERS)


def nothing_here() -> Reply:
    """Return the answer for a path that is no service of ours."""
    return Reply(404, b"There is no such service.", TEXT_TYPE)


def wrong_method(allowed: bytes) -> Reply:
    """Return the answer to a verb that is not served."""
    return Reply(405, b"The method is not allowed.", TEXT_TYPE, (*NO_STORE, (b"allow", allowed)))


async def send_reply(send: Send, reply: Reply, *, bodyless: bool) -> None:
    """Send an answer; a HEAD gets the head alone."""
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodyless else reply.body})
