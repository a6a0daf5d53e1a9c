"""Campaigns as an integrator launches them: messages a second from the launch to the last outcome committed."""

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep, time
from urllib.parse import quote, urlsplit

import uvloop

from measuring.command import main
from measuring.databases import fill_people, numbers
from measuring.figures import Fault, Figure
from measuring.handing_over import by_aiosmtplib, by_bare_protocol
from measuring.installations import Installation, install
from measuring.pages import access_token
from measuring.plans import Plan
from measuring.processes import STAFFETTA, Sink, environment_with, largest_memory, null_sink, running
from staffetta.outbox import DeliveryState

BUDGETS: Mapping[str, float] = {
    "campaign_64": 25_000,
    "campaign_256": 25_000,
    "campaign_first_mail": 200,
    "campaign_memory": 250,
    "campaign_far_chunking_64": 3_000,
    "campaign_far_chunking_256": 3_000,
    "campaign_far_pipelining_64": 450,
    "campaign_far_pipelining_256": 450,
    "campaign_plain_to_aiosmtplib": 3,
    "campaign_rsa": 3_500,
    "campaign_postgresql": 8_000,
}
WINDOWS = (64, 256)
FAR = ("--latency-ms", "20")
FAR_SINKS: Sequence[tuple[str, Sequence[str], int]] = (
    ("campaign_far_chunking_64", (), 64),
    ("campaign_far_chunking_256", (), 256),
    ("campaign_far_pipelining_64", ("--no-chunking",), 64),
    ("campaign_far_pipelining_256", ("--no-chunking",), 256),
)
PLAIN = ("--no-pipelining", "--no-chunking")
AUTHOR = "news@example.com"
CONSOLE = "/API/v1.1/Rest/ConsoleService.svc/Console"
MESSAGE = json.dumps(
    {
        "Subject": "Spring has come, [nome]",
        "Content": (Path(__file__).parent / "campaign.html").read_text("utf-8"),
        "UseDynamicField": True,
    }
).encode()
MOST_SECONDS = 300
# What is slow by nature need not be many.
FEW_OF = 10


@dataclass(frozen=True, slots=True)
class Run:
    """What one campaign came to; `first_mail` in milliseconds, `memory` in MiB, `octets` of one mail."""

    rate: float
    first_mail: float
    memory: float
    octets: int


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure with a sink that takes a stream, one that is far away, and one that wants each command by itself."""
    if not plan.is_sqlite:
        yield from _with_two_senders(plan, budgets)
        return
    installation = install(plan, "campaign")
    fill_people(installation, plan.messages)
    token = access_token(installation)
    runs: dict[int, list[Run]] = {window: [] for window in WINDOWS}
    bare: list[float] = []
    for _ in range(plan.runs):
        for window in WINDOWS:
            with null_sink(plan.folder) as sink:
                runs[window].append(_send(installation.copied("campaign-run"), token, sink, plan.messages, window))
                content = b"x" * 70 + b"\r\n"
                ready_made = content * (runs[window][-1].octets // len(content))
                bare.append(uvloop.run(by_bare_protocol(sink.port, ready_made, plan.messages)))
    for window, its_runs in runs.items():
        yield Figure(
            name=f"campaign_{window}",
            unit="messages/s",
            values=[run.rate for run in its_runs],
            budget=budgets.get(f"campaign_{window}"),
            limits=bare,
            limit_is="the bare protocol with messages ready-made",
            note=f"{plan.messages:,} recipients, {its_runs[0].octets:,} octets each, in-doubt window {window}",
        )
    both = [run for its_runs in runs.values() for run in its_runs]
    yield _figure("campaign_first_mail", "ms", [run.first_mail for run in both], budgets, at_most=True)
    yield from _memory(plan, budgets)
    few = max(1_000, plan.messages // FEW_OF)
    small = install(plan, "campaign-few")
    fill_people(small, few)
    its_token = access_token(small)
    yield from _slow_sinks(plan, small, its_token, few, budgets)


def _memory(plan: Plan, budgets: Mapping[str, float]) -> Iterator[Figure]:
    installation = install(plan, "campaign-many")
    fill_people(installation, plan.recipients)
    token = access_token(installation)
    with null_sink(plan.folder) as sink:
        run = _send(installation, token, sink, plan.recipients, WINDOWS[-1])
    note = f"largest resident memory of the server; {plan.recipients:,} recipients at {run.rate:,.0f} messages/s"
    yield _figure("campaign_memory", "MiB", [run.memory], budgets, note=note, at_most=True)


def _slow_sinks(
    plan: Plan, installation: Installation, token: str, few: int, budgets: Mapping[str, float]
) -> Iterator[Figure]:
    for name, options, window in FAR_SINKS:
        values = []
        for _ in range(plan.runs):
            with null_sink(plan.folder, *FAR, *options) as sink:
                run = _send(installation.copied("campaign-run"), token, sink, few, window, connections=10)
                values.append(run.rate)
        note = f"replies after 20 ms, 10 connections, {few:,} recipients, in-doubt window {window}"
        yield _figure(name, "messages/s", values, budgets, note=note)
    window = WINDOWS[0]
    rates, peers = [], []
    for _ in range(plan.runs):
        with null_sink(plan.folder, *PLAIN) as sink:
            run = _send(installation.copied("campaign-run"), token, sink, few, window)
            rates.append(run.rate)
            peers.append(uvloop.run(by_aiosmtplib(sink.port, b"x" * run.octets + b"\r\n", plan.peer_messages)))
    yield _figure("campaign_plain", "messages/s", rates, budgets, note=f"{few:,} recipients, in-doubt window {window}")
    yield _figure(
        "campaign_plain_to_aiosmtplib",
        "×",
        [rate / peer for rate, peer in zip(rates, peers, strict=True)],
        budgets,
        note=f"aiosmtplib, one connection: {sorted(peers)[len(peers) // 2]:,.0f} messages/s",
    )
    _command(installation, "dkim", "add", AUTHOR.partition("@")[2], "--algorithm", "rsa")
    signed = []
    for _ in range(plan.runs):
        with null_sink(plan.folder) as sink:
            run = _send(installation.copied("campaign-run"), token, sink, few, WINDOWS[-1], author=AUTHOR)
            signed.append(run.rate)
    note = f"signed with RSA-2048, {few:,} recipients, in-doubt window {WINDOWS[-1]}"
    yield _figure("campaign_rsa", "messages/s", signed, budgets, note=note)


def _with_two_senders(plan: Plan, budgets: Mapping[str, float]) -> Iterator[Figure]:
    """Measure `serve` beside two `send` processes on one PostgreSQL."""
    values = []
    for number in range(plan.runs):
        installation = install(plan, f"campaign-{number}")
        fill_people(installation, plan.messages)
        token = access_token(installation)
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        with null_sink(plan.folder) as sink, ExitStack() as stack:
            settings = installation.settings(relay=sink.relay, window=WINDOWS[0], bind=f"127.0.0.1:{port}")
            for name in ("serve", "send", "send"):
                stack.enter_context(running((STAFFETTA, name), installation.log, settings))
            _wait_for(url)
            begun = _launch(url, installation, token)
            values.append(_finish(installation, sink, 0, plan.messages, begun).rate)
    note = f"PostgreSQL, two sender processes, {plan.messages:,} recipients, in-doubt window {WINDOWS[0]} each"
    yield _figure("campaign_postgresql", "messages/s", values, budgets, note=note)


def _send(
    installation: Installation,
    token: str,
    sink: Sink,
    messages: int,
    window: int,
    *,
    connections: int = 4,
    author: str = "",
) -> Run:
    """Launch a campaign at a server and wait for its end.

    Raises:
        Fault: not everybody was sent it, or the sink has taken more or fewer.

    """
    before = sink.messages
    with installation.server(relay=f"{sink.relay}?connections={connections}", window=window) as server:
        begun = _launch(server.url, installation, token, author=author)
        return _finish(installation, sink, before, messages, begun, process_id=server.process_id)


def _launch(url: str, installation: Installation, token: str, *, author: str = "") -> float:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    path = f"{CONSOLE}/List/{installation.list_id}/Email"
    made = _call(connection, path, token, MESSAGE)
    begun = time()
    query = f"?SenderAddress={quote(author)}" if author else ""
    _call(connection, f"{path}/{made['idMessage']}/Send{query}", token, b"")
    return begun


def _call(connection: http.client.HTTPConnection, path: str, token: str, body: bytes) -> dict[str, int]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise Fault(f"POST {path} was answered {answer.status}: {content[:200]!r}")
    said: dict[str, int] = json.loads(content)
    return said


def _finish(
    installation: Installation, sink: Sink, before: int, messages: int, begun: float, *, process_id: int = 0
) -> Run:
    end = monotonic() + MOST_SECONDS
    while monotonic() < end and not numbers(installation, "SELECT count(ended_at) FROM sendings")[0]:
        sleep(0.05)
    memory = largest_memory(process_id) if process_id else 0.0
    arrived = sink.messages - before
    sent, octets, ended_at = numbers(installation, "SELECT sent, octets, ended_at FROM sendings")
    (rows,) = numbers(installation, f"SELECT count(*) FROM campaign_deliveries WHERE state = {int(DeliveryState.SENT)}")
    if not rows == sent == arrived == messages:
        raise Fault(f"{messages} people were to be written to, {sent} were counted, {rows} rows, {arrived} arrived")
    return Run(
        rate=sent / (ended_at / 1_000_000 - begun),
        first_mail=(sink.first_at - begun) * 1_000,
        memory=memory,
        octets=octets // sent,
    )


def _figure(
    name: str,
    unit: str,
    values: Sequence[float],
    budgets: Mapping[str, float],
    *,
    note: str = "",
    at_most: bool = False,
) -> Figure:
    return Figure(name=name, unit=unit, values=list(values), budget=budgets.get(name), note=note, at_most=at_most)


def _command(installation: Installation, *words: str) -> None:
    environment = environment_with(installation.settings())
    subprocess.run([STAFFETTA, *words, "--json"], env=environment, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    end = monotonic() + 30
    while monotonic() < end:
        try:
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            sleep(0.05)
    raise Fault("the server does not answer")


if __name__ == "__main__":
    main({"campaign": measure})
