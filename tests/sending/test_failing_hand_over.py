"""A mistake of ours while a batch is handed over: what cannot have left is tried again, the rest is in doubt."""

import asyncio
from dataclasses import replace

import pytest

from campaigns.test_claiming import launched, states
from campaigns.test_launching import join
from campaigns.written import write
from conftest import make_account
from scenarios.process import until
from staffetta.db import open_database
from staffetta.outbox import DeliveryState
from staffetta.selftest import CaptureServer
from staffetta.sending import Sender, smtp
from staffetta.sending.campaigning import Campaigner
from staffetta.tracking import Signer


@pytest.fixture
def falls_over(request, monkeypatch):
    """Let a method do its work, and fall over a mistake of ours then."""
    owner, name = request.param
    work = getattr(owner, name)

    async def fall(*args):
        await work(*args)
        raise ZeroDivisionError

    monkeypatch.setattr(owner, name, fall)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")  # the sender is the same
@pytest.mark.parametrize(
    ("falls_over", "expected", "taken"),
    [
        ((Campaigner, "_signed"), DeliveryState.DEFERRED, 0),
        ((smtp.Connection, "_hand_over"), DeliveryState.IN_DOUBT, 3),
    ],
    indirect=["falls_over"],
)
@pytest.mark.usefixtures("falls_over")
async def test_what_becomes_of_a_batch_that_falls_over(own_database, settings, expected, taken):
    with own_database.transaction(make_account(own_database).id) as tx:
        account_id = tx.account_id
        people = join(tx, "ada", "bob", "cay")
        launched(tx, write(tx, content="<p>Hello</p>"))
    database = open_database(replace(settings, database=f"sqlite:///{own_database._file}"))

    def becomes():
        with database.transaction(account_id) as tx:
            return states(tx)

    with CaptureServer() as relay:
        relays = (f"smtp://127.0.0.1:{relay.port}?connections=1",)
        sender = Sender(replace(settings, relays=relays), database, Signer({1: b"k" * 32}))
        running = asyncio.create_task(sender.run())
        sender.wake()
        await asyncio.to_thread(until, lambda: becomes() == dict.fromkeys(people, expected))
        sender.stop()
        await running
    database.close()

    assert relay.accepted.total() == taken
