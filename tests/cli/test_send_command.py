"""`send FILE` and `sending`: a file to a list, and what becomes of it."""

import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.conftest import Run, run
from scenarios.process import until
from staffetta.campaigns import (
    CampaignSending,
    Selection,
    campaign_sendings,
    get_campaign_sending,
    get_message,
    list_messages,
)
from staffetta.db import Transaction, open_database
from staffetta.outbox import SendingState
from staffetta.settings import read_settings

HTML = "<p>Caffè per [nome], <a href='https://shop.example/'>qui</a></p>"


both = pytest.mark.parametrize("people", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def people_file(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of account 7132 with two people on list 1, made once."""
    home = tmp_path_factory.mktemp("people")
    shutil.copy(shop_file, home)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STAFFETTA_HOME", str(home))
        environment.delenv("STAFFETTA_DATABASE", raising=False)
        bring_people(home)
    return home / "staffetta.db"


def bring_people(folder: Path) -> None:
    """Put two people on list 1, of whom one is in group 1."""
    for name, group in (("ada", ("--group", 1)), ("bob", ())):
        file = folder / f"{name}.csv"
        file.write_text(f"email\n{name}@example.org\n")
        assert run("import", file, "--list", 1, *group).code == 0


@pytest.fixture
def people(request: pytest.FixtureRequest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Account 7132 with two people on list 1, on SQLite unless PostgreSQL is asked for."""
    monkeypatch.setenv("STAFFETTA_DNS_SERVERS", "127.0.0.1:9")
    home.mkdir()
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copy(request.getfixturevalue("people_file"), home)
        return
    request.getfixturevalue("on_postgresql")
    assert run("account", "add", "--id", 7132, "--host", "shop.example", "--password", "P").code == 0
    bring_people(tmp_path)


@pytest.fixture
def html(tmp_path: Path) -> Path:
    file = tmp_path / "spring.html"
    file.write_text(HTML, "utf-8")
    return file


@pytest.fixture
def send(staffetta: Run, people: None, html: Path) -> Callable[..., Any]:
    return lambda *words, **given: staffetta("send", html, "--list", 1, "--subject", "Spring", *words, **given)


def look(operation: Any, *args: Any, **named: Any) -> Any:
    database = open_database(read_settings())
    with database.transaction(7132) as tx:
        found = operation(tx, *args, **named)
    database.close()
    return found


def sending(sending_id: int = 1) -> CampaignSending:
    return look(get_campaign_sending, sending_id)


def content(message_id: int) -> str:
    return look(get_message, 1, message_id).message.content


def messages(tx: Transaction) -> Any:
    return list_messages(tx, 1, tags=(), selection=Selection()).messages


def set_sending(values: str, sending_id: int = 1) -> None:
    """Say how far a sending is, as a sender would."""
    database = open_database(read_settings())
    with database.connection() as connection:
        connection._cursor.execute(f"UPDATE sendings SET {values} WHERE id = {sending_id}")
    database.close()


@contextmanager
def a_server() -> Iterator[None]:
    """Hold what tells commands that a server runs."""
    lock = Path(read_settings().database_url.removeprefix("sqlite:///") + ".lock")
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@both
def test_a_file_becomes_a_message_that_is_launched(send):
    done = send("--yes", "--json")

    assert {name: done.json[name] for name in ("id", "list_id", "subject", "state", "recipients", "watched")} == {
        "id": 1,
        "list_id": 1,
        "subject": "Spring",
        "state": "waiting",
        "recipients": 2,
        "watched": False,
    }
    assert content(done.json["message_id"]) == HTML
    assert done.json["blocks"] is False


@both
def test_where_nobody_sends_it_says_what_to_do(send):
    done = send("--yes")

    assert done.code == 0
    assert "run `staffetta up`" in done.err


def test_it_asks_with_the_number_of_recipients(send):
    done = send(given="n\n")

    assert done.code == 1
    assert "“Spring” from noreply@shop.example to 2 recipients of list 1" in done.err
    assert "No message was sent yet" in send_list()


def test_yes_to_the_question_sends(send):
    assert send(given="y\n").code == 0
    assert sending().addressed == 2


@both
def test_a_dry_run_leaves_nothing_behind(send, staffetta):
    done = send("--dry-run", "--json")

    assert (done.json["recipients"], done.json["dry_run"]) == (2, True)
    assert "No message was sent yet" in send_list()
    assert send("--yes", "--json").json["message_id"] == 1


def send_list() -> str:
    return run("sending", "list").out


def test_something_red_stops_it(send, staffetta, html):
    html.write_text("<script>x</script><p>a")

    done = send("--yes")

    assert done.code == 1
    assert "red    script" in done.err
    assert "nothing was sent" in done.err
    assert "No message was sent yet" in send_list()


def test_something_red_goes_by_force(send, html):
    html.write_text("<script>x</script><p>a")

    done = send("--yes", "--force", "--json")

    assert (done.json["state"], done.json["blocks"]) == ("waiting", True)


def test_a_sender_that_nobody_confirmed_stops_it(send):
    assert "Nobody has confirmed this sender" in send("--yes", "--from", "other@shop-mail.com").err


@both
def test_groups_choose_who_gets_it(send):
    one = send("--group", 1, "--yes", "--json").json
    other = send("--except", 1, "--yes", "--json").json

    assert (one["recipients"], other["recipients"]) == (1, 1)
    assert sending(one["id"]).audience.groups == (1,)


def test_a_group_without_anybody_stops_it(send):
    assert "red    recipients" in send("--group", 2, "--yes").err


def test_all_that_is_said_of_it_is_kept(send):
    done = send(
        "--from-name",
        "Ada's shop",
        "--note",
        "first",
        "--pre-header",
        "Look",
        "--default",
        "nome=there",
        "--yes",
        "--json",
    )

    made = look(get_message, 1, done.json["message_id"]).message
    assert (made.pre_header, made.default_values, made.uses_fields) == ("Look", {1: "there"}, True)
    assert (sending().sender_name, sending().notes) == ("Ada's shop", "first")


@pytest.mark.parametrize(
    ("time", "starts_at"),
    [
        ("2036-01-31T09:00", "2036-01-31T08:00:00Z"),
        ("2036-07-31 09:00", "2036-07-31T07:00:00Z"),
        ("2036-01-31T09:00Z", "2036-01-31T09:00:00Z"),
        ("2036-01-31T09:00+05:30", "2036-01-31T03:30:00Z"),
    ],
)
def test_a_time_is_one_of_the_account_s_zone(send, time, starts_at):
    assert send("--at", time, "--yes", "--json").json["starts_at"] == starts_at


@both
def test_what_is_in_doubt_and_until_when_it_begins_is_said(send, staffetta):
    send("--at", "2036-01-31T09:00Z", "--not-after", "2036-01-31T12:00Z", "--in-doubt", "drop", "--yes")

    shown = staffetta("sending", "show", 1, "--json").json

    assert (shown["in_doubt"], shown["not_after"]) == ("drop", "2036-01-31T12:00:00Z")


@both
def test_a_command_with_a_key_can_be_repeated(send, staffetta):
    words = ("--once-key", "spring", "--default", "nome=there", "--not-after", "2036-01-31T12:00Z", "--yes", "--json")
    first = send(*words)
    set_sending("begun_at = 1, ended_at = 2")

    again = send(*words)

    assert (again.code, again.json["id"], again.json["state"]) == (0, first.json["id"], "ended")
    assert "sending 1 was launched with this key before: nothing is sent again." in again.err
    assert staffetta("sending", "show", 1, "--json").json["once_key"] == "spring"
    assert len(look(campaign_sendings, most=9)) == len(look(messages)) == 1


@pytest.mark.parametrize("words", [("--subject", "Summer"), ("--group", 1), ("--pre-header", "Look")])
def test_a_key_is_good_for_one_message_to_the_same_people(send, words):
    send("--once-key", "spring", "--yes")

    refused = send("--once-key", "spring", "--yes", *words)

    assert (refused.code, "the key was used for sending 1" in refused.err) == (1, True)
    assert len(look(messages)) == 1


def test_a_dry_run_of_what_was_launched_says_so_and_waits_for_nothing(send):
    send("--once-key", "spring", "--yes")

    with a_server():
        done = send("--once-key", "spring", "--dry-run")

    assert (done.code, "was launched with this key before" in done.err) == (0, True)


@pytest.mark.parametrize("octets", [HTML.encode("utf-8-sig"), HTML.encode("utf-16"), HTML.encode("windows-1252")])
def test_a_file_is_read_however_it_is_written(send, html, octets):
    html.write_bytes(octets)

    assert content(send("--yes", "--json").json["message_id"]) == HTML


def test_standard_input_is_a_file(staffetta, people):
    done = staffetta("send", "-", "--list", 1, "--subject", "Spring", "--yes", "--json", given=HTML)

    assert content(done.json["message_id"]) == HTML


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--list", 9), 1),
        (("--group", 99), 1),
        (("--from", "no address"), 1),
        (("--subject", "x" * 501), 1),
        (("--subject", " "), 2),
        (("--at", "tomorrow"), 2),
        (("--at", "0001-01-01T00:00+14:00"), 2),
        (("--default", "nome"), 2),
        (("--not-after", "2020-01-01"), 1),
        (("--not-after", "soon"), 2),
        (("--in-doubt", "perhaps"), 2),
        (("--once-key", "x" * 201), 1),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_stored(send, words, code):
    done = send(*words, "--yes")

    assert done.code == code
    assert "Traceback" not in done.err
    assert "No message was sent yet" in send_list()


def test_a_file_that_is_not_there_or_too_long_is_refused(staffetta, people, tmp_path, monkeypatch):
    words = ("--list", 1, "--subject", "Spring", "--yes")
    monkeypatch.setenv("STAFFETTA_REST_BODY_OCTETS", "10")
    long = tmp_path / "long.html"
    long.write_text("x" * 11)

    assert "No such file" in staffetta("send", tmp_path / "none.html", *words).err
    assert "longer than 10 octets" in staffetta("send", long, *words).err


@pytest.mark.parametrize("words", [("--yes",), ("--list", 1), ("--subject", "Spring")])
def test_without_a_file_its_options_mean_nothing(staffetta, people, words):
    assert staffetta("send", *words).code == 2


def test_without_a_file_the_sender_runs_which_sqlite_refuses(staffetta, shop):
    assert "run `staffetta up`" in staffetta("send").err


def test_it_is_watched_until_it_has_ended(send, executable, html):
    """Nobody sends here: the row of the sending is moved as a sender does it."""

    def deliver() -> None:
        until(lambda: "waiting" in send_list())
        set_sending("state = 1, begun_at = 1, claimed = 2, sent = 1")
        set_sending("sent = 1, failed = 1, ended_at = 2")

    with a_server():
        sender = threading.Thread(target=deliver)
        sender.start()
        done = executable("send", html, "--list", 1, "--subject", "Spring", "--yes", "--json")
        sender.join()

    assert {name: done.json[name] for name in ("state", "sent", "failed", "watched")} == {
        "state": "ended",
        "sent": 1,
        "failed": 1,
        "watched": True,
    }


def test_what_begins_later_is_not_watched(send):
    with a_server():
        done = send("--at", "2036-01-31T09:00", "--yes")

    assert "`staffetta sending show 1` shows how far it is" in done.err


@both
def test_sendings_are_listed_newest_first(send, staffetta):
    send("--yes")
    send("--yes")

    assert [each["id"] for each in staffetta("sending", "list", "--json").json] == [2, 1]
    assert [each["id"] for each in staffetta("sending", "list", "--most", 1, "--json").json] == [2]


def test_one_is_shown(send, staffetta):
    send("--group", 1, "--note", "first", "--yes")

    shown = staffetta("sending", "show", 1, "--json").json

    assert (shown["groups"], shown["notes"], shown["state"]) == ([1], "first", "waiting")


@both
def test_one_is_stopped_resumed_and_deleted(send, staffetta):
    send("--yes")

    assert staffetta("sending", "stop", 1, "--json").json["state"] == "stopped"
    assert staffetta("sending", "resume", 1, "--json").json["state"] == "waiting"
    assert staffetta("sending", "stop", 1).code == 0
    assert staffetta("sending", "delete", 1, "--json").json["state"] == "deleted"


def test_one_that_runs_is_stopped_before_it_is_deleted(send, staffetta):
    send("--yes")
    set_sending("begun_at = 1")

    done = staffetta("sending", "delete", 1)

    assert (done.code, "stop it first" in done.err) == (1, True)


@pytest.mark.parametrize("verb", ["show", "stop", "resume", "delete", "resend"])
def test_one_that_is_not_there_is_refused(staffetta, people, verb):
    done = staffetta("sending", verb, 9)

    assert (done.code, done.err) == (1, "error: there is no sending 9\n")


def test_one_that_was_not_stopped_is_not_resumed(send, staffetta):
    send("--yes")

    assert "is not stopped: it is waiting" in staffetta("sending", "resume", 1).err


@both
def test_one_that_came_too_late_says_so(send, staffetta):
    send("--yes")
    set_sending(f"state = {SendingState.LATE.value}, ended_at = 1")

    shown = staffetta("sending", "show", 1, "--json").json
    refused = staffetta("sending", "resume", 1)

    assert shown["state"] == "too late"
    assert (refused.code, "it is too late" in refused.err) == (1, True)


@both
def test_those_who_were_not_reached_get_it_again(send, staffetta):
    send("--yes")
    set_sending("begun_at = 1, ended_at = 2")
    reached = "account_id, message_id, recipient_id, sending_id, state, attempts, due_at, first_tried_at, changed_at"
    database = open_database(read_settings())
    with database.connection() as connection:
        connection._cursor.execute(
            f"INSERT INTO campaign_deliveries ({reached}, lease, reply) VALUES (7132, 1, 1, 1, 3, 1, 1, 1, 1, 0, '')"
        )
    database.close()

    again = staffetta("sending", "resend", 1, "--yes", "--json").json

    assert (again["id"], again["message_id"], again["recipients"]) == (2, 1, 1)
    assert "sending 2 has not ended: let it end" in staffetta("sending", "resend", 1, "--yes").err
    set_sending("ended_at = 2", 2)
    assert staffetta("sending", "resend", 2, "--yes", "--json").json["recipients"] == 1


def test_one_that_may_go_on_is_not_repeated(send, staffetta):
    send("--yes")
    running = staffetta("sending", "resend", 1, "--yes").err
    staffetta("sending", "stop", 1)
    stopped = staffetta("sending", "resend", 1, "--yes").err

    assert ["has not ended" in each for each in (running, stopped)] == [True, True]


def test_what_is_repeated_is_asked_about(send, staffetta):
    send("--yes")
    set_sending("begun_at = 1, ended_at = 2")

    done = staffetta("sending", "resend", 1, given="n\n")

    assert (done.code, "to 2 recipients now?" in done.err) == (1, True)
    assert [each["id"] for each in msgspec.json.decode(staffetta("sending", "list", "--json").out)] == [1]
