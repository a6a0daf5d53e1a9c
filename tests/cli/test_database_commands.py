"""`db`, `key`: what keeps an installation going."""

import apsw
import pytest

from staffetta.db import open_database
from staffetta.settings import read_settings


def test_a_missing_database_is_told_of_and_not_made(staffetta, home):
    done = staffetta("list", "show")

    assert done.code == 1
    assert "run `staffetta account add`" in done.err
    assert not home.exists()


def test_an_empty_database_wants_an_upgrade(staffetta, home):
    home.mkdir()
    (home / "staffetta.db").touch()

    assert "run `staffetta db upgrade`" in staffetta("list", "show").err

    assert staffetta("db", "upgrade", "--json").json["upgraded"] is True
    assert staffetta("db", "upgrade", "--json").json["upgraded"] is False
    assert staffetta("account", "list").out == "There is no account yet: run `staffetta account add`.\n"


def test_an_older_database_is_not_touched(staffetta, home, shop):
    with apsw.Connection(str(home / "staffetta.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()

    for words in (("list", "show"), ("account", "add")):
        assert "run `staffetta db upgrade`" in staffetta(*words).err


def test_a_file_that_is_no_database_is_told_of_on_one_line(staffetta, home):
    home.mkdir()
    (home / "staffetta.db").write_bytes(b"x" * 8192)

    done = staffetta("account", "add")

    assert done.code == 1
    assert done.err.startswith("error: the database cannot be opened")
    assert done.err.count("\n") == 1


def test_a_database_that_does_not_answer_is_told_of_without_its_password(staffetta, home, monkeypatch):
    monkeypatch.setenv("STAFFETTA_DATABASE", "postgresql://staffetta:geheim@127.0.0.1:1/none")

    done = staffetta("list", "show")

    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "STAFFETTA_DATABASE" in done.err
    assert "geheim" not in done.err


def test_a_sound_database_is_said_to_be(staffetta, shop):
    assert staffetta("db", "check", "--json").json["sound"] is True


def test_a_backup_is_a_database_and_never_overwrites(staffetta, shop, tmp_path, monkeypatch):
    copy = tmp_path / "copy.db"

    written = staffetta("db", "backup", copy, "--json").json

    assert written == {"file": str(copy), "octets": copy.stat().st_size}
    assert "never overwrites" in staffetta("db", "backup", copy).err
    monkeypatch.setenv("STAFFETTA_DATABASE", f"sqlite:///{copy}")
    assert staffetta("account", "show", "--json").json["id"] == 7132


def test_a_backup_into_no_folder_is_refused_on_one_line(staffetta, shop, tmp_path):
    done = staffetta("db", "backup", tmp_path / "none" / "copy.db")

    assert (done.code, done.err.count("\n")) == (1, 1)


def test_tables_are_not_changed_under_a_running_server(staffetta, home, shop):
    with apsw.Connection(str(home / "staffetta.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    server = open_database(read_settings())
    server.claim_server()

    done = staffetta("db", "upgrade")

    server.close()
    assert (done.code, "another server" in done.err) == (1, True)


def test_a_key_is_added(staffetta, shop):
    assert staffetta("key", "rotate", "--json").json == {"key_id": 1}
    assert staffetta("key", "rotate", "--json").json == {"key_id": 2}


@pytest.mark.parametrize("command", ["serve", "send"])
def test_processes_apart_need_postgresql(staffetta, shop, command):
    done = staffetta(command)

    assert done.code == 1
    assert "STAFFETTA_DATABASE" in done.err


def test_the_same_commands_work_on_postgresql(staffetta, on_postgresql):
    assert "run `staffetta db upgrade`" in staffetta("list", "show").err

    staffetta("account", "add", "--id", 7132, "--password", "P")

    assert staffetta("list", "add", "News", "--json").json["id"] == 2
    assert staffetta("group", "add", "A", "--list", 2, "--json").json["id"] == 10
    assert staffetta("list", "set", 2, "pages.error=https://x.example/", "--json").json["pages"] != {}
    assert staffetta("ip", "add", "192.0.2.0/24", "--json").json["allowed"] == ["192.0.2.0/24"]
    assert staffetta("outbox", "show", "--json").json["planned"] == 0
    assert staffetta("outbox", "show", "--account", 7132, "--json").json["planned"] == 0
    assert staffetta("consent", "verify", "--json").json["holds"] is True
    assert staffetta("key", "rotate", "--json").json == {"key_id": 1}
    assert staffetta("db", "check", "--json").json["sound"] is True
    assert staffetta("db", "upgrade", "--json").json["upgraded"] is False
