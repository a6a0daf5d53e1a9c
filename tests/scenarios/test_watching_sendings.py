"""`staffetta send FILE` at a terminal, beside a real server: it shows how far a sending is, and only watches it."""

import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.process import EXECUTABLE, PATIENCE_SECONDS, Server, free_port, until

pytestmark = pytest.mark.slow


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, server: Server, *words: object) -> None:
        self.master, slave = pty.openpty()
        environment = {**server.environment, "TERM": "xterm", "COLUMNS": "120"}
        self.process = subprocess.Popen(
            [EXECUTABLE, *map(str, words)], stdin=slave, stdout=slave, stderr=slave, env=environment
        )
        os.close(slave)
        self.shown = ""

    def shows(self, text: str) -> bool:
        while text not in self.shown:
            try:
                octets = os.read(self.master, 65_536)
            except OSError:
                return False
            if not octets:
                return False
            self.shown += octets.decode("utf-8", "replace")
        return True

    def end(self) -> int:
        """Return its exit code, and take up what it still had to say."""
        self.shows("\0")
        return self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def server(make_server: Callable[..., Server], database_url: str, tmp_path: Path) -> Server:
    """A server whose relay is away, so that a sending cannot end, with somebody on list 1."""
    relay = f"smtp://127.0.0.1:{free_port()}"
    started = make_server(database=database_url, relays=relay, dns_servers="127.0.0.1:9").start()
    people = tmp_path / "people.csv"
    people.write_text("email\nada@example.org\n")
    assert started.run("import", people, "--list", 1).returncode == 0
    return started


@pytest.fixture
def sent(server: Server, tmp_path: Path):
    html = tmp_path / "spring.html"
    html.write_text("<p>Hello")
    terminal = Terminal(server, "send", html, "--list", 1, "--subject", "Spring is here")
    yield terminal
    terminal.close()


def test_ctrl_c_ends_watching_and_nothing_else(server, sent):
    assert sent.shows("to 1 recipients of list 1")
    os.write(sent.master, b"y\n")
    assert sent.shows("0 sent, 0 failed, 0 left out")
    sent.process.send_signal(signal.SIGINT)

    assert sent.end() == 130
    assert "No longer watched, and it goes on." in sent.shown
    assert server.command("sending", "show", 1)["state"] in ("waiting", "running")


def test_a_sending_that_is_stopped_elsewhere_is_watched_no_longer(server, sent):
    assert sent.shows("[y/N]")
    os.write(sent.master, b"y\n")
    assert sent.shows("0 sent")

    server.command("sending", "stop", 1)

    assert sent.end() == 0
    assert "stopped" in sent.shown


def test_a_server_that_goes_away_is_missed(server, sent):
    assert sent.shows("[y/N]")
    os.write(sent.master, b"y\n")
    assert sent.shows("0 sent")

    server.stop()

    assert sent.end() == 0
    assert "The server is gone." in sent.shown
    assert "Traceback" not in sent.shown


def test_a_command_beside_the_server_is_found_by_it(server, tmp_path):
    html = tmp_path / "spring.html"
    html.write_text("<p>Hello")

    launched = server.command("send", html, "--list", 1, "--subject", "Spring", "--yes", "--no-watch")

    assert until(lambda: [each["id"] for each in server.command("sending", "list")]) == [launched["id"]]
