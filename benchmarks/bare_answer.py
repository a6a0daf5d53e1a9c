"""The least that a server of our stack can do: the same protocol and loop, one fixed answer, no database.

`python benchmarks/bare_answer.py --port 0` prints `{"port": N}` when it listens, and runs until SIGTERM.
"""

import argparse
import asyncio
import json
import signal
import socket
from typing import Any

import uvicorn
import uvloop

from staffetta.interfaces.wire import LenientHttpProtocol

BODY = b"0\r\n"
HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", b"no-store"),
    (b"content-length", b"%d" % len(BODY)),
]


async def answer(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI
    """Answer what an Xml page answers to a sign-up."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def serve(listener: socket.socket) -> None:
    """Answer until SIGTERM."""
    server = uvicorn.Server(
        uvicorn.Config(
            answer,
            http=LenientHttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, server, "should_exit", True)
    await server.serve(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser(description="One fixed answer to every request.")
    parser.add_argument("--port", type=int, default=0)
    listener = socket.create_server(("127.0.0.1", parser.parse_args().port), backlog=1024)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    uvloop.run(serve(listener))


if __name__ == "__main__":
    main()
