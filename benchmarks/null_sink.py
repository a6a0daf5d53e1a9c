"""A mail server that takes everything and keeps nothing: what is left is the speed of whoever sends.

`python benchmarks/null_sink.py --port 0` prints `{"port": N}` when it listens, and `{"messages": N}` on SIGTERM. With
`--record FILE` each message's Message-ID and recipient are in the file before the 250 that accepts it is sent, so that
a test can hold what a killed sender believed against what was really accepted.
"""

import argparse
import asyncio
import json
import os
import re
import signal
from collections import deque
from dataclasses import dataclass
from time import time

import uvloop

MESSAGE_ID = re.compile(rb"^message-id:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
# What most envelopes are: recognized in one step, which is what makes the sink faster than those it measures.
CHUNKED = re.compile(rb"(RSET\r\n)?MAIL [^\r]*\r\nRCPT TO:<([^>]*)>[^\r]*\r\nBDAT ([1-9]\d*) LAST\r\n", re.IGNORECASE)
OK = b"250 2.0.0 Ok\r\n"
END_OF_DATA = b"\r\n.\r\n"


@dataclass
class Sink:
    """What all connections share."""

    greeting: bytes
    latency_seconds: float
    record: int | None
    count_file: int | None
    messages: int = 0
    first_at: float = 0.0

    def take(self, messages: int, lines: list[bytes]) -> None:
        """Count messages, and put them on record in one write."""
        if not self.messages:
            self.first_at = time()
        self.messages += messages
        if self.record is not None:
            os.write(self.record, b"".join(lines))
        if self.count_file is not None:
            os.pwrite(self.count_file, b"%20d %20.6f\n" % (self.messages, self.first_at), 0)


class Session(asyncio.Protocol):
    """One connection. Octets of a content are skipped uncopied, unless they are put on record."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rest = b""
        self._chunk_octets = 0
        self._in_data = False
        self._content: list[bytes] = []
        self._recipient = b""
        self._replies: list[bytes] = []
        self._delayed: deque[bytes] = deque()
        self._lines: list[bytes] = []
        self._accepted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # uvloop's are not its subclasses
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        position, end = 0, len(data)
        while position < end:
            if self._chunk_octets:
                step = self._skip_chunk(data, position)
            elif self._in_data:
                step = self._skip_data(data, position)
            else:
                step = self._command(data, position)
            if step == position:
                break
            position = step
        self._rest = data[position:]
        self._answer()

    def _skip_chunk(self, data: bytes, position: int) -> int:
        end = min(len(data), position + self._chunk_octets)
        if self._sink.record is not None:
            self._content.append(data[position:end])
        self._chunk_octets -= end - position
        if not self._chunk_octets:
            self._accept()
        return end

    def _skip_data(self, data: bytes, position: int) -> int:
        """Find the dot that ends the content; its last four octets may be the beginning of the end."""
        # An empty content ends with a dot at once: the CRLF before it is that of DATA.
        if data.startswith(b".\r\n", position) and not self._content:
            self._in_data = False
            self._accept()
            return position + 3
        end = data.find(END_OF_DATA, position)
        if end < 0:
            kept = max(position, len(data) - len(END_OF_DATA) + 1)
            if kept > position:
                self._content.append(data[position:kept] if self._sink.record is not None else b"")
            return kept
        if self._sink.record is not None:
            self._content.append(data[position:end])
        self._in_data = False
        self._accept()
        return end + len(END_OF_DATA)

    def _accept(self) -> None:
        self._accepted += 1
        if self._sink.record is not None:
            found = MESSAGE_ID.search(b"".join(self._content))
            self._lines.append(b"%b\t%b\n" % (found[1] if found else b"", self._recipient))
        self._content = []
        self._replies.append(OK)

    def _command(self, data: bytes, position: int) -> int:
        found = CHUNKED.match(data, position)
        if found is not None:
            reset, self._recipient, octets = found.groups()
            self._chunk_octets = int(octets)
            self._replies.append(OK * 3 if reset else OK * 2)
            return found.end()
        end = data.find(b"\r\n", position)
        if end < 0:
            return position
        verb = data[position : position + 4].upper()
        if verb == b"BDAT":
            self._chunk_octets = int(data[position + 4 : end].split()[0])
            if not self._chunk_octets:
                self._accept()
        elif verb == b"RCPT":
            self._recipient = data[position:end].partition(b"<")[2].partition(b">")[0]
            self._replies.append(OK)
        elif verb == b"DATA":
            self._in_data = True
            self._replies.append(b"354 go on\r\n")
        elif verb == b"EHLO":
            self._replies.append(self._sink.greeting)
        elif verb == b"QUIT":
            self._replies.append(b"221 2.0.0 Bye\r\n")
            self._answer()
            self._transport.close()
        else:
            self._replies.append(OK)
        return end + 2

    def _answer(self) -> None:
        if self._accepted:
            self._sink.take(self._accepted, self._lines)
            self._accepted, self._lines = 0, []
        if not self._replies:
            return
        replies, self._replies = b"".join(self._replies), []
        if self._sink.latency_seconds:
            self._delayed.append(replies)
            asyncio.get_running_loop().call_later(self._sink.latency_seconds, self._answer_late)
        else:
            self._transport.write(replies)

    def _answer_late(self) -> None:
        # From a queue, because two timers of the same instant may fire in either order.
        replies = self._delayed.popleft()
        if not self._transport.is_closing():
            self._transport.write(replies)


async def serve(sink: Sink, host: str, port: int) -> None:
    """Take mail until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: Session(sink), host, port, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await stopped.wait()
    server.close()
    print(json.dumps({"messages": sink.messages}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="A mail server that takes everything and keeps nothing.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-chunking", action="store_true")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="delay of each batch of replies")
    parser.add_argument(
        "--count-file",
        help="the number of messages taken so far, and when the first came (seconds since 1970), as text",
    )
    parser.add_argument("--record", help="a line for each message: Message-ID, tab, recipient")
    options = parser.parse_args()
    offered = ["sink", "SIZE 0", "8BITMIME", "SMTPUTF8"]
    offered += [] if options.no_pipelining else ["PIPELINING"]
    offered += [] if options.no_chunking else ["CHUNKING"]
    greeting = "".join(f"250-{keyword}\r\n" for keyword in offered) + "250 ENHANCEDSTATUSCODES\r\n"
    sink = Sink(
        greeting=greeting.encode(),
        latency_seconds=options.latency_ms / 1000,
        record=os.open(options.record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if options.record else None,
        count_file=os.open(options.count_file, os.O_WRONLY | os.O_CREAT, 0o644) if options.count_file else None,
    )
    uvloop.run(serve(sink, options.host, options.port))


if __name__ == "__main__":
    main()
