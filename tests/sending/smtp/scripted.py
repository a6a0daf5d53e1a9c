"""A mail server that does what a test tells it to: refuse, fall silent, hang up in mid-word."""

import asyncio
import ssl
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from staffetta.settings import Relay, Security

ALL = ("PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")
PIPELINED = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")
CHUNKED = ("CHUNKING", "8BITMIME")
PLAIN = ()

SILENCE = "silence"
HANG_UP = "hang up"


@dataclass
class Peer:
    """`answers` maps the beginning of a command line, or `. recipient` for the content, to what is answered.

    Like Exim, it keeps a transaction whose recipient was refused until RSET. `accepted` is what it answers for,
    whether or not the answer arrives.
    """

    offers: tuple[str, ...] = ALL
    answers: dict[str, str] = field(default_factory=dict)
    greeting: str = "220 scripted"
    wants_content_always: bool = False
    leaves_after_421: bool = True
    octets_until_cut: int | None = None
    tls: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    sessions: int = 0

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20, ssl=self.tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def relay(self, *, security: Security = Security.NONE, user: str = "", password: str = "") -> Relay:
        port = self._server.sockets[0].getsockname()[1]
        return Relay("127.0.0.1", port, security=security, user=user, password=password)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.sessions += 1
        try:
            await _Talk(self, reader, writer).run()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, _OverError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


class _OverError(Exception):
    pass


class _Talk:
    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer = peer
        self.reader = reader
        self.writer = writer
        self.sender: str | None = None
        self.recipient: str | None = None
        self.octets_left: int | None = None

    async def run(self) -> None:
        self.say(self.peer.greeting)
        while True:
            line = (await self.reader.readuntil(b"\r\n")).decode("utf-8", "replace").removesuffix("\r\n")
            self.peer.commands.append(line)
            content = None
            if line.startswith("BDAT"):
                content = await self.reader.readexactly(int(line.split()[1]))
            answer = self.scripted(line) or await self.done(line, content)
            if answer == SILENCE:
                await asyncio.sleep(3600)
            self.say(answer)
            if line == "QUIT":
                return

    def scripted(self, line: str) -> str | None:
        return next((answer for start, answer in self.peer.answers.items() if line.startswith(start)), None)

    def say(self, answer: str) -> None:
        if answer == HANG_UP:
            raise _OverError
        octets = answer.encode() + b"\r\n"
        if self.octets_left is not None:
            octets, self.octets_left = octets[: self.octets_left], self.octets_left - len(octets)
        self.writer.write(octets)
        if (self.octets_left is not None and self.octets_left <= 0) or (
            answer.startswith("421") and self.peer.leaves_after_421
        ):
            raise _OverError
        if answer.startswith("250-scripted"):
            self.octets_left = self.peer.octets_until_cut

    async def done(self, line: str, content: bytes | None) -> str:  # noqa: PLR0911 (a flat list of verbs)
        match line.partition(" ")[0]:
            case "EHLO":
                return "\r\n".join(f"250-{word}" for word in ("scripted", *self.peer.offers)) + "\r\n250 HELP"
            case "MAIL":
                return self.mail(line)
            case "RCPT" if self.sender is None:
                return "503 5.5.1 MAIL first"
            case "RCPT":
                self.recipient = line.partition("<")[2].partition(">")[0]
                return "250 2.1.5 Ok"
            case "DATA":
                return await self.data()
            case "BDAT":
                assert content is not None
                return self.take(content)
            case "RSET":
                self.sender = self.recipient = None
                return "250 2.0.0 Ok"
            case "QUIT":
                return "221 2.0.0 Bye"
        return "250 2.0.0 Ok"

    def mail(self, line: str) -> str:
        if self.sender is not None:
            return "503 5.5.1 sender already given"
        self.sender = line.partition("<")[2].partition(">")[0]
        return "250 2.1.0 Ok"

    async def data(self) -> str:
        if self.recipient is None and not self.peer.wants_content_always:
            return "503 5.5.1 RCPT first"
        self.say("354 go on")
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return self.take(b"".join(lines))

    def take(self, content: bytes) -> str:
        if self.recipient is None or self.sender is None:
            return "554 5.5.1 no valid recipients"
        sender, recipient = self.sender, self.recipient
        self.sender = self.recipient = None
        answer = self.scripted(f". {recipient}")
        if answer is None:
            self.peer.accepted.append((sender, recipient, content))
        return answer or f"250 2.0.0 queued {recipient}"
