"""A real mail server that records what it takes and, for some addresses, answers what a test tells it to."""

import asyncio
import re
import ssl
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from scenarios.process import free_port

LINK = r"https?://\S+/{}/[^\s>]+"


class _Controller(Controller):
    """Ends its sessions before its event loop, so that no connection of a client outlives it."""

    def hang_up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result()

    def factory(self) -> SMTP:
        session: SMTP = super().factory()
        self._sessions = [*getattr(self, "_sessions", []), session]
        return session

    async def _hang_up(self) -> None:
        if self.server:
            self.server.close()
        for session in getattr(self, "_sessions", []):
            if session.transport:
                session.transport.abort()
        await asyncio.sleep(0.05)  # transports are closed in later turns of the loop


@dataclass(frozen=True)
class Received:
    """A mail that the server has answered for."""

    sender: str
    recipient: str
    encrypted: bool
    user: str
    message: EmailMessage

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body
        return str(body.get_content())

    def link(self, purpose: str) -> str:
        """Return the address of the page for a purpose: c confirms, u unsubscribes, p is the profile."""
        found = re.search(LINK.format(purpose), self.text)
        assert found, self.text
        return found[0]


@dataclass
class MailServer:
    """`answers_to_rcpt` and `answers_to_data` map the beginning of an address to what is answered to it.

    Mail to an address that begins as one of `holds` is taken and answered for when it is none of them any more.
    """

    port: int = field(default_factory=free_port)
    answers_to_rcpt: dict[str, str] = field(default_factory=dict)
    answers_to_data: dict[str, str] = field(default_factory=dict)
    drops_after_data: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    delay_seconds: float = 0.0
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        security: dict[str, Any] = {}
        if self.tls:
            security = {"tls_context": self.tls, "require_starttls": True}
        if self.user:
            security |= {"authenticator": self._authenticate, "auth_required": True}
        self._controller = _Controller(self, "127.0.0.1", self.port, enable_SMTPUTF8=True, **security)
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.hang_up()
        self._controller.stop()

    def relay(self, **options: object) -> str:
        """Return the relay's URL as the setting has it."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        host = "localhost" if self.tls else "127.0.0.1"
        user = f"{self.user}:{self.password}@" if self.user else ""
        return f"smtp://{user}{host}:{self.port}?{query}"

    def to(self, address: str) -> list[Received]:
        return [each for each in self.received if each.recipient == address]

    def taken(self) -> Counter[str]:
        """Return how often each Message-ID was answered for."""
        return Counter(str(each.message["Message-ID"]) for each in self.received)

    def _authenticate(self, *about: object) -> AuthResult:
        given = about[-1]
        assert isinstance(given, LoginPassword)
        right = given == LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=right, auth_data=given.login.decode())

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = _answer(self.answers_to_rcpt, address)
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay_seconds)
        [recipient] = envelope.rcpt_tos
        while any(recipient.startswith(each) for each in self.holds):  # noqa: ASYNC110 - the test is another thread
            await asyncio.sleep(0.01)
        answer = _answer(self.answers_to_data, recipient)
        if answer:
            return answer
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        user = session.auth_data if session.authenticated else ""
        self.received.append(Received(envelope.mail_from or "", recipient, bool(session.ssl), user, message))
        if any(recipient.startswith(each) for each in self.drops_after_data):
            assert server.transport
            server.transport.abort()
        return "250 2.0.0 Ok"


def _answer(answers: dict[str, str], address: str) -> str:
    return next((answer for beginning, answer in answers.items() if address.startswith(beginning)), "")
