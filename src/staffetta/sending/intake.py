"""The intake: an SMTP server for the bounce domain alone, which relays nothing and keeps no mail.

Promise: a mail that was answered 250 has had its effect in the database. One that was not is sent again by whoever
sends it, and recording it twice changes nothing; so a crash loses and doubles nothing.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from staffetta.campaigns import Patience
from staffetta.db import Database, DatabaseUnavailable
from staffetta.kit.clock import utc_now
from staffetta.kit.counting import RETURNS, RETURNS_REFUSED
from staffetta.sending.doorkeeping import Doorkeeper
from staffetta.sending.mime import read_part
from staffetta.sending.reports import MOST_OCTETS, one_line, read_report
from staffetta.sending.returning import Address, Deed, Return, read_address, take_in, understand
from staffetta.settings import Settings
from staffetta.tracking import Signer

log = structlog.get_logger()
T = TypeVar("T")

# A mail that came back may have all its attachments with it; what stands behind the first mebibyte is passed over.
MOST_SENT_OCTETS = 52_428_800
LONGEST_LINE = 65_536
# RFC 5321 §4.5.3.1.8.
MOST_RECIPIENTS = 100
# RFC 5321 §4.5.3.2.7. A mail and its transfer have as long, however it trickles.
IDLE_SECONDS = 300.0
# How often a command may come in one connection; relays bring many reports by one.
MOST_COMMANDS = {"*": 100, "MAIL": 5_000, "RCPT": 10_000, "DATA": 5_000, "RSET": 5_000}
GRACE_SECONDS = 10.0
BACKLOG = 128
# What is longer is read in a thread: it takes some milliseconds.
READ_AT_ONCE_OCTETS = 65_536
LONGEST_PROOF = 300
NOBODYS = ("<>", "")

OVER = "421 4.7.0 too many for now, come back later"
NOT_HERE = "550 5.7.1 this server takes mail to the bounce domain only"
NO_SUCH_ADDRESS = "550 5.1.1 there is no such address"
NOT_FOR_PEOPLE = "550 5.7.1 programs read this address, and take reports only: please write to the sender instead"
NOT_NOW = "451 4.3.0 not now: it could not be recorded"
RECORDED = "250 2.0.0 recorded"


class Intake:
    """Takes mail to the bounce domain in until it is stopped; without a listener it only waits for that."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        signer: Signer,
        *,
        listener: socket.socket | None,
        wake_sender: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._database = database
        self._signer = signer
        self._listener = listener
        self._wake_sender = wake_sender
        self._domain = settings.bounce_domain.lower()
        self._patience = Patience(settings.soft_bounces, timedelta(days=settings.soft_bounce_days))
        self._stopping = asyncio.Event()
        self.doorkeeper = Doorkeeper(spared=settings.trusted_proxies, limited=settings.limited)
        self.sessions: set[IntakeSession] = set()

    def stop(self) -> None:
        """Take no more connections; `run` returns when the mails in transfer are recorded, or time is up."""
        self._stopping.set()

    async def run(self) -> None:
        """Take mail in until `stop`."""
        # What it logs has addresses in it, and nothing that operators need.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        if self._listener is None:
            await self._stopping.wait()
            return
        loop = asyncio.get_running_loop()
        server = await loop.create_server(partial(IntakeSession, self, loop), sock=self._listener, backlog=BACKLOG)
        await self._stopping.wait()
        server.close()
        await self._finish(loop.time() + GRACE_SECONDS)

    async def _finish(self, deadline: float) -> None:
        while busy := [each for each in self.sessions if each.close_if_idle()]:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            await asyncio.wait([each.task() for each in busy], timeout=min(left, 0.1))
        for each in list(self.sessions):
            each.close()

    async def handle_RCPT(  # noqa: N802 - the names and order are aiosmtpd's
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take an address of the bounce domain that is genuine, and no other."""
        ip = _ip(session.peer)
        local_part, _, domain = address.rpartition("@") if "@" in address else (address, "", self._domain)
        if domain.lower() != self._domain:
            refusal = ("domain", NOT_HERE)
        elif read_address(self._signer, local_part) is None:
            refusal = ("address", NO_SUCH_ADDRESS)
        elif len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        else:
            envelope.rcpt_tos.append(local_part)
            return "250 2.1.5 OK"
        RETURNS_REFUSED.labels(refusal[0]).inc()
        return refusal[1] if self.doorkeeper.bears_a_guess(ip) else OVER

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Record what a mail says, for each of its addresses; the answer comes after the commit."""
        content = bytes(envelope.original_content or b"")
        if len(content) > READ_AT_ONCE_OCTETS:
            returns = await asyncio.to_thread(self._understand, content, envelope)
        else:
            returns = self._understand(content, envelope)
        deeds = [each.deed for each in returns]
        if any(each.changes_something for each in deeds):
            deeds = await self._record(returns, ip=_ip(session.peer))
        for each, deed in zip(returns, deeds, strict=True):
            RETURNS.labels(deed).inc()
            log.info("mail came back", deed=deed.value, account=each.token.account_id, sending=each.token.sending_id)
        if Deed.LEAVE in deeds:
            self._wake_sender()
        nobodys = envelope.mail_from in NOBODYS
        return NOT_FOR_PEOPLE if set(deeds) == {Deed.UNKNOWN} and not nobodys else RECORDED

    async def _record(self, returns: list[Return], *, ip: str) -> list[Deed]:
        return await self._database.write_across(
            take_in,
            returns,
            # Where a mail server of ours hands it on, nobody knows where it came from.
            ip="" if self.doorkeeper.spares(ip) else ip,
            patience=self._patience,
            url_of=self._settings.url_of,
            now=utc_now(),
        )

    async def handle_exception(self, error: Exception) -> str:
        """Answer what went wrong with us so that the mail comes again."""
        if isinstance(error, DatabaseUnavailable):
            log.error("the intake waits for the database")
        else:
            log.error("the intake failed", exc_info=error)
        return NOT_NOW

    def _understand(self, content: bytes, envelope: Envelope) -> list[Return]:
        said = read_report(content)
        identifier = one_line(read_part(content).fields.get("message-id", ""))
        proof = f"mail to List-Unsubscribe {identifier}"[:LONGEST_PROOF].rstrip()
        known = (read_address(self._signer, each) for each in dict.fromkeys(envelope.rcpt_tos))
        return [
            understand(self._signer, self._domain, each, said, proof=proof)
            for each in known
            if isinstance(each, Address)
        ]


class IntakeSession(SMTP):
    """One connection; of a mail it keeps as much as a report can need."""

    line_length_limit = LONGEST_LINE

    def __init__(self, intake: Intake, loop: asyncio.AbstractEventLoop) -> None:
        settings = intake._settings  # noqa: SLF001 - a part of the intake
        super().__init__(
            intake,
            data_size_limit=MOST_SENT_OCTETS,
            hostname=settings.hello or settings.bounce_domain,
            ident="ESMTP",
            timeout=IDLE_SECONDS,
            command_call_limit=MOST_COMMANDS,
            loop=loop,
        )
        self._intake = intake
        self._is_in = False
        self.is_busy = False

    def task(self) -> "asyncio.Task[None]":
        """What talks to the peer."""
        return _there(self._handler_coroutine)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a peer in, or tell it to come back later."""
        self._is_in = self._intake.doorkeeper.let_in(_ip(transport.get_extra_info("peername")))
        if not self._is_in:
            RETURNS_REFUSED.labels("connection").inc()
            cast("asyncio.Transport", transport).write(f"{OVER}\r\n".encode())
            transport.close()
            return
        self._intake.sessions.add(self)
        super().connection_made(transport)
        self.task().add_done_callback(_looked_at)

    def data_received(self, data: bytes) -> None:
        if self._is_in:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._is_in else False

    def connection_lost(self, error: Exception | None) -> None:
        if not self._is_in:
            return
        self._intake.doorkeeper.let_out(_ip(_there(self.session).peer))
        self._intake.sessions.discard(self)
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        """Answer; after a 421 nothing more is said (RFC 5321 §3.8)."""
        answer = status if isinstance(status, bytes) else status.encode("ascii", "replace")
        await super().push(answer)
        if answer.startswith(b"421"):
            self.close()

    def close_if_idle(self) -> bool:
        """Close the connection unless a mail is in transfer; tell whether one is."""
        if not self.is_busy:
            self.close()
        return self.is_busy

    def close(self) -> None:
        """Close the connection."""
        if self.transport is not None:
            self.transport.close()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's
        """Read a mail: all of it, so that the peer hears the answer, and keep its beginning."""
        envelope = _there(self.envelope)
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 there is no recipient")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.is_busy = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            content, octets = await self._read_mail()
            if octets > MOST_SENT_OCTETS:
                answer = "552 5.3.4 the mail is too long"
            else:
                envelope.content = envelope.original_content = content
                answer = await self._intake.handle_DATA(self, _there(self.session), envelope)
            self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it untyped
            await self.push(answer)
        finally:
            self.is_busy = False

    async def _read_mail(self) -> tuple[bytes, int]:
        """Return the beginning of a mail, its dots taken away, and how long it was."""
        kept = bytearray()
        octets, begins_a_line = 0, True
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
                ends = True
            except asyncio.LimitOverrunError as error:
                line = await self._reader.readexactly(error.consumed)
                ends = False
            if begins_a_line and line == b".\r\n":
                return bytes(kept), octets
            octets += len(line)
            if len(kept) < MOST_OCTETS:
                kept += line[1:] if begins_a_line and line.startswith(b".") else line
            begins_a_line = ends


def _ip(peer: Any) -> str:
    return str(peer[0]) if peer else ""


def _there(value: T | None) -> T:
    """Return what aiosmtpd has once a connection is made, and its types cannot say so."""
    if value is None:
        raise RuntimeError("there is no connection")
    return value


def _looked_at(task: "asyncio.Task[None]") -> None:
    """Let a peer that went away be no failure of ours, and everything else be seen."""
    error = None if task.cancelled() else task.exception()
    if error and not isinstance(error, ConnectionError):
        log.error("the intake failed", exc_info=error)
