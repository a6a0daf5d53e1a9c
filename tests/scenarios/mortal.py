"""A server that dies at a point that a test names, and the account of what its mail came to."""

import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from scenarios.process import PATIENCE_SECONDS, Server, until
from staffetta.campaigns import Audience, Draft, add_message, doubtful, get_campaign_sending, send_message
from staffetta.db import Database, open_database
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.outbox import DeliveryState
from staffetta.recipients import Evidence, SignUp, Source, subscribe
from staffetta.settings import Settings

TESTS = Path(__file__).parents[1]
LIST_ID = 1
# With a window of four and one connection they leave in batches of four, four and two.
PEOPLE, WINDOW = 10, 4
EVIDENCE = Evidence(source=Source.CONSOLE, wording="a crash test")
SETTLED = (DeliveryState.SENT, DeliveryState.IN_DOUBT)


class Account(NamedTuple):
    """What became of some mails: how many, by state, and how often the mail server answered for those of a state.

    Attributes:
        doubled: whose mail was taken more than once.
        untrue: recorded as sent, and never taken.

    """

    sent: int
    in_doubt: int
    in_doubt_and_taken: int
    others: dict[str, int]
    doubled: list[str]
    untrue: list[str]


class Driver:
    """The process whose children are the servers' lives; one of them at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.crash_driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._process.stdout.close()

    def begin(self, **order: object) -> int:
        """Begin a life; return its process id."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return int(self.hear()["pid"])

    def hear(self) -> dict[str, Any]:
        """Return the next line of the driver or of the application."""
        assert self._process.stdout
        output = self._process.stdout.fileno()
        while b"\n" not in self._read:
            ready, _, _ = select.select([output], [], [], PATIENCE_SECONDS)
            assert ready, "the point was not reached"
            octets = os.read(output, 65_536)
            assert octets, "the driver has ended: is there no function of a point's name any more?"
            self._read += octets
        line, _, self._read = self._read.partition(b"\n")
        heard: dict[str, Any] = json.loads(line)
        return heard


class Mortal(Server):
    """A data folder whose server is told when to die; its people and their mail are made beside it."""

    def __init__(
        self,
        folder: Path,
        driver: Driver,
        *,
        relay: str,
        taken: Callable[[], Counter[str]],
        database: str = "",
        home: Path | None = None,
    ) -> None:
        """`taken` tells how often the mail server has answered for which Message-ID."""
        super().__init__(folder, database=database, relays=relay, limits="off", in_doubt_window=str(WINDOW))
        self.home = home or self.home
        self.driver = driver
        self.taken = taken
        self.armed = folder / "armed"
        self.pid = 0
        self.start()
        self.account_id: int = self.ready["account_id"]
        self.database: Database = open_database(Settings(home=self.home, database=database))

    def close(self) -> None:
        if self.pid:
            self.stop(signal.SIGKILL)
        super().close()
        self.database.close()

    def start(self) -> Self:
        """Start it and wait until it says that it answers."""
        self._live()
        self.ready = self.driver.hear()
        assert "url" in self.ready, (self.ready, self.log.read_text("utf-8")[-4000:])
        return self

    def revive(self) -> None:
        """Let it live on, whatever a test that failed has left behind."""
        self.armed.unlink(missing_ok=True)
        if not self.pid:
            self.start()

    def stop(self, number: int = signal.SIGTERM) -> int:
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        ended = int(self.driver.hear()["ended"])
        self.pid = 0
        return ended

    def arm(self, point: str, time: int = 1) -> None:
        """Let the server die when it reaches a point for the time given, counted from now."""
        laid = self.armed.with_suffix(".new")
        laid.write_text(f"{point} {time}", "utf-8")
        laid.rename(self.armed)

    def die(self) -> None:
        """Wait until it has died where it was told to."""
        assert self.wait() == -signal.SIGKILL
        assert not self.armed.exists()
        # Its lease would be waited out: the time that this takes is passed over.
        self.rows("DELETE FROM sender_leases RETURNING number")

    def die_starting(self, point: str) -> None:
        """Start it, and wait until it has died where it is told to, which is while it starts."""
        self.arm(point)
        self._live()
        heard = self.driver.hear()
        if "ended" not in heard:  # it answered before
            heard = self.driver.hear()
        assert heard == {"ended": -signal.SIGKILL}
        self.pid = 0
        assert not self.armed.exists()
        self.rows("DELETE FROM sender_leases RETURNING number")

    def _live(self) -> None:
        words = ["up", "--demo", "--json"]
        self.pid = self.driver.begin(
            environment=self.environment, words=words, log=str(self.log), armed=str(self.armed)
        )

    def subscribe(self, *names: str, confirm: bool = False) -> None:
        """Put people on the list; with `confirm` each is mailed a request."""
        now = utc_now()
        with self.database.transaction(self.account_id) as tx:
            for name in names:
                email = EmailAddress.parse(f"{name}@example.com")
                sign_up = SignUp(
                    email=email,
                    lists=(LIST_ID,),
                    fields={1: name},
                    confirm=confirm,
                    base_url=self.url,
                    host="a.example",
                )
                subscribe(tx, sign_up, evidence=EVIDENCE, now=now)

    def launch_campaign(self) -> int:
        """Send everybody on the list a message of its own; return the sending's id."""
        with self.database.transaction(self.account_id) as tx:
            content = '<p>Hello [nome], <a href="https://shop.example/">look</a>.</p>'
            message = add_message(
                tx, LIST_ID, Draft(subject="Spring", content=content, uses_fields=True), now=utc_now()
            )
            return send_message(tx, LIST_ID, message.id, audience=Audience(), now=utc_now()).sending_id

    def let_campaign_end(self, sending_id: int) -> None:
        """Wait until a sending has ended and nothing of it is in talk, or waits."""
        until(lambda: self.sending(sending_id).ended_at is not None)
        self.let_talk_end(sending_id)

    def let_talk_end(self, sending_id: int) -> None:
        """Wait until nothing of a sending is in talk, or waits."""
        unsettled = f"({DeliveryState.TALKING:d}, {DeliveryState.DEFERRED:d})"
        query = f"SELECT count(*) FROM campaign_deliveries WHERE sending_id = {sending_id} AND state IN {unsettled}"
        until(lambda: self.rows(query) == [(0,)])

    def sending(self, sending_id: int) -> Any:
        with self.database.transaction(self.account_id) as tx:
            return get_campaign_sending(tx, sending_id)

    def campaign_account(self, sending_id: int) -> Account:
        """Hold a sending's deliveries against what the mail server has taken, by Message-ID."""
        rows = self.rows(f"SELECT recipient_id, state FROM campaign_deliveries WHERE sending_id = {sending_id}")
        states = {str(recipient): DeliveryState(state) for recipient, state in rows}
        times: Counter[str] = Counter()
        for message_id, count in self.taken().items():
            parts = message_id.lstrip("<").partition("@")[0].split(".")
            # Of account, sending and recipient; an ordinary mail's has no recipient.
            if len(parts) == 4 and parts[1] == str(sending_id):
                times[parts[2]] += count
        with self.database.transaction(self.account_id) as tx:
            listed = {str(each.recipient_id) for each in doubtful(tx, sending_id, most=100)}
        assert listed == {each for each, state in states.items() if state == DeliveryState.IN_DOUBT}
        assert set(times) <= set(states)
        return _account(states, times)

    def assert_campaign(self, sending_id: int, *, in_doubt: int, taken: int) -> None:
        """Nobody is lost and nobody doubled; in doubt is who may be, and the sending's figures say the same."""
        self._wait_until_taken(lambda: self.campaign_account(sending_id), PEOPLE - in_doubt + taken)
        assert self.campaign_account(sending_id) == (PEOPLE - in_doubt, in_doubt, taken, {}, [], [])
        sending = self.sending(sending_id)
        assert (sending.claimed, sending.sent, sending.failed, sending.left_out) == (PEOPLE, PEOPLE - in_doubt, 0, 0)
        counted = f"SELECT recipients FROM message_counters WHERE message_id = {sending.message_id}"
        assert self.rows(counted) == [(PEOPLE,)]

    def assert_mails(self, name: str, *, in_doubt: int, taken: int) -> None:
        """Likewise of ordinary mails."""
        self._wait_until_taken(lambda: self.mail_account(name), PEOPLE - in_doubt + taken)
        assert self.mail_account(name) == (PEOPLE - in_doubt, in_doubt, taken, {}, [], [])

    def _wait_until_taken(self, account: Callable[[], Account], taken: int) -> None:
        """Let the mail server read what a process has left behind in the kernel."""
        until(lambda: account().sent + account().in_doubt_and_taken >= taken)

    def mail_account(self, name: str) -> Account:
        """Hold ordinary mails to addresses that begin so against what the mail server has taken."""
        rows = self.rows(f"SELECT address, message_id, state FROM deliveries WHERE address LIKE '{name}.%'")
        assert len({address for address, _, _ in rows}) == len(rows)
        states = {message_id: DeliveryState(state) for _, message_id, state in rows}
        return _account(states, Counter({each: count for each, count in self.taken().items() if each in states}))

    def let_mail_leave(self) -> None:
        """Wait until no ordinary mail waits or is in talk."""
        waiting = f"SELECT count(*) FROM deliveries WHERE state <= {DeliveryState.TALKING:d}"
        until(lambda: self.rows(waiting) == [(0,)])


@contextmanager
def mortal(folder: Path, driver: Driver, **options: Any) -> Iterator[Mortal]:
    """Run a server with people on its list until the end; no log of its lives holds an address."""
    server = Mortal(folder, driver, **options)
    try:
        server.subscribe(*(f"person{number}" for number in range(PEOPLE)))
        yield server
    finally:
        server.close()
    log = server.log.read_text("utf-8")
    assert "@" not in log
    assert "Traceback" not in log


def _account(states: dict[str, DeliveryState], times: Counter[str]) -> Account:
    doubt = [each for each, state in states.items() if state == DeliveryState.IN_DOUBT]
    return Account(
        sent=sum(state == DeliveryState.SENT for state in states.values()),
        in_doubt=len(doubt),
        in_doubt_and_taken=sum(each in times for each in doubt),
        others=dict(Counter(state.name.lower() for state in states.values() if state not in SETTLED)),
        doubled=sorted(each for each, count in times.items() if count > 1),
        untrue=[each for each, state in states.items() if state == DeliveryState.SENT and each not in times],
    )
