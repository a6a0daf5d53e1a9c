"""The SOAP services as an ASGI application: which operation a request is for, and what is the same for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import cache, partial

from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from staffetta.interfaces.clients import asked_netloc, client_address, host_of, request_scheme
from staffetta.interfaces.parameters import Disconnected, body_announced, read_body
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.describing import description, page
from staffetta.interfaces.soap.envelopes import CONTENT_TYPES, bare_string, result_envelope
from staffetta.interfaces.soap.faults import Unreadable, fault_of
from staffetta.interfaces.soap.jsonp import PREFIX, jsonp_reply
from staffetta.interfaces.soap.reading import Envelope, is_soap_12, read_envelope, values_of
from staffetta.interfaces.soap.replies import (
    Reply,
    fault_reply,
    nothing_here,
    page_reply,
    send_reply,
    wrong_method,
    xml_reply,
)
from staffetta.interfaces.soap.services import Operation, SoapService
from staffetta.interfaces.soap.table import SERVICES

ANSWERS = Counter("staffetta_soap_answers", "Answers of the SOAP services.", ["service", "operation", "status"])

# Reading longer bodies, and writing longer answers, takes milliseconds, in which nobody else is answered.
MOST_OCTETS_AT_ONCE = 65_536
SHOWN = ("GET", "HEAD")
NONE = "none"


class Soap:
    """Import, Send, Manage and Report, and the JSONP service beside them (contract 2 to 8)."""

    def __init__(self, platform: Platform, services: Iterable[SoapService] = SERVICES) -> None:
        self._platform = platform
        self._services = {path.lower(): _Table(service) for service in services for path in service.paths}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            reply = await self._answer(scope, receive)
        except Disconnected:
            return
        await send_reply(send, reply, bodyless=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        path = scope["path"].rstrip("/ ").lower()
        if path.startswith(PREFIX):
            return await _told("JSONP", partial(jsonp_reply, self._platform, scope))
        table, operation = self._find(path)
        if table is None:
            return nothing_here()
        if scope["method"] not in (*SHOWN, "POST"):
            return wrong_method(b"GET, HEAD, POST")
        if operation:
            return await _told(table.service.name, partial(self._serve_over_http, table.service, operation, scope))
        if scope["method"] in SHOWN:
            return self._about(table.service, scope)
        return await self._serve(table, scope, receive)

    def _find(self, path: str) -> tuple["_Table | None", Operation | None]:
        """Return the service of a path, and the operation if the path names one: the HTTP bindings do."""
        table = self._services.get(path)
        if table:
            return table, None
        path, _, name = path.rpartition("/")
        table = self._services.get(path)
        operation = table.over_http.get(name) if table else None
        return (table, operation) if operation else (None, None)

    def _about(self, service: SoapService, scope: Scope) -> Reply:
        query = scope["query_string"].partition(b"&")[0].partition(b"=")[0].lower()
        if query not in (b"wsdl", b"singlewsdl"):
            return page_reply(page(service))
        # Whoever reads it calls where it leads: to the name and port that this request came to.
        trusted = self._platform.trusted_proxies
        scheme = request_scheme(scope, trusted)
        netloc = asked_netloc(scope, trusted) or self._platform.settings.bind
        return xml_reply(description(service, f"{scheme}://{netloc}{service.paths[0]}"))

    async def _serve(self, table: "_Table", scope: Scope, receive: Receive) -> Reply:
        content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        exchange = _Exchange(soap_12=is_soap_12(content_type))
        service = table.service
        try:
            reply = await self._call(exchange, table, scope, receive, content_type)
        except Disconnected:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost layer
            reply = fault_reply(fault_of(error, service.name), soap_12=exchange.soap_12)
        _counter(service.name, exchange.operation, reply.status).inc()
        return reply

    async def _call(
        self, exchange: "_Exchange", table: "_Table", scope: Scope, receive: Receive, content_type: bytes
    ) -> Reply:
        envelope = await self._envelope(scope, receive, content_type)
        exchange.soap_12 = envelope.soap_12
        service, operation = table.service, table.operations.get(envelope.operation)
        if operation is None:
            raise Unreadable(f"{service.name} has no such operation; those it has are listed at {service.paths[0]}")
        exchange.operation = operation.name
        call = Call(
            platform=self._platform,
            operation=operation.name,
            values=values_of(operation, envelope.members),
            credentials=envelope.credentials if service.authenticates else None,
            scope=scope,
            ip=client_address(scope, self._platform.trusted_proxies),
            host=host_of(scope),
        )
        result = await operation.handler(call)
        written = partial(result_envelope, operation.name, service.namespace, result, soap_12=envelope.soap_12)
        is_long = isinstance(result, str) and len(result) > MOST_OCTETS_AT_ONCE
        body = await asyncio.to_thread(written) if is_long else written()
        return Reply(200, body, CONTENT_TYPES[envelope.soap_12])

    async def _envelope(self, scope: Scope, receive: Receive, content_type: bytes) -> Envelope:
        most_octets = self._platform.settings.soap_body_octets
        _, announced = body_announced(scope, body_octets=most_octets)
        body = await read_body(receive, body_octets=most_octets) if announced else b""
        if len(body) > MOST_OCTETS_AT_ONCE:
            return await asyncio.to_thread(read_envelope, body, content_type)
        return read_envelope(body, content_type)

    async def _serve_over_http(self, service: SoapService, operation: Operation, scope: Scope) -> Reply:
        """Answer a call by HTTP GET or POST, which has no header for credentials.

        Its parameters are not even read: without credentials no call gets as far as them (contract 3.1).
        """
        call = Call(
            platform=self._platform,
            operation=operation.name,
            values=values_of(operation, {}),
            scope=scope,
            ip=client_address(scope, self._platform.trusted_proxies),
            host=host_of(scope),
        )
        reply = xml_reply(bare_string(service.namespace, await operation.handler(call)))
        _counter(service.name, operation.name, reply.status).inc()
        return reply


class _Table:
    """A service with its operations by name; by HTTP they are found in any letter case, as paths are."""

    def __init__(self, service: SoapService) -> None:
        self.service = service
        self.operations = {operation.name: operation for operation in service.operations}
        self.over_http = {name.lower(): each for name, each in self.operations.items() if service.over_http}


class _Exchange:
    """What is known of a call while it is served, for the answer if it fails."""

    __slots__ = ("operation", "soap_12")

    def __init__(self, *, soap_12: bool) -> None:
        self.soap_12 = soap_12
        self.operation = NONE


async def _told(service: str, work: Callable[[], Awaitable[Reply]]) -> Reply:
    """Return what work without an envelope answers; its failures are told as faults all the same."""
    try:
        return await work()
    except Exception as error:  # noqa: BLE001 - the outermost layer
        return fault_reply(fault_of(error, service), soap_12=False)


@cache
def _counter(service: str, operation: str, status: int) -> Counter:
    return ANSWERS.labels(service, operation, str(status))
