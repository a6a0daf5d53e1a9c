"""The real server as a process of its own, and what people and their forms do to it."""

import errno
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import httpx
import msgspec
import psycopg

from staffetta.outbox import DeliveryState

EXECUTABLE = Path(sys.executable).with_name("staffetta")
# Below the ports that machines give to clients, so that nobody has taken it while the server is down.
PORTS = range(20_000, 32_000)
PATIENCE_SECONDS = 60.0


class Server:
    """One data folder and port, on which the server is started, stopped and killed."""

    def __init__(self, folder: Path, *, database: str = "", **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.home = folder / "home"
        self.log = folder / "server.log"
        self.bind = f"127.0.0.1:{free_port()}"
        self.settings = {"database": database, **settings}
        self.trusted_certificate: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}
        # A connection for each request: one that is kept may be closed by a restart in the moment of its use.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(trust_env=False, verify=False, timeout=PATIENCE_SECONDS, limits=limits)

    def close(self) -> None:
        """Let nothing run on."""
        if self.process:
            self.stop(signal.SIGKILL)
        self._client.close()

    @property
    def environment(self) -> dict[str, str]:
        ours = {f"STAFFETTA_{name.upper()}": value for name, value in self.settings.items()}
        others = {name: value for name, value in os.environ.items() if not name.startswith("STAFFETTA_")}
        if self.trusted_certificate:
            others["SSL_CERT_FILE"] = str(self.trusted_certificate)
        return {**others, **ours, "STAFFETTA_HOME": str(self.home), "STAFFETTA_BIND": self.bind}

    @property
    def url(self) -> str:
        return f"http://{self.bind}"

    def launch(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin to start it, without waiting for it to answer."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [EXECUTABLE, "up", "--demo", "--json", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
            )
        return self.process

    def start(self) -> "Server":
        """Start it and wait until it says that it answers."""
        process = self.launch()
        assert process.stdout
        line = process.stdout.readline()
        assert line, self.log.read_text("utf-8")[-4000:]
        self.ready = msgspec.json.decode(line)
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it as systems do, or with SIGKILL; return its exit code."""
        assert self.process
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end."""
        assert self.process
        assert self.process.stdout
        code = self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        self.process = None
        return code

    def command(self, *words: object) -> Any:
        """Run a command of ours beside the server and return the JSON that it prints."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return msgspec.json.decode(done.stdout)

    def run(self, *words: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [EXECUTABLE, *map(str, words)],
            env=self.environment,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def deliveries(self, state: str) -> list[dict[str, Any]]:
        return list(self.command("outbox", "show", "--state", state))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database itself, which costs no process."""
        url = self.settings["database"]
        if url:
            with psycopg.connect(url, autocommit=True) as connection:
                return connection.execute(query).fetchall()
        with closing(apsw.Connection(str(self.home / "staffetta.db"))) as connection:
            connection.set_busy_timeout(round(PATIENCE_SECONDS * 1_000))
            return list(connection.execute(query))

    def states(self) -> dict[str, int]:
        """How many deliveries are in each state, those in which none is left out."""
        found = self.rows("SELECT state, count(*) FROM deliveries GROUP BY state")
        return {DeliveryState(state).name.lower(): count for state, count in found}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._client.request(method, path if path.startswith("http") else self.url + path, **options)

    def sign_up(self, email: str, *, lists: str = "1", **parameters: str) -> str:
        """Sign up over xmlSubscribe and return its code."""
        query = {"email": email, "list": lists, "retCode": "1", **parameters}
        return self.get("/frontend/xmlSubscribe.aspx", params=query).text.strip()

    def status(self, email: str, *, list_id: int = 1, guid: str = "") -> str:
        """Return what xmlChkSubscriber says: 1 unknown, 2 subscribed, 3 unsubscribed, 4 pending."""
        query = {"email": email, "list": str(list_id), "listGuid": guid or self.ready["list_guid"]}
        return self.get("/frontend/xmlChkSubscriber.aspx", params=query).text.strip()

    def caught(self, **query: str) -> list[dict[str, Any]]:
        return list(self.get("/sandbox/mail.json", params=query).json())

    def resident_octets(self) -> int:
        assert self.process
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError as error:
                assert error.errno == errno.EADDRINUSE  # noqa: PT017 - nothing is expected to raise here
            else:
                return port


def until(happened: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for something and return it; patient, because machines that run tests are slow."""
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


def headers_of(mail: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a caught mail."""
    from email import message_from_string, policy

    return {name.lower(): str(value) for name, value in message_from_string(mail["raw"], policy=policy.default).items()}
