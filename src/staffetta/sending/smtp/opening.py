"""From nothing to a session: connect, greeting, EHLO, TLS, AUTH."""

import asyncio
import base64
import re
import ssl
from functools import cache

from staffetta.sending.smtp.model import Capabilities, RelayUnavailable, Timeouts
from staffetta.sending.smtp.parsing import RawReply, read_capabilities, read_reply
from staffetta.sending.smtp.wire import ConnectionBroken, Wire
from staffetta.settings import Relay, Security

READY = b"220"
DONE = b"250"
AUTHENTICATED = b"235"
CONTINUE = b"334"
NO_SUCH_MECHANISM = b"504"

# RFC 4954 §4: a longer initial response must wait for the peer's 334. RFC 5321 §4.5.3.1.4: with CRLF 512 octets.
COMMAND_OCTETS = 510

# A domain or an address literal; above all, nothing that ends the line.
HELLO = re.compile(r"[!-~]{1,255}")


async def open_session(
    relay: Relay, hello: str, timeouts: Timeouts, tls: ssl.SSLContext | None
) -> tuple[Wire, Capabilities]:
    """Return a wire on which mail can be handed over, and what the peer offers.

    Raises:
        RelayUnavailable: there is no such session to be had.
        ValueError: `hello` is not a name that can be said.

    """
    if not HELLO.fullmatch(hello):
        raise ValueError(f"not a name for EHLO: {hello!r}")
    wire = await _connect(relay, timeouts, tls)
    try:
        return wire, await _Opening(wire, relay, hello, timeouts).run(tls)
    except BaseException as error:
        wire.abort("the session was not opened")
        if isinstance(error, ConnectionBroken | OSError):
            raise RelayUnavailable(f"no session: {error}") from error
        raise


@cache
def _verifying() -> ssl.SSLContext:
    """Return the context that trusts whom the machine trusts; reading its certificates takes tens of milliseconds."""
    return ssl.create_default_context()


async def _connect(relay: Relay, timeouts: Timeouts, tls: ssl.SSLContext | None) -> Wire:
    is_tls = relay.security is Security.TLS
    try:
        async with asyncio.timeout(timeouts.connect_seconds):
            _, wire = await asyncio.get_running_loop().create_connection(
                lambda: Wire(timeouts),
                relay.host,
                relay.port,
                ssl=(tls or _verifying()) if is_tls else None,
                ssl_shutdown_timeout=timeouts.quit_seconds if is_tls else None,
            )
    except (OSError, UnicodeError) as error:
        # Time-outs, TLS and names are OSErrors too; a host name with an impossible label is the other.
        raise RelayUnavailable(f"cannot connect: {error or type(error).__name__}") from error
    return wire


class _Opening:
    def __init__(self, wire: Wire, relay: Relay, hello: str, timeouts: Timeouts) -> None:
        self._wire = wire
        self._relay = relay
        self._hello = hello.encode()
        self._timeouts = timeouts

    async def run(self, tls: ssl.SSLContext | None) -> Capabilities:
        _expect((await self._wire.answered())[0], READY, "the relay does not serve")
        capabilities = await self._greet()
        if self._relay.security is Security.STARTTLS:
            await self._start_tls(capabilities, tls or _verifying())
            # RFC 3207 §4.2: what was learnt in the clear is forgotten.
            capabilities = await self._greet()
        if self._relay.user:
            await self._authenticate(capabilities)
        return capabilities

    async def _greet(self) -> Capabilities:
        raw = await self._ask(b"EHLO " + self._hello)
        if not raw.startswith(b"5"):
            _expect(raw, DONE, "EHLO was refused")
            return read_capabilities(raw)
        _expect(await self._ask(b"HELO " + self._hello), DONE, "HELO was refused")
        return Capabilities()

    async def _start_tls(self, capabilities: Capabilities, context: ssl.SSLContext) -> None:
        if not capabilities.starttls:
            raise RelayUnavailable("the relay does not offer STARTTLS", permanent=True)
        _expect(await self._ask(b"STARTTLS"), READY, "STARTTLS was refused")
        await self._wire.encrypt(context, self._relay.host)

    async def _authenticate(self, capabilities: Capabilities) -> None:
        if self._relay.security is not Security.NONE and not self._wire.is_encrypted:
            raise RelayUnavailable("a password is not sent in the clear", permanent=True)
        raw: RawReply | None = None
        for mechanism, exchange in (("PLAIN", self._auth_plain), ("LOGIN", self._auth_login)):
            if mechanism in capabilities.auth:
                raw = await exchange()
                # Some relays announce what they have switched off.
                if not raw.startswith(NO_SUCH_MECHANISM):
                    break
        if raw is None:
            raise RelayUnavailable("the relay offers neither AUTH PLAIN nor AUTH LOGIN", permanent=True)
        _expect(raw, AUTHENTICATED, "AUTH was refused")

    async def _auth_plain(self) -> RawReply:
        credentials = _base64(f"\0{self._relay.user}\0{self._relay.password}")
        line = b"AUTH PLAIN " + credentials
        if len(line) <= COMMAND_OCTETS:
            return await self._ask(line)
        raw = await self._ask(b"AUTH PLAIN")
        return await self._ask(credentials) if raw.startswith(CONTINUE) else raw

    async def _auth_login(self) -> RawReply:
        raw = await self._ask(b"AUTH LOGIN")
        for secret in (self._relay.user, self._relay.password):
            if not raw.startswith(CONTINUE):
                return raw
            raw = await self._ask(_base64(secret))
        return raw

    async def _ask(self, line: bytes) -> RawReply:
        return await self._wire.ask(line, self._timeouts.hello_seconds)


def _expect(raw: RawReply, code: bytes, otherwise: str) -> None:
    if not raw.startswith(code):
        reply = read_reply(raw)
        raise RelayUnavailable(f"{otherwise}: {reply}", reply=reply, permanent=raw.startswith(b"5"))


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())
