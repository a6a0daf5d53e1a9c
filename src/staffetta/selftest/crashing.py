"""Killing a real server again and again in mid-campaign, and holding what is left against what was promised.

Promised is: everybody on the list gets each message once, or is told of as in doubt; what is recorded as sent has
reached the mail server; no kill leaves more in doubt than the window holds. SIGKILL ends the process and not the
machine: what the kernel has of a file outlives it, so this says nothing of a power failure, against which only the
database's `fsync` helps.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from sqlalchemy import bindparam, select

from staffetta.accounts import create_account, directory
from staffetta.campaigns import Audience, Draft, add_message, campaign_sendings, send_message
from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Connection, Database, Statement, open_database
from staffetta.db.upgrading import upgrade
from staffetta.errors import FailedPrecondition
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.lists import furnish
from staffetta.outbox import DeliveryState
from staffetta.recipients import Evidence, SignUp, Source, subscribe
from staffetta.selftest.capturing import CaptureServer
from staffetta.settings import Settings

HOST = "selftest.example"
LIST_ID = 1
WINDOW, CONNECTIONS = 24, 3
LATENCY_SECONDS = 0.004
LEASE_SECONDS = 3
# A kill comes so long after the server answers; one of ten kills comes before it does.
LOAD_SECONDS = (0.05, 0.7)
START_SECONDS = (0.2, 1.2)
PATIENCE_SECONDS = 120
PEOPLE_AT_ONCE = 200
SETTLED = (DeliveryState.SENT, DeliveryState.IN_DOUBT)
CONTENT = '<p>Hello [nome], <a href="https://shop.example/">look</a>.</p>' + "<p>Spring has come to the shop.</p>" * 60

ROWS = Statement(
    select(campaign_deliveries.c.sending_id, campaign_deliveries.c.recipient_id, campaign_deliveries.c.state).where(
        campaign_deliveries.c.account_id == bindparam("account_id")
    )
)
IN_TALK = Statement(
    select(campaign_deliveries.c.lease).where(
        campaign_deliveries.c.account_id == bindparam("account_id"),
        campaign_deliveries.c.state == DeliveryState.TALKING,
    )
)


class MessageFate(NamedTuple):
    """What became of one message to one person; `accepted` is how often the mail server answered for it."""

    sending_id: int
    recipient_id: int
    state: str
    accepted: int


@dataclass
class CrashReport:
    """What a run came to; `lost`, `doubled`, `untrue` and `unknown` must be 0.

    Attributes:
        untrue: recorded as sent, and never accepted.
        unknown: accepted, and of no delivery.
        most_in_talk: of one process at a kill; at most `window`.

    """

    kills: int = 0
    kills_while_starting: int = 0
    campaigns: int = 0
    messages: int = 0
    sent: int = 0
    in_doubt: int = 0
    in_doubt_and_accepted: int = 0
    lost: int = 0
    doubled: int = 0
    untrue: int = 0
    unknown: int = 0
    most_in_talk: int = 0
    window: int = WINDOW
    seed: int = 0
    fates: list[MessageFate] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.untrue or self.unknown) and self.most_in_talk <= self.window


def crash_again_and_again(
    folder: Path,
    *,
    database_url: str = "",
    kills: int,
    people: int,
    seed: int,
    say: Callable[[CrashReport], None] = lambda _: None,
) -> CrashReport:
    """Send campaigns to `people`, kill the server `kills` times meanwhile, let it finish, and draw up the account.

    `say` is told of the report after each kill.

    Raises:
        FailedPrecondition: there is something in the database, or the server does not come to an end with its mail.

    """
    chance = random.Random(seed)  # noqa: S311 - moments of kills, no secrets
    report = CrashReport(seed=seed)
    settings = Settings(home=folder, database=database_url)
    upgrade(settings.database_url)
    database = open_database(settings)
    try:
        account_id = _prepare(database, people)
        with CaptureServer(latency_seconds=LATENCY_SECONDS) as capture:
            environment = _environment(folder, settings.database_url, capture.port)
            while report.kills < kills:
                _keep_busy(database, account_id)
                _kill_once(environment, folder, database, account_id, chance, report)
                say(report)
            with _server(environment, folder) as server:
                _wait_until_answering(server)
                _let_it_finish(database, account_id)
                server.send_signal(signal.SIGTERM)
                server.wait(PATIENCE_SECONDS)
            _draw_up(database, account_id, people, capture.accepted, report)
    finally:
        database.close()
    return report


def _prepare(database: Database, people: int) -> int:
    now = utc_now()
    with database.connection() as connection:
        _require_empty(connection)
        account = create_account(connection, account_id=None, name="Self-test", hosts=(HOST,), password=None, now=now)
        furnish(connection.for_account(account.id), account, now=now)
    evidence = Evidence(source=Source.CONSOLE, wording="selftest")
    for first in range(0, people, PEOPLE_AT_ONCE):
        with database.transaction(account.id) as tx:
            for number in range(first, min(people, first + PEOPLE_AT_ONCE)):
                email = EmailAddress.parse(f"person{number}@example.com")
                sign_up = SignUp(email=email, lists=(LIST_ID,), fields={1: f"Person {number}"}, confirm=False)
                subscribe(tx, sign_up, evidence=evidence, now=now)
    return account.id


def _require_empty(connection: Connection) -> None:
    if directory(connection, anew=True).by_id:
        raise FailedPrecondition("the database has accounts: give an empty one, which is filled with people of nowhere")


def _keep_busy(database: Database, account_id: int) -> None:
    """Launch a campaign, unless one is on its way."""
    with database.transaction(account_id) as tx:
        if any(each.ended_at is None for each in campaign_sendings(tx, most=1)):
            return
        draft = Draft(subject="Self-test", content=CONTENT, uses_fields=True)
        message = add_message(tx, LIST_ID, draft, now=utc_now())
        send_message(tx, LIST_ID, message.id, audience=Audience(), now=utc_now())


def _kill_once(  # noqa: PLR0917 - what one kill needs and changes
    environment: Mapping[str, str],
    folder: Path,
    database: Database,
    account_id: int,
    chance: random.Random,
    report: CrashReport,
) -> None:
    with _server(environment, folder) as server:
        if chance.random() < 0.1:  # noqa: PLR2004 - one of ten
            report.kills_while_starting += 1
            sleep(chance.uniform(*START_SECONDS))
        else:
            _wait_until_answering(server)
            sleep(chance.uniform(*LOAD_SECONDS))
    report.kills += 1
    with database.transaction(account_id) as tx:
        leases = [row.lease for row in tx.all(IN_TALK)]
    report.most_in_talk = max(report.most_in_talk, *(leases.count(each) for each in {*leases, 0}))


@contextmanager
def _server(environment: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server; it is killed at the end, if it still runs."""
    command = [str(Path(sys.executable).with_name("staffetta")), "up", "--json"]
    with (folder / "server.log").open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=dict(environment)
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _wait_until_answering(server: subprocess.Popen[bytes]) -> None:
    line = server.stdout.readline() if server.stdout else b""
    if not line:
        raise FailedPrecondition("the server did not start: see server.log in the folder of the self-test")
    json.loads(line)


def _environment(folder: Path, database_url: str, port: int) -> dict[str, str]:
    ours = {
        "STAFFETTA_HOME": str(folder),
        "STAFFETTA_DATABASE": database_url,
        "STAFFETTA_BIND": "127.0.0.1:0",
        "STAFFETTA_RELAYS": f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}",
        "STAFFETTA_IN_DOUBT_WINDOW": str(WINDOW),
        "STAFFETTA_IN_DOUBT": "hold",
        "STAFFETTA_LEASE_SECONDS": str(LEASE_SECONDS),
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("STAFFETTA_")} | ours


def _let_it_finish(database: Database, account_id: int) -> None:
    end = monotonic() + PATIENCE_SECONDS
    while monotonic() < end:
        with database.transaction(account_id) as tx:
            if all(each.ended_at is not None for each in campaign_sendings(tx, most=10_000)) and not tx.all(IN_TALK):
                return
        sleep(0.1)
    raise FailedPrecondition(f"after {PATIENCE_SECONDS} seconds there is mail that has not been sent")


def _draw_up(
    database: Database, account_id: int, people: int, accepted: Mapping[str, int], report: CrashReport
) -> None:
    # Message-IDs begin with account, sending and recipient.
    times: dict[tuple[int, int], int] = {}
    for message_id, count in accepted.items():
        account, sending, recipient, *_ = message_id.lstrip("<").split(".")
        if int(account) == account_id:
            key = (int(sending), int(recipient))
            times[key] = times.get(key, 0) + count
    with database.transaction(account_id) as tx:
        rows = {(row.sending_id, row.recipient_id): row.state for row in tx.all(ROWS)}
        report.campaigns = len(campaign_sendings(tx, most=10_000))
    report.messages = report.campaigns * people
    report.lost = report.messages - sum(state in SETTLED for state in rows.values())
    report.doubled = sum(count > 1 for count in times.values())
    report.unknown = len(times.keys() - rows.keys())
    for (sending_id, recipient_id), state in sorted(rows.items()):
        count = times.get((sending_id, recipient_id), 0)
        report.sent += state == DeliveryState.SENT
        report.untrue += state == DeliveryState.SENT and not count
        report.in_doubt += state == DeliveryState.IN_DOUBT
        report.in_doubt_and_accepted += state == DeliveryState.IN_DOUBT and bool(count)
        report.fates.append(MessageFate(sending_id, recipient_id, state.name.lower(), count))
