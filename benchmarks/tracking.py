"""Views and clicks a second at 64 connections, each committed before it is answered."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from measuring.command import main
from measuring.databases import BEFORE_FIRST, count, fill_subscribers, numbers
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.loading import BARE_ANSWER, Load, load_with_new, load_with_paths, status_path
from measuring.plans import Plan
from measuring.processes import bare_answers
from staffetta.campaigns import Draft, add_message
from staffetta.campaigns.tables import message_links
from staffetta.db import open_database, to_microseconds
from staffetta.kit.clock import utc_now
from staffetta.outbox import SendingState
from staffetta.outbox.tables import sendings
from staffetta.settings import Settings
from staffetta.tracking import FOLLOW, PIXEL, CampaignToken, Signer, load_signer

BUDGETS = {"pixels_64": 12_000, "clicks_64": 12_000}
CONNECTIONS = 64
SHOP = "https://shop.example/"
LINKS = (f"{SHOP}spring", f"{SHOP}sale?id=7", f"{SHOP}imprint")
SENDING = 1
MOST_PEOPLE = 100_000
# wrk picks from the mails of so many of them: who opens a message does so several times, and follows several links.
MAILS = 20_000
# What came in a rush is counted after it.
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is asked for, how it is answered, and what it is counted in."""

    name: str
    counter: str
    status: int
    due: str


PIXELS = _Kind("pixels", "views", 200, "GIF89a")
CLICKS = _Kind("clicks", "clicks", 302, SHOP)


@dataclass(frozen=True, slots=True)
class _Run:
    limit: Load
    load: Load
    counted_in_seconds: float


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure throughput of the picture and of links, and hold what was answered against what is recorded."""
    installation = install(plan, "tracking")
    people = min(plan.recipients, MOST_PEOPLE)
    fill_subscribers(installation, people)
    signer = _send(installation)
    with installation.server() as server, bare_answers(plan.folder) as bare_url:
        for kind in (PIXELS, CLICKS):
            paths = _paths(installation, signer, kind, people)
            before = _counted(installation, kind)
            runs: list[_Run] = []
            for _ in range(plan.runs):
                limit = load_with_new(bare_url, status_path(installation), tag="n", connections=CONNECTIONS, seconds=1)
                begun = monotonic()
                load = _ask(server.url, paths, kind, seconds=plan.seconds)
                _counted(installation, kind)
                runs.append(_Run(limit, load, monotonic() - begun))
            answered = sum(run.load.requests for run in runs)
            _check_recorded(_counted(installation, kind) - before, answered, unread=plan.runs * CONNECTIONS)
            name = f"{kind.name}_{CONNECTIONS}"
            yield Figure(
                name=f"{plan.name_prefix}{name}",
                unit="answers/s",
                values=[run.load.per_second for run in runs],
                budget=budgets.get(name),
                limits=[run.limit.per_second for run in runs],
                limit_is=BARE_ANSWER,
                note=f"of {MAILS:,} people; slowest hundredth {max(run.load.p99_milliseconds for run in runs):.0f} ms",
            )
            yield Figure(
                name=f"{plan.name_prefix}{kind.name}_counted",
                unit="visits/s",
                values=[run.load.requests / run.counted_in_seconds for run in runs],
                note="from the first request to the last one in the statistics",
            )


def _send(installation: Installation) -> Signer:
    """Make a message with links that was sent, while no server runs; return what signs its links."""
    database = open_database(Settings(home=installation.home, database=installation.database))
    now = utc_now()
    try:
        with database.transaction(installation.account_id) as tx:
            draft = Draft(subject="Spring", content="<p>Hello</p>")
            message = add_message(tx, installation.list_id, draft, now=now)
            links = [(message.id, number, url, 0, 0) for number, url in enumerate(LINKS, start=1)]
            tx.load(message_links, ("message_id", "id", "url", "clicks", "clickers"), links)
            sent = {
                "id": SENDING,
                "kind": "campaign",
                "list_id": installation.list_id,
                "subject": "Spring",
                "notes": "",
                "state": int(SendingState.IMMEDIATE),
                "created_at": to_microseconds(now),
                "message_id": message.id,
            }
            tx.load(sendings, tuple(sent), [tuple(sent.values())])
        with database.connection() as connection:
            return load_signer(connection, now=now)
    finally:
        database.close()


def _paths(installation: Installation, signer: Signer, kind: _Kind, people: int) -> Path:
    """Write down what the mails of some people ask for."""
    file = installation.home / f"{kind.name}.txt"
    with file.open("w", encoding="ascii") as written:
        for number in random.sample(range(1, people + 1), min(MAILS, people)):
            token = signer.sign_campaign(CampaignToken(installation.account_id, BEFORE_FIRST + number, SENDING))
            if kind is PIXELS:
                written.write(f"{PIXEL}{token}\n")
            else:
                written.write(f"{FOLLOW}{token}/{random.randint(1, len(LINKS))}\n")
    return file


def _ask(url: str, paths: Path, kind: _Kind, *, seconds: int) -> Load:
    return load_with_paths(url, paths, status=kind.status, due=kind.due, connections=CONNECTIONS, seconds=seconds)


def _counted(installation: Installation, kind: _Kind) -> int:
    """Wait until everything is counted; return how many of a kind the message has."""
    due = monotonic() + PATIENCE_SECONDS
    while count(installation, "kept_events"):
        if monotonic() > due:
            raise Fault(f"{count(installation, 'kept_events')} batches are not counted")
        sleep(0.05)
    return numbers(installation, f"SELECT sum({kind.counter}) FROM message_counters")[0]


def _check_recorded(recorded: int, answered: int, *, unread: int) -> None:
    """Hold what was answered against what is recorded: besides, there may be what wrk had asked for when it stopped."""
    if not answered <= recorded <= answered + unread:
        raise Fault(f"{answered} requests were answered, {recorded} events are in the database")


if __name__ == "__main__":
    main({"tracking": measure})
