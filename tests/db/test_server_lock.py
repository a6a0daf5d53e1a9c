import subprocess
import sys
from dataclasses import replace

import pytest

from staffetta.db import open_database
from staffetta.db.upgrading import require_current, upgrade
from staffetta.errors import FailedPrecondition
from staffetta.settings import Settings

SERVER = """
import sys, time
from pathlib import Path
from staffetta.db import open_database
from staffetta.settings import Settings
database = open_database(Settings(database=sys.argv[1]))
database.claim_server()
print("claimed", flush=True)
time.sleep(60)
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/locked.db"


@pytest.fixture
def other_server(url):
    process = subprocess.Popen([sys.executable, "-c", SERVER, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "claimed\n"
    yield process
    process.kill()
    process.wait(20)
    process.stdout.close()


def test_a_second_server_is_refused_until_the_first_has_died(url, other_server):
    database = open_database(Settings(database=url))

    with pytest.raises(FailedPrecondition, match=str(other_server.pid)):
        database.claim_server()
    other_server.kill()
    other_server.wait(20)
    database.claim_server()

    database.close()


def test_a_server_that_was_closed_leaves_the_file_to_the_next(url):
    first, second = open_database(Settings(database=url)), open_database(Settings(database=url))
    first.claim_server()
    with pytest.raises(FailedPrecondition):
        second.claim_server()

    first.close()

    second.claim_server()
    second.close()


def test_any_number_of_servers_share_postgresql(postgresql, settings):
    other = open_database(replace(settings, database=postgresql._url))

    postgresql.claim_server()
    other.claim_server()

    other.close()


def test_commands_work_beside_the_server(url, other_server):
    upgrade(url)

    require_current(url)
