"""A connection between batches, and one that is given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sending.smtp.scripted import ALL, PLAIN, SILENCE, Peer
from staffetta.sending.smtp import Accepted, Connection, Envelope, InDoubt, Rejected, Timeouts, Untouched
from staffetta.settings import Relay

CONTENT = b"Subject: one\r\n\r\nbody\r\n"
ADA = Envelope("a@example.com", "ada@example.org", CONTENT)


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (the peer has no event to tell it by)
            await asyncio.sleep(0.001)


@asynccontextmanager
async def mute_peer() -> AsyncIterator[tuple[Relay, list[asyncio.StreamWriter]]]:
    """A peer that greets, and leaves the rest to the test."""
    writers: list[asyncio.StreamWriter] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(b"250-me\r\n250-PIPELINING\r\n250 CHUNKING\r\n")

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield Relay("127.0.0.1", server.sockets[0].getsockname()[1]), writers
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


async def test_refusals_of_our_own_keep_their_place():
    injected = Envelope("a@example.com", "x@example.org>\r\nRSET", CONTENT)

    async with Peer() as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        outcomes = await connection.send([injected, ADA, injected, ADA])
        nothing_said = await connection.send([injected])
        await connection.close()

    assert [type(each) for each in [*outcomes, *nothing_said]] == [Rejected, Accepted, Rejected, Accepted, Rejected]
    assert peer.commands.count("RCPT TO:<ada@example.org>") == 2
    assert not any("x@example.org" in line for line in peer.commands)


@pytest.mark.parametrize("offers", [ALL, PLAIN])
async def test_after_a_rest_the_peer_is_asked_first(offers):
    async with Peer(offers, {"RSET": "hang up"}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example", timeouts=Timeouts(rest_seconds=-1.0))
        outcomes = await connection.send([ADA, ADA])
        await connection.close()

    assert [type(each) for each in outcomes] == [Untouched, Untouched]
    assert peer.commands == ["EHLO me.example", "RSET"]


@pytest.mark.parametrize("farewell", ["", "421 4.4.2 idle for too long\r\n", "250 what\r\n"])
async def test_a_peer_that_leaves_between_batches_touches_nothing(farewell):
    async with mute_peer() as (relay, writers):
        connection = await Connection.open(relay, hello="me.example")
        was_open = connection.is_open
        writers[0].write(farewell.encode())
        writers[0].close()
        await until(lambda: not connection.is_open)
        outcomes = await connection.send([ADA])
        await connection.close()

    assert was_open
    assert [type(each) for each in outcomes] == [Untouched]


async def test_a_batch_that_is_cancelled_drops_the_connection():
    async with Peer(answers={". ada": SILENCE}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        sending = asyncio.create_task(connection.send([ADA]))
        await until(lambda: any(line.startswith("BDAT") for line in peer.commands))
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        is_open = connection.is_open
        await connection.close()

    assert not is_open


async def test_closing_in_the_middle_of_a_batch_leaves_it_in_doubt():
    async with Peer(answers={". ada": SILENCE}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        sending = asyncio.create_task(connection.send([ADA]))
        await until(lambda: any(line.startswith("BDAT") for line in peer.commands))
        await connection.close()
        outcomes = await sending

    assert [type(each) for each in outcomes] == [InDoubt]


async def test_two_batches_at_once_are_our_own_mistake():
    async with Peer(answers={". ada": SILENCE}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        sending = asyncio.create_task(connection.send([ADA]))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await connection.send([ADA])
        await connection.close()
        await sending


@pytest.mark.parametrize("answer", [SILENCE, "hang up", "500 what"])
async def test_closing_ends_whatever_the_peer_says_to_quit(answer):
    async with Peer(answers={"QUIT": answer}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example", timeouts=Timeouts(quit_seconds=0.1))
        await connection.close()

    assert not connection.is_open


@pytest.mark.parametrize(("messages", "octets"), [(1, 40_000_000), (20, 2_000_000), (4000, 10_000)])
async def test_a_peer_that_reads_no_further_is_given_up_and_not_written_to_without_end(messages, octets):
    content = b"x" * octets + b"\r\n"

    async with mute_peer() as (relay, writers):
        connection = await Connection.open(relay, hello="me.example", timeouts=Timeouts(block_seconds=0.3))
        writers[0].transport.pause_reading()
        sending = asyncio.create_task(connection.send([Envelope("a@example.com", "x@example.org", content)] * messages))
        await until(lambda: connection._wire._is_paused)
        await asyncio.sleep(0.05)
        waiting_octets = connection._wire._transport.get_write_buffer_size()
        outcomes = await sending
        await connection.close()

    assert waiting_octets < 1_000_000
    # What the sockets of both sides hold has left; the rest of 40 MB was never given to the transport.
    assert {type(each) for each in outcomes} <= {InDoubt, Untouched}
    assert type(outcomes[-1]) is Untouched
