"""Messages a second of a campaign, from its launch to the last outcome committed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import uvloop

from measuring.command import main
from measuring.databases import fill_people, numbers
from measuring.figures import Fault, Figure
from measuring.handing_over import by_bare_protocol
from measuring.installations import Installation, install
from measuring.plans import Plan
from measuring.processes import Sink, null_sink
from staffetta.campaigns import Audience, Draft, add_message, send_message
from staffetta.db import open_database
from staffetta.settings import Settings

BUDGETS: Mapping[str, float] = {
    "campaign_64": 25_000,
    "campaign_256": 25_000,
    "campaign_memory": 250,
}
WINDOWS = (64, 256)
MOST_SECONDS = 200

CONTENT = (Path(__file__).parent / "campaign.html").read_text("utf-8")


def measure(plan: Plan) -> Iterator[Figure]:
    """Measure against a sink that takes a stream."""
    installation = install(plan, "campaign")
    fill_people(installation, plan.messages)
    ours: dict[int, list[float]] = {window: [] for window in WINDOWS}
    bare: list[float] = []
    memory: list[float] = []
    with null_sink(plan.folder) as sink:
        for _ in range(plan.runs):
            bare.append(uvloop.run(by_bare_protocol(sink.port, b"x" * 6_000 + b"\r\n", plan.messages)))
            for window in WINDOWS:
                rate, resident = _send(installation.copied("campaign-run"), sink, plan.messages, window)
                ours[window].append(rate)
                memory.append(resident)
    for window in WINDOWS:
        yield Figure(
            name=f"campaign_{window}",
            unit="messages/s",
            values=ours[window],
            budget=BUDGETS[f"campaign_{window}"],
            limits=bare,
            limit_is="the bare protocol with messages ready-made",
            note=f"{plan.messages:,} recipients, in-doubt window {window}",
        )


def _send(installation: Installation, sink: Sink, messages: int, window: int) -> tuple[float, float]:
    before = sink.messages
    with installation.server(relay=f"{sink.relay}?connections=4", window=window) as server:
        launched_at = _launch(installation)
        end = monotonic() + MOST_SECONDS
        while monotonic() < end:
            sleep(0.1)
            if numbers(installation, "SELECT count(ended_at) FROM sendings")[0]:
                break
        resident = _resident(server.process_id)
    arrived = sink.messages - before
    sent, begun_at, ended_at = numbers(
        installation, "SELECT sent, begun_at, ended_at FROM sendings ORDER BY id DESC LIMIT 1"
    )
    if not sent == arrived == messages:
        raise Fault(f"{messages} people were to be written to, {sent} are recorded as sent, {arrived} arrived")
    print(launched_at, begun_at / 1e6 - launched_at, resident)
    return sent / ((ended_at - begun_at) / 1_000_000), resident


def _resident(process_id: int) -> float:
    """Return the largest resident memory of a process so far, in MiB."""
    for line in Path(f"/proc/{process_id}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise Fault("the server is gone")


def _launch(installation: Installation) -> float:
    database = open_database(Settings(home=installation.home, database=installation.database))
    now = datetime.now(UTC)
    with database.connection() as connection:
        tx = connection.for_account(installation.account_id)
        draft = Draft(subject="Spring", content=CONTENT, uses_fields=True)
        message = add_message(tx, installation.list_id, draft, now=now)
        send_message(tx, installation.list_id, message.id, audience=Audience(), now=now)
    database.close()
    return now.timestamp()


if __name__ == "__main__":
    main({"campaign": measure})
