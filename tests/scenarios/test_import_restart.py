"""Killed in the middle of imports, the server goes on where it was: no row is lost, and none is done twice."""

import random
import signal
import time
from dataclasses import replace

import pytest

from scenarios.process import Server, until
from staffetta.access import add_application, get_user, issue_tokens
from staffetta.accounts import get_account
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import Settings

pytestmark = pytest.mark.slow

CONSOLE = "/API/v1.1/Rest/ConsoleService.svc/Console"
IMPORTS, ROWS, KILLS = 6, 5_000, 5


def token_of(server: Server) -> str:
    """Register a program beside the running server, and return its access token."""
    settings = Settings(home=server.home)
    database = open_database(replace(settings, database=server.settings["database"] or settings.database))
    with database.connection() as connection:
        account = get_account(connection, None)
        made = add_application(connection, "Shop", client_id=None, client_secret=None, now=utc_now())
        user = get_user(connection, account.api_user)
        access = issue_tokens(connection, user, made.application.client_id, now=utc_now()).access
    database.close()
    return access


def test_a_killed_server_finishes_its_imports_exactly(make_server, database_url):
    chance = random.Random()
    server = make_server(database=database_url, limits="off").start()
    headers = {"Authorization": f"Bearer {token_of(server)}"}
    for number in range(IMPORTS):
        people = [
            {"Email": f"person{number * ROWS + each}@example.com", "Fields": [{"Id": 1, "Value": str(each)}]}
            for each in range(ROWS)
        ]
        answer = server.post(f"{CONSOLE}/List/1/Recipients", headers=headers, json=people)
        assert (answer.status_code, answer.text) == (200, str(number + 1))

    unfinished = 0
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.25))
        server.stop(signal.SIGKILL)
        unfinished += server.rows("SELECT count(*) FROM imports WHERE state < 2")[0][0] > 0
        server.start()
    until(lambda: server.rows("SELECT count(*) FROM imports WHERE state < 2") == [(0,)])

    statuses = [server.get(f"{CONSOLE}/Import/{number + 1}", headers=headers).json() for number in range(IMPORTS)]
    total = IMPORTS * ROWS
    assert unfinished, "every kill came too late"
    assert [each["Completed"] for each in statuses] == [True] * IMPORTS
    assert [each["CreatedRecipients"] for each in statuses] == [ROWS] * IMPORTS
    assert [each["ValidRecipients"] for each in statuses] == [ROWS] * IMPORTS
    assert server.rows("SELECT count(*) FROM import_chunks") == [(0,)]
    for table in ("recipients", "subscriptions", "consents"):
        assert server.rows(f"SELECT count(*) FROM {table}") == [(total,)], table
    assert server.rows("SELECT count(DISTINCT recipient_id) FROM consents") == [(total,)]
    assert server.rows("SELECT status, sum(members) FROM subscription_counts GROUP BY status") == [(2, total)]
    assert server.command("consent", "verify")["holds"]
    assert server.stop() == 0
