"""What a peer answers at each verb, in each way of talking, and what it makes of each envelope."""

import pytest

from sending.smtp.scripted import ALL, CHUNKED, HANG_UP, PIPELINED, PLAIN, SILENCE, Peer
from staffetta.sending.smtp import (
    STANDARD_TIMEOUTS,
    Accepted,
    Connection,
    Deferred,
    Envelope,
    InDoubt,
    Outcome,
    Rejected,
    Timeouts,
    Untouched,
)

CONTENT = b"Subject: one\r\n\r\n.hidden\r\n..\r\n.\r\nend\r\n"
WAYS = {"stream": ALL, "pipelined": PIPELINED, "chunked": CHUNKED, "lock-step": PLAIN}
# Long enough for a busy machine, short enough to wait for a peer that says nothing.
SECONDS = 0.5
IMPATIENT = Timeouts(mail_seconds=SECONDS, rcpt_seconds=SECONDS, data_seconds=SECONDS, final_seconds=SECONDS)


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def offers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


def envelopes(*names: str, content: bytes = CONTENT) -> list[Envelope]:
    return [Envelope(f"bounce+{name}@example.com", f"{name}@example.org", content) for name in names]


async def send(peer: Peer, batch: list[Envelope], *, timeouts: Timeouts = STANDARD_TIMEOUTS) -> list[Outcome]:
    connection = await Connection.open(peer.relay(), hello="me.example", timeouts=timeouts)
    try:
        return await connection.send(batch)
    finally:
        await connection.close()


def timeouts_for(answer: str) -> Timeouts:
    return IMPATIENT if answer == SILENCE else STANDARD_TIMEOUTS


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [f"{type(each).__name__} {getattr(each, 'verb', '')}".strip() for each in outcomes]


async def test_a_batch_arrives_as_it_was_given(offers):
    async with Peer(offers) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", "cy"))

    assert kinds(outcomes) == ["Accepted"] * 3
    assert outcomes[1] == Accepted(outcomes[1].reply)
    assert str(outcomes[1].reply) == "250 2.0.0 queued bob@example.org"
    assert peer.accepted == [(f"bounce+{n}@example.com", f"{n}@example.org", CONTENT) for n in ("ada", "bob", "cy")]


async def test_batches_follow_each_other_on_one_connection(offers):
    async with Peer(offers, {"RCPT TO:<bob": "550 5.1.1 nobody"}) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        outcomes = [await connection.send(envelopes(name)) for name in ("ada", "bob", "cy")]
        still_open = connection.is_open
        await connection.close()

    assert kinds([each for batch in outcomes for each in batch]) == ["Accepted", "Rejected RCPT", "Accepted"]
    assert still_open
    assert not connection.is_open
    assert peer.sessions == 1
    assert peer.commands[-1] == "QUIT"


@pytest.mark.parametrize(
    ("start", "answer", "outcome"),
    [
        ("MAIL FROM:<bounce+bob", "550 5.7.1 not from you", "Rejected MAIL"),
        ("MAIL FROM:<bounce+bob", "451 4.3.0 later", "Deferred MAIL"),
        ("RCPT TO:<bob", "550 5.1.1 nobody", "Rejected RCPT"),
        ("RCPT TO:<bob", "450 4.2.1 later", "Deferred RCPT"),
        (". bob", "554 5.7.1 spam", "Rejected DATA"),
        (". bob", "452 4.3.1 full", "Deferred DATA"),
    ],
)
async def test_one_refusal_leaves_the_others_alone(offers, start, answer, outcome):
    async with Peer(offers, {start: answer}) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", "cy"))

    assert kinds(outcomes) == ["Accepted", outcome, "Accepted"]
    assert str(outcomes[1].reply) == answer
    assert outcomes[1].reply.enhanced == answer.split()[1]
    assert [sender for sender, _, _ in peer.accepted] == ["bounce+ada@example.com", "bounce+cy@example.com"]


async def test_a_refused_data_command_refuses_the_message():
    async with Peer(PIPELINED, {"DATA": "451 4.3.0 later"}) as peer:
        outcomes = await send(peer, envelopes("ada", "bob"))

    assert kinds(outcomes) == ["Deferred DATA", "Deferred DATA"]
    assert peer.accepted == []


async def test_a_peer_that_wants_the_content_of_refused_mail_gets_a_lone_dot():
    async with Peer(PIPELINED, {"RCPT TO:<bob": "550 5.1.1 nobody"}, wants_content_always=True) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", "cy"))

    assert kinds(outcomes) == ["Accepted", "Rejected RCPT", "Accepted"]
    assert [recipient for _, recipient, _ in peer.accepted] == ["ada@example.org", "cy@example.org"]


@pytest.mark.parametrize("start", ["MAIL FROM:<bounce+bob", "RCPT TO:<bob", ". bob"])
async def test_after_421_the_rest_is_untouched(offers, start):
    async with Peer(offers, {start: "421 4.3.2 shutting down"}) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", "cy", "dan"))

    assert [type(each) for each in outcomes] == [Accepted, Deferred, Untouched, Untouched]
    assert outcomes[1].reply.code == 421


async def test_after_421_a_peer_that_stays_but_says_no_more_is_left():
    answers = {"RCPT TO:<bob": "421 4.3.2 shutting down", "BDAT": SILENCE}

    async with Peer(ALL, answers, leaves_after_421=False) as peer:
        outcomes = await send(peer, envelopes("bob", "cy"), timeouts=Timeouts(quit_seconds=0.2))

    assert kinds(outcomes) == ["Deferred RCPT", "Untouched"]


async def test_after_421_a_peer_that_goes_on_is_taken_at_its_word():
    async with Peer(ALL, {"RCPT TO:<bob": "421 4.3.2 shutting down"}, leaves_after_421=False) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        outcomes = await connection.send(envelopes("ada", "bob", "cy"))
        is_open = connection.is_open
        await connection.close()

    assert kinds(outcomes) == ["Accepted", "Deferred RCPT", "Accepted"]
    assert [recipient for _, recipient, _ in peer.accepted] == ["ada@example.org", "cy@example.org"]
    assert not is_open


@pytest.mark.parametrize("what", [HANG_UP, SILENCE, "rubbish", "999 what", "250-" + "x" * 3000])
async def test_what_is_lost_after_the_content_is_in_doubt(offers, what):
    async with Peer(offers, {". bob": what}) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", "cy"), timeouts=timeouts_for(what))

    # In a stream the content of the third has left as well; else its turn had not come.
    assert [type(each) for each in outcomes] == [Accepted, InDoubt, InDoubt if offers == ALL else Untouched]


@pytest.mark.parametrize("what", [HANG_UP, SILENCE, "354 go on"])
async def test_what_is_lost_before_the_content_is_untouched(what):
    for offers in (PIPELINED, CHUNKED, PLAIN):
        async with Peer(offers, {"RCPT TO:<bob": what}) as peer:
            outcomes = await send(peer, envelopes("ada", "bob", "cy"), timeouts=timeouts_for(what))

        assert kinds(outcomes) == ["Accepted", "Untouched", "Untouched"]


async def test_a_reply_out_of_place_puts_the_rest_of_a_stream_in_doubt():
    async with Peer(ALL, {". bob": "354 go on\r\n250 Ok"}) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", "cy"))

    assert kinds(outcomes) == ["Accepted", "InDoubt", "InDoubt"]


async def test_a_recipient_refused_before_the_connection_was_lost_is_refused():
    async with Peer(ALL, {"RCPT TO:<ada": "550 5.1.1 nobody", ". bob": HANG_UP}) as peer:
        outcomes = await send(peer, envelopes("ada", "bob"))

    assert kinds(outcomes) == ["Rejected RCPT", "InDoubt"]


async def test_a_closed_connection_touches_nothing(offers):
    async with Peer(offers) as peer:
        connection = await Connection.open(peer.relay(), hello="me.example")
        await connection.close()
        await connection.close()
        outcomes = await connection.send(envelopes("ada"))

    assert kinds(outcomes) == ["Untouched"]


async def test_no_mail_is_no_talk(offers):
    async with Peer(offers) as peer:
        outcomes = await send(peer, [])

    assert outcomes == []
    assert peer.commands == ["EHLO me.example", "QUIT"]


async def test_big_contents_arrive_whole(offers):
    content = b"".join(b".line %d\r\n" % number for number in range(60_000))
    async with Peer(tuple(word for word in offers if not word.startswith("SIZE"))) as peer:
        outcomes = await send(peer, envelopes("ada", "bob", content=content))

    assert kinds(outcomes) == ["Accepted", "Accepted"]
    assert [taken for _, _, taken in peer.accepted] == [content, content]


async def test_a_rejection_tells_its_verb():
    async with Peer(ALL, {"RCPT TO:<ada": "550-5.1.1 no\r\n550 5.1.1 body"}) as peer:
        (outcome,) = await send(peer, envelopes("ada"))

    assert isinstance(outcome, Rejected)
    assert outcome.reply.text == "5.1.1 no\n5.1.1 body"
    assert not outcome.local
