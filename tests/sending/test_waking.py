"""Workers that are told of mail, and share it: nobody has to look by the clock for what this process knows of."""

import asyncio
from dataclasses import replace

import pytest

from campaigns.test_launching import join
from campaigns.written import write
from conftest import make_account
from scenarios.process import until
from staffetta.campaigns import Audience, send_message
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.outbox import NewDelivery, put
from staffetta.selftest import CaptureServer
from staffetta.sending import Sender, window
from staffetta.sending import sender as sending
from staffetta.tracking import Signer

LONG = 3_600.0


def plan(tx, number):
    """Plan a mail that somebody waits for."""
    details = {"lists": [1], "base_url": "https://news.example", "language": "en"}
    delivery = NewDelivery(
        kind="welcome", address=f"new{number}@example.com", list_id=1, recipient_id=number, details=details
    )
    put(tx, delivery, host="news.example", now=utc_now())


def launch(tx, message_id):
    send_message(tx, 1, message_id, audience=Audience(), now=utc_now())


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")  # one process
@pytest.mark.parametrize("connections", [1, 4])
async def test_what_is_planned_leaves_without_a_look_at_the_clock(own_database, settings, monkeypatch, connections):
    monkeypatch.setattr(sending, "POLL_SECONDS", LONG)
    with own_database.transaction(make_account(own_database).id) as tx:
        account_id = tx.account_id
        join(tx, "ada", "bob", "cay")
        message = write(tx, content="<p>Hello</p>")
    database = open_database(replace(settings, database=f"sqlite:///{own_database._file}"))
    with CaptureServer() as relay:
        relays = (f"smtp://127.0.0.1:{relay.port}?connections={connections}",)
        sender = Sender(replace(settings, relays=relays, in_doubt_window=2), database, Signer({1: b"k" * 32}))
        running = asyncio.create_task(sender.run())
        expected = 0
        for turn in range(8):
            await asyncio.sleep(2 * window.LOOK_SECONDS)  # idle for so long that it would tell, if it were looked at
            if turn % 2:
                await database.write(account_id, launch, message.id)
                expected += 3
            if turn % 3 != 1:
                await database.write(account_id, plan, turn)
                expected += 1
            sender.wake()
            await asyncio.to_thread(until, lambda: relay.accepted.total() == expected)  # noqa: B023 - called at once
        sender.stop()
        await running
    database.close()

    assert set(relay.accepted.values()) == {1}
