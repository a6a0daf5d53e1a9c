"""The connection's octets: what is handed over, which replies are awaited, how long, and why it ended.

An `asyncio.Protocol` because a stream reader costs a future for each reply; here a batch of any size costs a handful.
"""

import asyncio
import ssl
from collections.abc import Sequence
from math import inf
from typing import cast

from staffetta.sending.smtp.model import Timeouts
from staffetta.sending.smtp.parsing import BrokenReply, RawReply, ReplyParser

# Octets that may wait in the transport before the writer is held up: enough to keep a fast link busy. What waits here
# is in doubt when the connection breaks.
HIGH_WATER_OCTETS = 262_144

SESSION_CLOSES = "the peer closes the session"


class ConnectionBroken(Exception):  # noqa: N818 (named for what it is about)
    """The connection is lost, or the peer speaks something else."""


class Wire(asyncio.Protocol):
    """One connection, as a series of exchanges: begin, hand over, await the answers.

    `replies` holds the answers of the exchange in hand, `lost` why the connection ended. One task at a time uses it.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self.replies: list[RawReply] = []
        self.lost = ""
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._parser = ReplyParser()
        # Seconds allowed for each reply of this exchange: as many replies are awaited. The first is the greeting.
        self._patience: list[float] = [timeouts.connect_seconds]
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = self._loop.time()
        self._is_paused = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether another exchange can begin."""
        return not (self.lost or self.farewell or self._transport.is_closing())

    @property
    def farewell(self) -> bool:
        """Whether the peer has said 421: it serves nothing more."""
        return self._parser.farewell

    @property
    def heard_intermediate(self) -> bool:
        """Whether the peer has answered 3xx since the exchange began."""
        return self._parser.intermediate

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is under it."""
        return self._transport.get_extra_info("sslcontext") is not None

    @property
    def idle_seconds(self) -> float:
        """How long ago the peer was last heard."""
        return self._loop.time() - self._heard_at

    def begin(self) -> None:
        """Forget the last exchange."""
        self.replies = []
        self._patience = []
        self._parser.intermediate = False

    def hand_over(self, octets: bytes | memoryview, patience: Sequence[float] = ()) -> None:
        """Give octets to the transport, and await one more reply for each of `patience`.

        Raises:
            ConnectionBroken: nothing of them has left.

        """
        if self.lost or self._transport.is_closing():
            raise ConnectionBroken(self.lost or "the connection is closed")
        self._patience += patience
        if self._timer is None or self._deadline == inf:
            self._allow_next()
        self._transport.write(octets)

    async def writable(self) -> None:
        """Wait until the transport takes more, or the peer wants no more.

        Raises:
            ConnectionBroken: it never will.

        """
        if self._is_paused:
            self._allow(self._timeouts.block_seconds)
        while self._is_paused and not self.lost and not self.farewell:
            await self._change()
        if self.lost:
            raise ConnectionBroken(self.lost)

    async def answered(self) -> list[RawReply]:
        """Return the replies of this exchange when all are there.

        Raises:
            ConnectionBroken: they will not come; `replies` has those that did.

        """
        while len(self.replies) < len(self._patience):
            if self.lost:
                raise ConnectionBroken(self.lost)
            await self._change()
        # The timer is left to find that nothing is awaited: to set one for each exchange is dear.
        self._deadline = inf
        return self.replies

    async def ask(self, line: bytes, seconds: float) -> RawReply:
        """Say one line and return its reply.

        Raises:
            ConnectionBroken: there is none.

        """
        self.begin()
        self.hand_over(line + b"\r\n", (seconds,))
        return (await self.answered())[0]

    async def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS under what follows.

        Raises:
            ConnectionBroken: the peer has said something in the clear that would count as said under TLS.
            OSError: the handshake failed.

        """
        # RFC 3207 §6, and the injections that were found in many clients since: nothing read before TLS may be left.
        if self.lost or not self._parser.is_between_replies:
            raise ConnectionBroken("the peer spoke on in the clear after STARTTLS")
        transport = await self._loop.start_tls(
            self._transport,
            self,
            context,
            server_hostname=host,
            ssl_handshake_timeout=self._timeouts.connect_seconds,
            ssl_shutdown_timeout=self._timeouts.quit_seconds,
        )
        if transport is None:
            raise ConnectionBroken("the connection was lost in the TLS handshake")
        self.connection_made(transport)

    def abort(self, reason: str) -> None:
        """Drop the connection at once."""
        self._lose(reason)
        self._transport.abort()

    async def close(self) -> None:
        """End the connection, and return when its socket is closed."""
        self._lose("the connection was closed by this side")
        self._transport.close()
        await asyncio.wait({self._gone}, timeout=self._timeouts.quit_seconds)
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio.Transport without being its subclasses.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER_OCTETS)
        self._allow_next()

    def data_received(self, data: bytes) -> None:
        heard = len(self.replies)
        try:
            self._parser.feed(data, self.replies)
        except BrokenReply as broken:
            self.abort(str(broken))
            return
        if len(self.replies) == heard:
            return
        self._heard_at = self._loop.time()
        if len(self.replies) > len(self._patience):
            self.abort(SESSION_CLOSES if self.farewell else "the peer answered what was not asked")
        elif len(self.replies) == len(self._patience):
            self._wake()
        elif self.farewell:
            self._allow(self._timeouts.quit_seconds)
            self._wake()
        else:
            self._allow_next()

    def eof_received(self) -> None:
        self._lose("the peer closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the connection was lost: {exc}" if exc else "the peer closed the connection")
        if not self._gone.done():
            self._gone.set_result(None)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._allow_next()
        self._wake()

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or reason
        self._rest()
        self._wake()

    async def _change(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _allow_next(self) -> None:
        if len(self.replies) < len(self._patience):
            self._allow(self._patience[len(self.replies)])

    def _allow(self, seconds: float) -> None:
        """Give the peer so long from now; a timer that is due earlier looks at the deadline again when it fires."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._rest()
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look_at_the_clock)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._loop.time() >= self._deadline:
            self.abort(SESSION_CLOSES if self.farewell else "the peer did not answer in time")
        elif self._deadline < inf:
            self._timer = self._loop.call_at(self._deadline, self._look_at_the_clock)
