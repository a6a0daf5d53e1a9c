"""One session with one relay: batch after batch handed over, one outcome for each envelope."""

import ssl
from collections.abc import Sequence
from time import monotonic
from typing import Self

from staffetta.sending.smtp.dialogue import Dialogue
from staffetta.sending.smtp.judging import is_refusal
from staffetta.sending.smtp.model import (
    STANDARD_TIMEOUTS,
    Accepted,
    Capabilities,
    Envelope,
    Outcome,
    Rejected,
    Timeouts,
    Untouched,
)
from staffetta.sending.smtp.opening import open_session
from staffetta.sending.smtp.preparing import Prepared, prepare
from staffetta.sending.smtp.streaming import stream
from staffetta.sending.smtp.wire import SESSION_CLOSES, ConnectionBroken, Wire
from staffetta.settings import Relay


class Connection:
    """A session with a relay; one task at a time uses it."""

    def __init__(self, wire: Wire, capabilities: Capabilities, timeouts: Timeouts) -> None:
        self.capabilities = capabilities
        self._wire = wire
        self._timeouts = timeouts
        self._dialogue = Dialogue(wire, capabilities, timeouts)
        self._is_busy = False
        # Whether it has taken a message.
        self.has_accepted = False
        # How many batches it has begun to hand over.
        self.batches = 0
        # Whether to hand over several at once: not before it has taken one, where the session before took none.
        self.is_on_trial = False
        self._talked = 0.0

    @classmethod
    async def open(
        cls, relay: Relay, *, hello: str, timeouts: Timeouts = STANDARD_TIMEOUTS, tls: ssl.SSLContext | None = None
    ) -> Self:
        """Connect, greet, encrypt and log in as the relay's settings say.

        Certificates are verified unless `tls` says otherwise.

        Raises:
            RelayUnavailable: the relay cannot be reached, or refuses.
            ValueError: `hello` is not a name that can be said.

        """
        wire, capabilities = await open_session(relay, hello, timeouts, tls)
        return cls(wire, capabilities, timeouts)

    @property
    def is_open(self) -> bool:
        """Whether a further batch has a chance."""
        return self._wire.is_open

    @property
    def is_proven(self) -> bool:
        """Whether there is no reason to expect that it hangs up on what it gets."""
        return self.has_accepted or not self.is_on_trial

    @property
    def streams(self) -> bool:
        """Whether a batch is handed over as one stream, and not message by message."""
        return self.capabilities.pipelining and self.capabilities.chunking

    def talked(self) -> float:
        """Return for how many seconds batches were handed over and answered since this was asked last."""
        talked, self._talked = self._talked, 0.0
        return talked

    async def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Hand over a batch and return one outcome for each envelope, in their order.

        What the peer does is an outcome, never an exception. When the task is cancelled the connection is dropped, and
        the whole batch is in doubt.
        """
        if self._is_busy:
            raise RuntimeError("a connection serves one task at a time")
        prepared = [prepare(envelope, self.capabilities) for envelope in envelopes]
        batch = [each for each in prepared if isinstance(each, Prepared)]
        self._is_busy = True
        self.batches += 1
        begun = monotonic()
        try:
            outcomes = iter(await self._hand_over(batch))
        except BaseException:
            self._wire.abort("the batch was given up")
            raise
        finally:
            self._is_busy = False
            self._talked += monotonic() - begun
        if not self._wire.is_open:
            self._wire.abort("the session is over")
        results = [each if isinstance(each, Rejected) else next(outcomes) for each in prepared]
        self.has_accepted = self.has_accepted or any(isinstance(each, Accepted) for each in results)
        return results

    async def close(self) -> None:
        """Say QUIT and close, within a bounded time; in the middle of a batch, drop the connection.

        A repeat does nothing.
        """
        if self._is_busy:
            self._wire.abort("the connection was closed in the middle of a batch")
        try:
            if self._wire.is_open:
                await self._wire.ask(b"QUIT", self._timeouts.quit_seconds)
        except ConnectionBroken:
            pass  # It is over either way.
        finally:
            await self._wire.close()

    async def _hand_over(self, batch: Sequence[Prepared]) -> list[Outcome]:
        if not batch:
            return []
        try:
            await self._rouse()
        except ConnectionBroken as broken:
            return [Untouched(str(broken)) for _ in batch]
        if self.streams:
            return await stream(self._wire, batch, self._timeouts)
        return await self._dialogue.send(batch)

    async def _rouse(self) -> None:
        """Make sure, after a rest, that the peer is still there."""
        reply = None
        if self._wire.is_open and self._wire.idle_seconds > self._timeouts.rest_seconds:
            reply = await self._wire.ask(b"RSET", self._timeouts.mail_seconds)
        if not self._wire.is_open or is_refusal(reply):
            raise ConnectionBroken(self._wire.lost or SESSION_CLOSES)
