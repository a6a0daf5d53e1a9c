"""The client and the sink that measures it, in two processes."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from staffetta.sending.smtp import Accepted, Connection, Envelope
from staffetta.settings import Relay

SINK = Path(__file__).parents[3] / "benchmarks" / "null_sink.py"
BATCH = [
    Envelope("a@example.com", f"{n}@example.org", b"Message-ID: <%d@x>\r\n\r\n.\r\n" % n + b"." * 3000 * n + b"\r\n")
    for n in range(40)
]


@asynccontextmanager
async def null_sink(*options: str) -> AsyncIterator[tuple[Relay, list[int]]]:
    counted: list[int] = []
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SINK), "--port", "0", *options, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield Relay("127.0.0.1", json.loads(await process.stdout.readline())["port"]), counted
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = await process.communicate()
        counted.append(json.loads(out)["messages"])


@pytest.mark.slow
@pytest.mark.parametrize("way", [[], ["--no-chunking"], ["--no-pipelining"], ["--no-chunking", "--no-pipelining"]])
async def test_what_the_client_counts_is_on_record(way, tmp_path):
    record, count = tmp_path / "record", tmp_path / "count"

    async with null_sink(*way, "--latency-ms", "1", "--record", str(record), "--count-file", str(count)) as (
        relay,
        told,
    ):
        connection = await Connection.open(relay, hello="me.example")
        outcomes = await connection.send(BATCH)
        await connection.close()

    assert [type(each) for each in outcomes] == [Accepted] * len(BATCH)
    assert record.read_text().splitlines() == [f"<{n}@x>\t{n}@example.org" for n in range(len(BATCH))]
    assert int(count.read_text().split()[0]) == told[0] == len(BATCH)
