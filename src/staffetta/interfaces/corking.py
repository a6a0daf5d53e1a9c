"""Writing an answer with one call of the system: uvicorn writes its head and its body one after the other."""

import asyncio
from typing import Any

HEAD_BEGINS = b"HTTP/1."


class Corked:
    """A transport that holds the head of an answer until the body is written, in the same turn of the event loop.

    Of two small writes the first goes out at once, in a packet of its own, and wakes the reader for a head alone. A
    head without a body goes out in the next turn. Whatever else is asked of it, the transport itself answers.
    """

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Write octets, together with a head that waits for them."""
        if self._head:
            data = self._head + data
            self._head = b""
        elif data.startswith(HEAD_BEGINS):
            self._head = data
            self._loop.call_soon(self.flush)
            return
        self._transport.write(data)

    def flush(self) -> None:
        """Write a head that has waited in vain."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        """Close the connection when all has been written."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
