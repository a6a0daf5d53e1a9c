"""What the world does to a running server: a full disk, a database that goes and comes, nonsense from outside."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scenarios.mortal import PEOPLE, WINDOW, mortal
from scenarios.process import Server, until

pytestmark = pytest.mark.slow

ADA = "ada@example.com"
GRACE = "grace@example.com"
LARGE = "x" * 900


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder]
    if os.geteuid() or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk, and not everywhere")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def _sign_up_until_refused(server: Server) -> list[str]:
    """Sign people up with long names until the answer is no longer 0; return who got that answer."""
    answered = []
    for number in range(5_000):
        email = f"person{number}@example.com"
        code = server.sign_up(email, csvFldNames="campo1", csvFldValues=LARGE)
        if code != "0":
            assert code == "1"
            return answered
        answered.append(email)
    pytest.fail("the disk was never full")


def _post_forms_until_refused(server: Server) -> str:
    """Post forms until one ends on the error page; return whose it was.

    A checkpoint can make room in the log between two requests. What succeeds then has to be there.
    """
    for number in range(5_000):
        email = f"form{number}@example.com"
        answer = server.post("/frontend/subscribe.aspx", data={"email": email, "list": "1", "campo1": LARGE})
        page = answer.headers["location"].removeprefix("/frontend/landing/").partition("?")[0]
        assert (page, server.status(email)) in {("error", "1"), ("pending", "4")}
        if page == "error":
            return email
    pytest.fail("the disk was never full")


def test_a_full_disk_is_answered_as_a_failure_and_once_there_is_room_all_goes_on(make_server, small_disk):
    server: Server = make_server(limits="off", reader_threads="1")
    server.home = small_disk / "home"
    server.start()
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 3_500_000)

    answered = _sign_up_until_refused(server)
    by_form = _post_forms_until_refused(server)
    filler.unlink()
    until(lambda: server.sign_up(GRACE) == "0")

    assert server.status(by_form) == "1"
    assert answered
    assert {server.status(each) for each in [*answered[:5], *answered[-5:], GRACE]} == {"4"}
    assert server.command("db", "check")["sound"]
    until(lambda: set(server.states()) == {"sent"})
    assert server.stop() == 0


def _fill(file: Path) -> None:
    """Leave no room on a disk."""
    with file.open("wb", buffering=0) as filler:
        for octets in (65_536, 4_096):
            with suppress(OSError):
                while filler.write(bytes(octets)) == octets:
                    pass


@pytest.mark.parametrize("crashes", [False, True], ids=["and goes on", "and is killed"])
def test_a_disk_that_is_full_in_mid_campaign_costs_nobody_their_mail_and_doubles_nobodys(
    tmp_path, small_disk, driver, relay, crashes
):
    more = [f"late{number:03}" for number in range(200)]
    relay.holds.add("late050")
    with mortal(
        tmp_path / "server", driver, relay=relay.relay(connections=1), taken=relay.taken, home=small_disk / "home"
    ) as server:
        server.subscribe(*more)
        sending_id = server.launch_campaign()
        until(lambda: relay.to("late049@example.com"))

        filler = small_disk / "filler"
        _fill(filler)
        relay.holds.clear()
        # What has been accepted is held while it cannot be written down.
        until(lambda: "outcomes wait for the database" in server.log.read_text("utf-8"))
        received = len(relay.received)
        if crashes:
            server.stop(signal.SIGKILL)
        filler.unlink()
        if crashes:
            server.start()
        server.let_campaign_end(sending_id)

        account = server.campaign_account(sending_id)
        everybody = PEOPLE + len(more)
        assert received < everybody
        assert (account.sent + account.in_doubt, account.others) == (everybody, {})
        assert (account.doubled, account.untrue) == ([], [])
        assert account.in_doubt == account.in_doubt_and_taken == (WINDOW if crashes else 0)
        assert len(relay.received) == everybody
        assert server.command("db", "check")["sound"]


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of a running process can be changed on Linux only")
def test_a_disk_that_fails_is_answered_as_a_failure_and_once_it_works_all_goes_on(make_server):
    server: Server = make_server(limits="off").start()
    assert server.process
    server.sign_up(GRACE)

    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    failed = [server.sign_up(ADA), server.status(ADA), server.get("/healthz").text]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: server.sign_up(ADA) == "0")

    assert failed == ["1", "1", '{"status":"ok"}']
    assert (server.status(ADA), server.status(GRACE)) == ("4", "4")
    until(lambda: set(server.states()) == {"sent"})
    assert server.command("db", "check")["sound"]


def test_postgresql_that_stops_is_answered_as_a_failure_and_once_it_is_back_all_goes_on(make_server, own_postgresql):
    server: Server = make_server(database=own_postgresql.get_uri()).start()
    guid = server.ready["list_guid"]
    before = server.sign_up(ADA)

    own_postgresql.stop()
    during = [server.sign_up(GRACE), server.status(ADA, guid=guid)]
    page = server.post("/frontend/subscribe.aspx", data={"email": GRACE, "list": "1"})
    health = [server.get(path).status_code for path in ("/healthz", "/readyz")]
    own_postgresql.start()
    until(lambda: server.sign_up(GRACE) == "0")

    assert (before, during) == ("0", ["1", "1"])
    assert page.headers["location"].startswith("/frontend/landing/error")
    assert health == [200, 503]
    assert (server.status(ADA), server.status(GRACE)) == ("4", "4")
    until(lambda: {mail["to"] for mail in server.caught()} == {ADA, GRACE})
    assert server.get("/readyz").status_code == 200
    assert server.stop() == 0


NONSENSE = [
    ("/frontend/xmlSubscribe.aspx", "email=nobody&list=1&retCode=1"),
    ("/frontend/xmlSubscribe.aspx", "email=ada%40example.com&list=99999999999999999999&retCode=1"),
    ("/frontend/xmlSubscribe.aspx", "email=ada%40example.com&list=-1&retCode=1"),
    ("/frontend/xmlSubscribe.aspx", "email=%00%ff%fe&list=%00&retCode=%c3"),
    ("/frontend/xmlSubscribe.aspx", "&".join(f"p{number}={number}" for number in range(10_000))),
    (
        "/frontend/xmlSubscribe.aspx",
        "email=ada%40example.com&list=1&retCode=1&csvFldNames=campo1;campo2&csvFldValues=a",
    ),
    ("/frontend/xmlChkSubscriber.aspx", "email=ada%40example.com&list=1&listGuid=nonsense"),
    ("/frontend/xmlUnsubscribe.aspx", "email=ada%40example.com&list=1&listGuid=%27%20OR%201=1"),
    ("/frontend/xmlUpdSubscriber.aspx", "listGuid=&list=&email="),
    ("/frontend/subscribe.aspx", "email=a%0d%0aBcc:x%40example.com&list=1"),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nonsense_gets_a_documented_code_and_never_an_error_of_the_server(running, method):
    for path, query in NONSENSE:
        long = len(query) > 60_000
        if method == "GET" and not long:
            answer = running.get(f"{path}?{query}")
        else:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = running.post(path, content=query.encode(), headers=form)

        assert answer.status_code in (200, 302), (path, query[:100])
        assert "Traceback" not in answer.text
        if answer.status_code == 200:
            assert len(answer.text) < 300


def test_a_body_of_two_megabytes_is_refused_with_a_code(running):
    answer = running.post("/frontend/xmlSubscribe.aspx", data={"email": ADA, "list": "1", "x": "x" * 2**21})

    assert (answer.status_code, answer.text.strip()[:1].isdigit() or answer.text != "") == (200, True)
    assert running.status(ADA) == "1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for those tests that leave nothing behind."""
    server = Server(tmp_path_factory.mktemp("running"), limits="off").start()
    yield server
    server.close()
    log = server.log.read_text("utf-8")
    assert "@" not in log
    assert "Traceback" not in log
