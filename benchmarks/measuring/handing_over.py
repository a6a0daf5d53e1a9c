"""What a sender is held against: our own protocol with nothing around it, and a client that is not ours."""

import asyncio
from time import perf_counter

import aiosmtplib

from measuring.figures import Fault
from staffetta.sending.smtp import Accepted, Connection, Envelope
from staffetta.settings import Relay

SENDER, RECIPIENT = "news@example.com", "person@example.com"
BATCH = 250
MOST_SECONDS = 120


async def by_bare_protocol(port: int, content: bytes, messages: int) -> float:
    """Hand over one message again and again, over as many connections as a relay has by default; return the rate."""
    relay = Relay("127.0.0.1", port)
    connections = [await Connection.open(relay, hello="bench.example.com") for _ in range(relay.connections)]
    batches = messages // BATCH // len(connections)
    batch = [Envelope(SENDER, RECIPIENT, content)] * BATCH
    begun = perf_counter()
    async with asyncio.timeout(MOST_SECONDS):
        await asyncio.gather(*(_hand_over(connection, batch, batches) for connection in connections))
    seconds = perf_counter() - begun
    for connection in connections:
        await connection.close()
    return batches * len(connections) * BATCH / seconds


async def _hand_over(connection: Connection, batch: list[Envelope], times: int) -> None:
    for _ in range(times):
        outcomes = await connection.send(batch)
        if not all(isinstance(outcome, Accepted) for outcome in outcomes):
            raise Fault("the sink refused a message of the bare protocol")


async def by_aiosmtplib(port: int, content: bytes, messages: int) -> float:
    """Hand over the same message over one connection of aiosmtplib, one after the other; return the rate."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
    await client.connect()
    begun = perf_counter()
    async with asyncio.timeout(MOST_SECONDS):
        for _ in range(messages):
            await client.sendmail(SENDER, [RECIPIENT], content)
    seconds = perf_counter() - begun
    await client.quit()
    return messages / seconds
