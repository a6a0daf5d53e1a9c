"""From nothing to a session: against a real server where there is one, against a script for what it never does."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import trustme
import uvloop
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from sending.smtp.scripted import ALL, PLAIN, Peer
from staffetta.sending.smtp import Accepted, Capabilities, Connection, Envelope, RelayUnavailable, Timeouts
from staffetta.settings import Relay, Security

# The server warns of passwords without TLS, which is what some of these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

AUTHORITY = trustme.CA()
CONTENT = b"Subject: one\r\n\r\n.hidden\r\n"
IMPATIENT = Timeouts(connect_seconds=1.0, hello_seconds=1.0, quit_seconds=1.0)


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


class Kept(Message):
    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []

    def handle_message(self, message) -> None:
        self.subjects.append(message["Subject"])


@asynccontextmanager
async def aiosmtpd(handler: Kept, *, implicit_tls: bool = False, **options) -> AsyncIterator[int]:
    def log_in(server, session, envelope, mechanism, data) -> AuthResult:
        is_known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            b"ada",
            "s3crèt".encode(),
        )
        return AuthResult(success=is_known, handled=False)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="peer.example", authenticator=log_in, loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=server_context() if implicit_tls else None,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def deliver(relay: Relay) -> list[type]:
    connection = await Connection.open(relay, hello="me.example", tls=client_context())
    outcomes = await connection.send([Envelope("a@example.com", f"{name}@example.org", CONTENT) for name in "xyz"])
    await connection.close()
    return [type(each) for each in outcomes]


@pytest.mark.parametrize("security", Security)
@pytest.mark.parametrize("user", ["", "ada"])
async def test_a_real_server_is_spoken_to(security, user):
    kept = Kept()
    options = {"tls_context": server_context()} if security is Security.STARTTLS else {}

    async with aiosmtpd(
        kept,
        implicit_tls=security is Security.TLS,
        auth_required=bool(user),
        auth_require_tls=security is Security.STARTTLS,
        **options,
    ) as port:
        delivered = await deliver(Relay("127.0.0.1", port, security=security, user=user, password="s3crèt"))

    assert delivered == [Accepted] * 3
    assert kept.subjects == ["one"] * 3


@pytest.mark.parametrize("security", Security)
def test_it_does_as_well_on_uvloop(security):
    async def scenario() -> list[type]:
        options = {"tls_context": server_context()} if security is Security.STARTTLS else {}
        async with aiosmtpd(Kept(), implicit_tls=security is Security.TLS, **options) as port:
            return await deliver(Relay("127.0.0.1", port, security=security))

    assert uvloop.run(scenario()) == [Accepted] * 3


@pytest.mark.parametrize("excluded", [["PLAIN"], ["LOGIN"]])
async def test_either_mechanism_logs_in(excluded):
    async with aiosmtpd(Kept(), auth_required=True, auth_require_tls=False, auth_exclude_mechanism=excluded) as port:
        delivered = await deliver(Relay("127.0.0.1", port, user="ada", password="s3crèt"))

    assert delivered == [Accepted] * 3


async def test_a_wrong_password_is_permanent():
    async with aiosmtpd(Kept(), auth_require_tls=False) as port:
        with pytest.raises(RelayUnavailable) as caught:
            await Connection.open(Relay("127.0.0.1", port, user="ada", password="wrong"), hello="me.example")

    assert caught.value.permanent
    assert caught.value.reply is not None
    assert caught.value.reply.code == 535
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_that_nobody_vouches_for_is_refused(security):
    options = {"tls_context": server_context()} if security is Security.STARTTLS else {}

    async with aiosmtpd(Kept(), implicit_tls=security is Security.TLS, **options) as port:
        with pytest.raises(RelayUnavailable, match=r"(?i)certificate") as caught:
            await Connection.open(Relay("127.0.0.1", port, security=security), hello="me.example")

    assert not caught.value.permanent


async def test_a_long_password_waits_for_the_prompt():
    answers = {"AUTH PLAIN": "334 ", "AGFkYQ": "235 welcome"}

    async with Peer((*ALL, "AUTH PLAIN"), answers) as peer:
        connection = await Connection.open(peer.relay(user="ada", password="x" * 500), hello="me.example")
        await connection.close()

    assert peer.commands[1] == "AUTH PLAIN"


async def test_a_mechanism_that_is_announced_but_switched_off_is_passed_over():
    answers = {"AUTH PLAIN": "504 5.5.4 not here", "AUTH LOGIN": "334 VXNlcm5hbWU6", "YWRh": "334 x", "cHc=": "235 Ok"}

    async with Peer((*ALL, "AUTH LOGIN PLAIN"), answers) as peer:
        connection = await Connection.open(peer.relay(user="ada", password="pw"), hello="me.example")
        await connection.close()

    assert [line.split()[0] for line in peer.commands] == ["EHLO", "AUTH", "AUTH", "YWRh", "cHc=", "QUIT"]


@pytest.mark.parametrize(
    ("peer", "security", "user", "permanent", "code"),
    [
        (Peer(greeting="554 5.7.1 not you"), Security.NONE, "", True, 554),
        (Peer(greeting="421 4.3.2 too many"), Security.NONE, "", False, 421),
        (Peer(greeting="hello"), Security.NONE, "", False, None),
        (Peer(answers={"EHLO": "451 4.3.0 later"}), Security.NONE, "", False, 451),
        (Peer(answers={"EHLO": "502 no", "HELO": "550 5.7.1 no"}), Security.NONE, "", True, 550),
        (Peer(answers={"EHLO": "hang up"}), Security.NONE, "", False, None),
        (Peer(answers={"EHLO": "silence"}), Security.NONE, "", False, None),
        (Peer(), Security.STARTTLS, "", True, None),
        (Peer(("STARTTLS",), {"STARTTLS": "454 4.7.0 not now"}), Security.STARTTLS, "", False, 454),
        (Peer(("STARTTLS",), {"STARTTLS": "220 go\r\n250 injected"}), Security.STARTTLS, "", False, None),
        (Peer(("STARTTLS",), {"STARTTLS": "220 go\r\n250-inj"}), Security.STARTTLS, "", False, None),
        (Peer(("STARTTLS",), {"STARTTLS": "220 go"}), Security.STARTTLS, "", False, None),
        (Peer(("AUTH CRAM-MD5",)), Security.NONE, "ada", True, None),
        (Peer(("AUTH LOGIN",), {"AUTH": "454 4.7.0 later"}), Security.NONE, "ada", False, 454),
        (Peer(("AUTH PLAIN",), {"AUTH": "421 4.3.2 bye"}), Security.NONE, "ada", False, 421),
    ],
)
async def test_what_a_peer_refuses_is_told(peer, security, user, permanent, code):
    async with peer:
        with pytest.raises(RelayUnavailable) as caught:
            await Connection.open(peer.relay(security=security, user=user), hello="me.example", timeouts=IMPATIENT)

    assert caught.value.permanent == permanent
    assert (caught.value.reply.code if caught.value.reply else None) == code


@pytest.mark.parametrize("injected", [b"250-AUTH PLAIN\r\n", b"250 done\r\n", b"2"])
async def test_what_was_said_before_tls_does_not_count_after_it(injected):
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(b"250-me\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n" + injected)
        with suppress(OSError):
            await writer.start_tls(server_context())
            while line := await reader.readline():
                writer.write(b"235 welcome\r\n" if line.startswith(b"AUTH") else b"250 AUTH PLAIN\r\n")
        writer.close()
        served.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        relay = Relay("127.0.0.1", server.sockets[0].getsockname()[1], security=Security.STARTTLS, user="ada")
        with pytest.raises(RelayUnavailable, match="in the clear"):
            await Connection.open(relay, hello="me.example", tls=client_context())
        await served.wait()


async def test_no_password_is_said_before_tls():
    async with Peer(("AUTH PLAIN",)) as peer:
        with pytest.raises(RelayUnavailable):
            await Connection.open(peer.relay(security=Security.STARTTLS, user="ada"), hello="me.example")

    assert peer.commands == ["EHLO me.example"]


async def test_a_port_where_nobody_listens_is_unavailable():
    async with Peer() as peer:
        relay = peer.relay()

    with pytest.raises(RelayUnavailable, match="cannot connect"):
        await Connection.open(relay, hello="me.example")


async def test_a_host_that_cannot_exist_is_unavailable():
    with pytest.raises(RelayUnavailable, match="cannot connect"):
        await Connection.open(Relay("x" * 70 + ".example"), hello="me.example")


async def test_a_peer_without_ehlo_is_greeted_the_old_way():
    async with Peer(PLAIN, {"EHLO": "502 5.5.1 what"}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        outcomes = await connection.send([Envelope("a@example.com", "x@example.org", CONTENT)])
        await connection.close()

    assert connection.capabilities == Capabilities()
    assert [type(each) for each in outcomes] == [Accepted]
    assert peer.commands[:2] == ["EHLO me.example", "HELO me.example"]


async def test_what_a_peer_offers_is_known():
    async with Peer() as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        await connection.close()

    assert connection.capabilities == Capabilities(
        pipelining=True, chunking=True, eight_bit_mime=True, smtputf8=True, size=1_000_000
    )


@pytest.mark.parametrize("hello", ["", "me example", "me\r\nRSET", "mé.example"])
async def test_a_name_that_cannot_be_said_is_our_own_mistake(hello):
    with pytest.raises(ValueError, match="EHLO"):
        await Connection.open(Relay("127.0.0.1"), hello=hello)
