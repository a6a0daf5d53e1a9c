"""Messages a second that the sender hands over and records as sent, beside a client that is not ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from urllib.parse import quote
from urllib.request import urlopen

import msgspec
import uvloop

from measuring.command import main
from measuring.databases import BEFORE_FIRST, fill_outbox, numbers
from measuring.figures import Fault, Figure
from measuring.handing_over import by_aiosmtplib, by_bare_protocol
from measuring.installations import Installation, Server, install
from measuring.loading import sign_up_path
from measuring.plans import Plan
from measuring.processes import Sink, null_sink
from staffetta.outbox import DeliveryState

BUDGETS: Mapping[str, float] = {
    "sender_64": 25_000,
    "sender_256": 25_000,
    "sender_64_to_aiosmtplib": 5,
    "sender_256_to_aiosmtplib": 5,
    "sender_plain_64_to_aiosmtplib": 2,
    "sender_plain_256_to_aiosmtplib": 2,
}
WINDOWS = (64, 256)
SINKS = {"sender": (), "sender_plain": ("--no-pipelining", "--no-chunking")}
MOST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Rates:
    ours: dict[int, list[float]] = field(default_factory=lambda: {window: [] for window in WINDOWS})
    bare: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)


def measure(plan: Plan) -> Iterator[Figure]:
    """Measure against a sink that takes a stream, and against one that wants each command by itself."""
    installation = install(plan, "sender")
    with installation.server() as server:
        content = _sample(installation, server)
    fill_outbox(installation, plan.messages)
    for name, options in SINKS.items():
        rates = _Rates()
        with null_sink(plan.folder, *options) as sink:
            for _ in range(plan.runs):
                rates.bare.append(uvloop.run(by_bare_protocol(sink.port, content, plan.messages)))
                rates.peer.append(uvloop.run(by_aiosmtplib(sink.port, content, plan.peer_messages)))
                for window in WINDOWS:
                    rates.ours[window].append(_send(installation.copied("sender-run"), sink, plan.messages, window))
        for window in WINDOWS:
            yield from _figures(f"{name}_{window}", rates, window, len(content))


def _figures(name: str, rates: _Rates, window: int, octets: int) -> Iterator[Figure]:
    yield Figure(
        name=name,
        unit="messages/s",
        values=rates.ours[window],
        budget=BUDGETS.get(name),
        limits=rates.bare,
        limit_is="the bare protocol with messages ready-made",
        note=f"{octets:,} octets each, outcomes committed, in-doubt window {window}",
    )
    yield Figure(
        name=f"{name}_to_aiosmtplib",
        unit="×",
        values=[ours / peer for ours, peer in zip(rates.ours[window], rates.peer, strict=True)],
        budget=BUDGETS.get(f"{name}_to_aiosmtplib"),
        note=f"aiosmtplib, one connection: {sorted(rates.peer)[len(rates.peer) // 2]:,.0f} messages/s",
    )


def _sample(installation: Installation, server: Server) -> bytes:
    """Return a mail as the platform writes it, caught because there is no relay yet."""
    with urlopen(server.url + sign_up_path(installation, confirm=True) + quote("ada@example.com")) as answer:
        answer.read()
    end = monotonic() + MOST_SECONDS
    while monotonic() < end:
        with urlopen(f"{server.url}/sandbox/mail.json") as answer:
            mails = msgspec.json.decode(answer.read())
        if mails:
            return b"\r\n".join(mails[0]["raw"].encode().splitlines()) + b"\r\n"
        sleep(0.05)
    raise Fault("the mail of a sign-up was not caught")


def _send(installation: Installation, sink: Sink, messages: int, window: int) -> float:
    """Start a server on a full outbox, and return how fast it came to an end with it, by its own records.

    Raises:
        Fault: not every delivery is recorded as sent, or the sink has taken more or fewer.

    """
    before = sink.messages
    with installation.server(relay=sink.relay, window=window):
        end = monotonic() + MOST_SECONDS
        while sink.messages - before < messages and monotonic() < end:
            sleep(0.05)
    arrived = sink.messages - before
    sent, begun, ended = numbers(
        installation,
        "SELECT count(*), min(first_tried_at), max(changed_at) FROM deliveries"
        f" WHERE state = {int(DeliveryState.SENT)} AND id > {BEFORE_FIRST}",
    )
    if not sent == arrived == messages:
        raise Fault(f"{messages} messages were ready, {sent} are recorded as sent, {arrived} arrived")
    return sent / (max(ended / 1_000_000, sink.last_at) - begun / 1_000_000)


if __name__ == "__main__":
    main({"sender": measure})
