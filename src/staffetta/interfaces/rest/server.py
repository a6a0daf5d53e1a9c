"""The REST services as an ASGI application: what is the same for all resources (contract 2 and 4)."""

import asyncio
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from traceback import format_tb
from typing import Any

import structlog
from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from staffetta.db import DatabaseUnavailable
from staffetta.errors import NotFound, Refusal
from staffetta.interfaces.clients import client_address
from staffetta.interfaces.parameters import (
    BodyTooSlow,
    Disconnected,
    Parameters,
    body_announced,
    query_pairs,
    read_body,
)
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest.answering import (
    Answer,
    callback_of,
    failure,
    send_answer,
    send_preflight,
    success,
    wants_xml,
    wants_xml_back,
)
from staffetta.interfaces.rest.callers import ApplicationCaller, Caller, application_of, caller_of
from staffetta.interfaces.rest.calls import ApplicationCall, Call
from staffetta.interfaces.rest.documents import Documents
from staffetta.interfaces.rest.endpoints import By, Endpoint
from staffetta.interfaces.rest.errors import MethodNotAllowed, TooManyCalls, Unauthorized, error_object, error_of
from staffetta.interfaces.rest.limiting import Key, Shaper
from staffetta.interfaces.rest.matching import Match, Matcher
from staffetta.interfaces.rest.reading import decode_body
from staffetta.interfaces.rest.table import ENDPOINTS
from staffetta.kit.counting import REST_ANSWERS

log = structlog.get_logger()

# Decoding longer bodies takes milliseconds, in which nobody else is answered.
MOST_OCTETS_AT_ONCE = 131_072
# Bodies of these mean nothing (one client sends `null` with each GET); the server drops them. So it does with those of
# a DELETE, but where the endpoint takes one.
WITHOUT_BODY = ("GET", "HEAD")

FAILURE = "The platform could not do it; the failure is on our side and has been recorded."
UNAVAILABLE = "The platform cannot do it at the moment; try again."


class Rest:
    """The three services under `/API/v1.1/Rest/` and `/API/v1/Rest/`."""

    def __init__(self, platform: Platform, endpoints: Iterable[Endpoint] = ENDPOINTS) -> None:
        self._platform = platform
        table = tuple(endpoints)
        self._matcher = Matcher(table)
        self._documents = Documents(table)
        self._shaper = Shaper(platform.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["method"] == "OPTIONS":
            await send_preflight(send)
            return
        exchange = _Exchange(scope)
        try:
            answer = await self._answer(exchange, scope, receive)
        except Disconnected:
            return
        _counter(exchange.endpoint_id, answer.status).inc()
        await send_answer(send, answer, bodyless=scope["method"] == "HEAD")

    async def _answer(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> Answer:
        try:
            return await self._serve(exchange, scope, receive)
        except Refusal as refusal:
            return exchange.refused(refusal)
        except Disconnected:
            raise
        except DatabaseUnavailable as error:
            log.error("database unavailable", endpoint=exchange.endpoint_id, reason=str(error))  # noqa: TRY400 - weather, no bug
            return exchange.failed(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 - the outermost layer
            # The message is not logged: it may hold an address or what the caller sent.
            log.error(  # noqa: TRY400 - see above
                "a call failed",
                endpoint=exchange.endpoint_id,
                account=exchange.account_id,
                error=type(error).__name__,
                where="".join(format_tb(error.__traceback__)),
            )
            return exchange.failed(HTTPStatus.INTERNAL_SERVER_ERROR, FAILURE)

    async def _serve(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> Answer:
        method = scope["method"]
        try:
            match = self._matcher.match(method, scope["path"])
        except NotFound:
            document = self._documents.find(scope)
            if document is None:
                raise
            return document
        endpoint = match.endpoint
        exchange.begin(endpoint, scope)
        query = Parameters(query_pairs(scope))
        exchange.callback = callback_of(method, query.first("callback"))
        ip = client_address(scope, self._platform.trusted_proxies)
        caller = await self._caller(endpoint, scope, query, ip=ip, by_query=bool(exchange.callback))
        exchange.account_id = caller.account_id
        reads_body = endpoint.body is not None and method not in WITHOUT_BODY
        key = (*caller.key, endpoint.id)
        if not self._shaper.admits(key):
            # A body that is still to come hides whether the caller is there.
            await (self._shaper.wait(key) if reads_body else self._wait(key, receive))
        body = await self._body(endpoint, scope, receive) if reads_body else None
        value = await endpoint.handler(self._call(match, caller, query=query, body=body, scope=scope, ip=ip))
        return success(value, endpoint.answer, xml=exchange.xml, callback=exchange.callback)

    async def _caller(
        self, endpoint: Endpoint, scope: Scope, query: Parameters, *, ip: str, by_query: bool
    ) -> Caller | ApplicationCaller:
        if endpoint.by == By.APPLICATION:
            return await application_of(self._platform, scope, query, ip=ip, feature=endpoint.feature)
        return await caller_of(self._platform.database, scope, query, by_query=by_query)

    def _call(self, match: Match, caller: Caller | ApplicationCaller, **given: Any) -> Call | ApplicationCall:
        if isinstance(caller, ApplicationCaller):
            return ApplicationCall(platform=self._platform, application=caller.application, **given)
        return Call(
            platform=self._platform,
            account=caller.account,
            user=caller.grant.user,
            client_id=caller.grant.client_id,
            ids=match.ids,
            texts=match.texts,
            **given,
        )

    async def _wait(self, key: Key, receive: Receive) -> None:
        """Wait for a slot, but no longer than the caller does."""
        waiting = asyncio.ensure_future(self._shaper.wait(key))
        leaving = asyncio.ensure_future(_leaving(receive))
        try:
            await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise Disconnected("the caller went away while the call waited")
            await waiting
        finally:
            waiting.cancel()
            leaving.cancel()

    async def _body(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Any:
        most_octets = self._platform.settings.rest_body_octets
        content_type, announced = body_announced(scope, body_octets=most_octets)
        raw = await read_body(receive, body_octets=most_octets) if announced else b""
        if len(raw) > MOST_OCTETS_AT_ONCE:
            return await asyncio.to_thread(decode_body, raw, endpoint.body, content_type)
        return decode_body(raw, endpoint.body, content_type)


async def _leaving(receive: Receive) -> None:
    """Return when the caller goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Exchange:
    """What is known of a call while it is served, for the answer if it fails."""

    __slots__ = ("account_id", "callback", "endpoint_id", "xml")

    def __init__(self, scope: Scope) -> None:
        self.xml = wants_xml(scope)
        self.callback = ""
        self.endpoint_id = ""
        self.account_id: int | None = None

    def begin(self, endpoint: Endpoint, scope: Scope) -> None:
        """Keep which resource is called; those that applications call for themselves answer as they are asked."""
        self.endpoint_id = endpoint.id
        if endpoint.by == By.APPLICATION:
            self.xml = wants_xml_back(scope)

    def refused(self, refusal: Refusal) -> Answer:
        status, error = error_of(refusal)
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if status == HTTPStatus.UNAUTHORIZED:
            headers = ((b"www-authenticate", getattr(refusal, "challenge", Unauthorized.challenge).encode()),)
        elif isinstance(refusal, MethodNotAllowed):
            headers = ((b"allow", ", ".join(refusal.allowed).encode()),)
        elif isinstance(refusal, TooManyCalls):
            headers = ((b"retry-after", b"1"),)
        elif isinstance(refusal, BodyTooSlow):
            headers = ((b"connection", b"close"),)
        return failure(status, error, headers, xml=self.xml, callback=self.callback)

    def failed(self, status: HTTPStatus, text: str) -> Answer:
        return failure(status, error_object(status, text), xml=self.xml, callback=self.callback)


@cache
def _counter(endpoint_id: str, status: int) -> Counter:
    return REST_ANSWERS.labels(endpoint_id, str(status))
