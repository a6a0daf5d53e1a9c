"""The whole application behind a real server on loopback, for SOAP clients that open sockets of their own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from staffetta.app import application
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.wire import LenientHttpProtocol


@asynccontextmanager
async def served(platform: Platform) -> AsyncIterator[str]:
    """Serve; gives the address that paths are appended to."""
    config = uvicorn.Config(
        application(platform),
        http=LenientHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    # With the protocol named the event loop turns Nagle's algorithm off, as the real server has it.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
