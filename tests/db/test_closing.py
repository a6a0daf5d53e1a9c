"""Closing a database that threads of its own still look after."""

import asyncio
from dataclasses import replace

from staffetta.db import open_database
from staffetta.db.upgrading import upgrade
from staffetta.settings import Settings


def test_a_database_is_closed_while_it_looks_whether_others_have_changed_it(tmp_path, monkeypatch):
    monkeypatch.setattr("staffetta.db.sqlite.WATCH_SECONDS", 0.0)
    url = f"sqlite:///{tmp_path}/closing.db"
    upgrade(url)

    for _ in range(300):
        database = open_database(replace(Settings(), home=tmp_path, database=url))
        asyncio.run(database.write_across(lambda _: None))
        database.close()
