"""The connection is cut at each octet of the peer's answers: what was accepted is never handed over again."""

import pytest

from sending.smtp.scripted import ALL, CHUNKED, PIPELINED, PLAIN, Peer
from staffetta.sending.smtp import Accepted, Connection, Deferred, Envelope, InDoubt, Rejected, Untouched

NAMES = ("ada", "bob", "cy")
REFUSING = {"RCPT TO:<bob": "550 5.1.1 nobody"}
BATCH = [Envelope(f"bounce+{name}@example.com", f"{name}@example.org", b"Subject: x\r\n\r\n.\r\n") for name in NAMES]
SHORTEST_WHOLE_TALK = 100


@pytest.mark.parametrize(
    "offers", [ALL, PIPELINED, CHUNKED, PLAIN], ids=["stream", "pipelined", "chunked", "lock-step"]
)
async def test_a_cut_at_any_octet_leaves_the_books_right(offers):
    octets, outcomes = 0, []

    while not outcomes or not all(isinstance(each, Accepted | Rejected) for each in outcomes):
        octets += 1
        async with Peer(offers, REFUSING, octets_until_cut=octets) as peer:
            connection = await Connection.open(peer.relay(), hello="me.example")
            outcomes = await connection.send(BATCH)
            await connection.close()
        accepted = {recipient for _, recipient, _ in peer.accepted}
        for envelope, outcome in zip(BATCH, outcomes, strict=True):
            match outcome:
                case Accepted():
                    assert envelope.recipient in accepted, octets
                case Untouched() | Rejected() | Deferred():
                    assert envelope.recipient not in accepted, octets
                case InDoubt():
                    assert envelope.recipient != "bob@example.org" or offers == ALL, octets

    assert octets > SHORTEST_WHOLE_TALK
    assert [type(each) for each in outcomes] == [Accepted, Rejected, Accepted]
