"""What reaches the HTTP parser: heads made readable that real clients send and the parser refuses, and heads bounded.

A request line may hold raw blanks and raw octets of UTF-8 or windows-1252; they are percent-escaped. Nothing else of a
request is touched, bodies above all, but for an `Upgrade` nobody serves, which RFC 9110 §7.8 lets a server ignore and
which makes the parser lose the body (Java's client sends one with each request).
"""

import asyncio
import re
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from staffetta.interfaces.corking import Corked

# The parser of targets takes 65,535 octets at most; addresses in the wild stay under 8 KiB.
MOST_HEAD_OCTETS = 65_535
MOST_HEADERS = 100

REFUSALS = {
    400: b"The request is not HTTP/1.1.",
    414: b"The address of the request is too long.",
    431: b"The headers of the request are too large.",
}

# What the parser can have as it is; one pattern, because each request pays for it and calls cost more than octets.
PLAIN_HEAD = re.compile(
    rb"[A-Z]+ [!-~]++ HTTP/1\.[01]\r\n(?:[^\r\nUu].*+\n|[Uu](?!(?i:pgrade:)).*+\n){0,%d}+\r\n" % MOST_HEADERS
)
ROUGH_LINE = re.compile(rb"([A-Z]+ +)([^\n]+)( HTTP/1\.[01]\r\n)")
# No head may hold bare line feeds; one that ends in them is complete all the same, to be refused at once.
HEAD_END = re.compile(rb"\n\r?\n")
UPGRADE = re.compile(rb"(?im)^upgrade:.*\r\n")
UPGRADE_TO_WEBSOCKET = re.compile(rb"(?im)^upgrade:[ \t]*websocket[ \t]*\r\n")
UNREADABLE = re.compile(rb"[^!-~]")
ESCAPES = [b"%%%02X" % octet for octet in range(256)]


class LenientHttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, given whole heads only, each with a readable request line.

    Pass it to `uvicorn.Config(http=…)`. A head that is too large is answered 414 or 431; one that does not arrive in
    time ends the connection.
    """

    head_seconds = 30.0
    linger_seconds = 2.0  # how long the rest of a refused request is read and dropped

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._between = True  # the next octet begins a message
        self._held = bytearray()  # a head that is not complete
        self._body_octets: int | None = None  # still to come; 0 if only the parser knows; None before anybody asked
        self._refused = False
        self._due_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(cast("asyncio.Transport", Corked(transport, self.loop)))
        self._due_at = self.loop.time() + self.head_seconds
        self._timer = self.loop.call_later(self.head_seconds, self._close_if_due)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._between and (plain := PLAIN_HEAD.match(data, 0, MOST_HEAD_OCTETS)):
            # Each request comes by here: super() and a call more would cost as much again as the rest.
            self._between = False
            self._due_at = None
            end = plain.end()
            HttpToolsProtocol.data_received(self, data[:end])
            if end == len(data):
                return
            data = data[end:]
        while data and not self._refused and not self.transport.is_closing():
            data = self._take_head(data) if self._between or self._held else self._take_body(data)

    def on_message_complete(self) -> None:
        self._between = True
        HttpToolsProtocol.on_message_complete(self)

    def _take_head(self, data: bytes) -> bytes:
        """Hold what came of a head, or give the whole head to the parser; return what follows it."""
        held = len(self._held)
        self._held += data if held else data.lstrip(b"\r\n")
        end = HEAD_END.search(self._held, max(held - 2, 0))
        if end is None and len(self._held) <= MOST_HEAD_OCTETS:
            self._wait_for_the_rest()
            return b""

        octets = end.end() if end else len(self._held)
        head, rest = bytes(self._held[:octets]), bytes(self._held[octets:])
        self._held.clear()
        self._take_whole_head(head)
        return rest

    def _take_whole_head(self, head: bytes) -> None:
        if len(head) > MOST_HEAD_OCTETS:
            self._refuse(431 if b"\n" in head[:MOST_HEAD_OCTETS] else 414)
        elif head.count(b"\n") > MOST_HEADERS + 2:
            self._refuse(431)
        elif (line := ROUGH_LINE.match(head)) is None:
            self._refuse(400)
        else:
            head = with_readable_line(head, line)
            if self.ws_protocol_class is None or not UPGRADE_TO_WEBSOCKET.search(head):
                head = UPGRADE.sub(b"", head)
            if len(head) > MOST_HEAD_OCTETS:
                self._refuse(414)
            else:
                self._parse(head)

    def _parse(self, head: bytes) -> None:
        self._between = False
        self._due_at = None
        super().data_received(head)

    def _take_body(self, data: bytes) -> bytes:
        """Give the parser no more than the rest of the message; return what follows it."""
        if self._body_octets is None:
            self._body_octets = self._declared_octets()
        cut = self._body_octets or possible_end(data)
        piece, rest = data[:cut], data[cut:]
        self._body_octets = max(self._body_octets - len(piece), 0)
        super().data_received(piece)
        if self._between:
            self._body_octets = None
        return rest

    def _declared_octets(self) -> int:
        # The parser has checked the header: one, of digits, and not beside Transfer-Encoding. Python's int() refuses
        # what is longer than any number the parser takes: thousands of leading zeros.
        return next((int(value.lstrip(b"0") or b"0") for name, value in self.headers if name == b"content-length"), 0)

    def _wait_for_the_rest(self) -> None:
        if not self._held:
            return
        if not self._held[:1].isalpha():
            self._refuse(400)  # TLS, or noise
            return
        self._between = False
        self._unset_keepalive_if_required()
        if self._due_at is None:
            self._due_at = self.loop.time() + self.head_seconds
            if self._timer is None:
                self._timer = self.loop.call_later(self.head_seconds, self._close_if_due)

    def _close_if_due(self) -> None:
        # One timer looks whether a head is overdue: arming one for each request would cost more than the check.
        self._timer = None
        if self._due_at is None:
            return
        seconds = self._due_at - self.loop.time()
        if seconds > 0:
            self._timer = self.loop.call_later(seconds, self._close_if_due)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        text = REFUSALS[status]
        headers = [*self.server_state.default_headers, (b"content-type", b"text/plain; charset=utf-8")]
        headers += [(b"content-length", b"%d" % len(text)), (b"connection", b"close")]
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + text)
        # Closed at once, the octets still unread would reset the connection, and the answer would be lost with it.
        self._refused, self._between = True, False
        self._due_at = self.loop.time() + self.linger_seconds
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(self.linger_seconds, self._close_if_due)


def with_readable_line(head: bytes, line: re.Match[bytes]) -> bytes:
    """Return the head with what no target may hold percent-escaped in its request line."""
    target = UNREADABLE.sub(lambda octet: ESCAPES[octet[0][0]], line[2])
    return b"".join((line[1], target, line[3], head[line.end() :]))


def possible_end(data: bytes) -> int:
    """Return the length of a piece of a chunked body that holds no octet beyond the body's end.

    The body ends in an empty line, of which the segment before may have brought all but the last octets.
    """
    end = data.find(b"\n", 0, 3)
    if end >= 0:
        return end + 1
    end = data.find(b"\r\n\r\n")
    return end + 4 if end >= 0 else len(data)
