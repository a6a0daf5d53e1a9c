"""A mail server that takes everything, remembers what, and is in no hurry: mail is in talk when a sender dies."""

import asyncio
import re
import threading
from collections import Counter
from types import TracebackType
from typing import Self

MESSAGE_ID = re.compile(rb"^message-id:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
OK = b"250 2.0.0 Ok\r\n"
END_OF_DATA = b"\r\n.\r\n"
LONGEST_LINE = 4_096


class CaptureServer:
    """Counts the messages that it has answered for, by Message-ID; speaks PIPELINING and CHUNKING (RFC 2920, 3030).

    A message is counted before the answer leaves. It runs in a thread of its own, until the `with` block ends.
    """

    def __init__(self, *, latency_seconds: float = 0.0) -> None:
        self.accepted: Counter[str] = Counter()
        self.port = 0
        self.latency_seconds = latency_seconds
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(lambda: Session(self), "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(server.wait_closed())


class Session(asyncio.Protocol):
    """One connection: what is left to read of a content, and what of the answers waits for its time."""

    def __init__(self, server: CaptureServer) -> None:
        self._server = server
        self._read = b""
        self._chunk = 0
        self._in_data = False
        self._content = b""
        self._replies = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # a stream's, which is one
        self._transport.write(b"220 capture ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._read += data
        while self._read and self._step():
            pass
        if self._replies:
            replies, self._replies = self._replies, b""
            asyncio.get_running_loop().call_later(self._server.latency_seconds, self._say, replies)

    def _step(self) -> bool:
        """Read a command or a part of a content; False when more has to come first."""
        if self._chunk:
            part, self._read = self._read[: self._chunk], self._read[self._chunk :]
            self._content += part
            self._chunk -= len(part)
            if not self._chunk:
                self._accept()
            return True
        if self._in_data:
            content, end, rest = self._read.partition(END_OF_DATA)
            if end:
                self._in_data, self._content, self._read = False, content, rest
                self._accept()
            return bool(end)
        line, end, rest = self._read.partition(b"\r\n")
        if not end:
            if len(line) > LONGEST_LINE:
                self._transport.abort()
            return False
        self._read = rest
        self._obey(line)
        return True

    def _obey(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO":
                self._replies += b"250-capture\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"
            case b"BDAT":
                self._chunk = int(line.split()[1])
                if not self._chunk:
                    self._accept()
            case b"DATA":
                self._in_data = True
                self._replies += b"354 go on\r\n"
            case b"QUIT":
                self._transport.write(self._replies + b"221 2.0.0 Bye\r\n")
                self._replies = b""
                self._transport.close()
            case _:
                self._replies += OK

    def _accept(self) -> None:
        found = MESSAGE_ID.search(self._content)
        self._server.accepted[found[1].decode("ascii", "replace") if found else ""] += 1
        self._content = b""
        self._replies += OK

    def _say(self, replies: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(replies)
