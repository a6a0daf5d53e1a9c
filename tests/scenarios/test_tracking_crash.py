"""Killed while people open a message and follow its links, the server has every visit that it answered for."""

import asyncio
import random
import signal
import time

import pytest

from campaigns.happening import person, send, sending
from scenarios.process import Server
from staffetta.db import open_database
from staffetta.settings import Settings
from staffetta.tracking import CampaignToken, load_signer
from trying import NOON

pytestmark = pytest.mark.slow

KILLS, CALLERS, PEOPLE = 3, 32, 50
PATIENCE_SECONDS = 60


def test_what_was_answered_is_counted_after_every_kill(database_url, tmp_path):
    server = Server(tmp_path / "run", database=database_url)
    try:
        server.start()
        tokens, message = sent(server)
        answered = unread = 0
        for _ in range(KILLS):
            asked, open_calls = asyncio.run(ask_until_killed(server, tokens))
            answered, unread = answered + asked, unread + open_calls
            server.start()
        assert answered > KILLS * CALLERS

        counted = wait_until_counted(server)

        # What was not answered may be there: it was committed, and the answer was lost with the process.
        assert answered <= counted <= answered + unread
        [(views, clicks, viewers, clickers)] = server.rows(
            f"SELECT views, clicks, viewers, clickers FROM message_counters WHERE message_id = {message}"
        )
        assert viewers <= PEOPLE
        assert clickers <= PEOPLE
        [(times,)] = server.rows("SELECT sum(times) FROM engagements")
        assert times == views + clicks
    finally:
        server.close()


def sent(server: Server) -> tuple[list[str], int]:
    """Send a message to some people; return their tokens and its number."""
    url = server.settings["database"]
    database = open_database(Settings(home=server.home, database=url))
    try:
        with database.connection() as connection:
            tx = connection.for_account(server.ready["account_id"])
            message = send(tx, "https://shop.example/")
            sending(tx, message)
            people = [person(tx, f"person{number}") for number in range(PEOPLE)]
            signer = load_signer(connection, now=NOON)
        tokens = [signer.sign_campaign(CampaignToken(tx.account_id, each, 1)) for each in people]
    finally:
        database.close()
    return tokens, message


async def ask_until_killed(server: Server, tokens: list[str]) -> tuple[int, int]:
    """Ask on many connections and kill the server meanwhile; return how many answers came, and how many calls broke."""
    answered = 0

    async def ask() -> int:
        nonlocal answered
        host, _, port = server.bind.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            while True:
                token = random.choice(tokens)
                path = random.choice((f"/o/{token}", f"/k/{token}/1"))
                writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: Firefox\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302")), head
                answered += 1
                if b" 200 " in head[:14]:
                    await reader.readexactly(43)
        except (ConnectionError, asyncio.IncompleteReadError):
            return 1
        finally:
            writer.close()

    calls = [asyncio.create_task(ask()) for _ in range(CALLERS)]
    await asyncio.sleep(random.uniform(0.4, 0.9))
    await asyncio.to_thread(server.stop, signal.SIGKILL)
    return answered, sum(await asyncio.gather(*calls))


def wait_until_counted(server: Server) -> int:
    """Return how many views and clicks stand in time lines once nothing is kept any more."""
    due = time.monotonic() + PATIENCE_SECONDS
    while server.rows("SELECT count(*) FROM kept_events") != [(0,)]:
        assert time.monotonic() < due
        time.sleep(0.1)
    return int(server.rows("SELECT count(*) FROM events")[0][0])
