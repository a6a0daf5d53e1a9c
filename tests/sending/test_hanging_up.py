"""A relay that takes sessions and hangs up on whatever it gets."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from campaigns.test_claiming import launched, states
from campaigns.test_launching import join
from campaigns.written import write
from conftest import make_account
from scenarios.process import until
from staffetta.db import open_database
from staffetta.outbox import DeliveryState
from staffetta.sending import Sender
from staffetta.tracking import Signer

WINDOW, CONNECTIONS = 64, 4


@asynccontextmanager
async def hanging_up():
    """Run a relay that offers a stream, and ends each session as soon as it has got something; yield its port."""

    async def serve(reader, writer):
        writer.write(b"220 relay.example\r\n")
        await reader.readline()
        writer.write(b"250-relay.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
        await reader.readline()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")  # the sender is the same
async def test_a_relay_that_hangs_up_is_spared_and_few_are_in_doubt(own_database, settings):
    with own_database.transaction(make_account(own_database).id) as tx:
        join(tx, *(f"p{number}" for number in range(600)))
        launched(tx, write(tx, content="<p>Hello</p>"))
        account_id = tx.account_id
    database = open_database(replace(settings, database=f"sqlite:///{own_database._file}"))

    def counted():
        with database.transaction(account_id) as tx:
            return Counter(states(tx).values())

    async with hanging_up() as port:
        relay = f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}"
        sender = Sender(replace(settings, relays=(relay,), in_doubt_window=WINDOW), database, Signer({1: b"k" * 32}))
        running = asyncio.create_task(sender.run())
        sender.wake()
        async with asyncio.timeout(60):
            await asyncio.to_thread(until, lambda: counted()[DeliveryState.IN_DOUBT] >= WINDOW)
        await asyncio.sleep(3)
        sender.stop()
        await running

    # A first batch of each connection, and a single mail for each of the few sessions that were tried since.
    assert WINDOW <= counted()[DeliveryState.IN_DOUBT] <= CONNECTIONS * WINDOW
    database.close()
