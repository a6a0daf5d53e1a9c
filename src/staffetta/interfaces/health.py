"""What operators and their machines ask: is it alive, can it serve, how much has it done."""

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Receive, Scope, Send

from staffetta.db import Database, DatabaseUnavailable
from staffetta.kit.counting import DELIVERIES_WAITING
from staffetta.outbox import count_waiting


class Health:
    """`/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def healthz(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer 200 as long as the event loop turns."""
        await _reply(send, 200, msgspec.json.encode({"status": "ok"}))

    async def readyz(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer 200 when the database answers, 503 when it does not."""
        try:
            waiting = await self._database.read_across(count_waiting)
        except DatabaseUnavailable as error:
            body = msgspec.json.encode({"status": "unavailable", "database": str(error)})
            await _reply(send, 503, body)
        else:
            await _reply(send, 200, msgspec.json.encode({"status": "ok", "deliveries_waiting": waiting}))

    async def metrics(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer the counters of this process as Prometheus reads them."""
        try:
            DELIVERIES_WAITING.set(await self._database.read_across(count_waiting))
        except DatabaseUnavailable:
            DELIVERIES_WAITING.set(float("nan"))
        await _reply(send, 200, generate_latest(), CONTENT_TYPE_LATEST)


async def _reply(send: Send, status: int, body: bytes, content_type: str = "application/json") -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
