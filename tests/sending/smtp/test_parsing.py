"""Replies, however their octets are cut up."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffetta.sending.smtp import Capabilities, Reply
from staffetta.sending.smtp.parsing import BrokenReply, ReplyParser, read_capabilities, read_reply

texts = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40).map(str.strip)
codes = st.integers(200, 599)
replies = st.builds(Reply, codes, st.lists(texts, min_size=1, max_size=4).map("\n".join))


def on_the_wire(reply: Reply) -> bytes:
    lines = reply.text.split("\n")
    marks = "-" * (len(lines) - 1) + " "
    return "".join(f"{reply.code}{mark}{line}\r\n" for mark, line in zip(marks, lines, strict=True)).encode()


@settings(deadline=None)
@given(st.lists(replies, max_size=8), st.lists(st.integers(0, 600), max_size=12))
def test_where_the_octets_are_cut_makes_no_difference(expected, cuts):
    octets = b"".join(on_the_wire(reply) for reply in expected)
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    parser, found = ReplyParser(), []

    for start, end in pairwise(places):
        parser.feed(octets[start:end], found)

    assert [read_reply(raw) for raw in found] == expected
    assert parser.is_between_replies
    assert parser.farewell == any(reply.code == 421 for reply in expected)
    assert parser.intermediate == any(300 <= reply.code < 400 for reply in expected)


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_rubbish_is_refused_or_read_and_never_kept_without_end(octets):
    parser, found = ReplyParser(), []

    with contextlib.suppress(BrokenReply):
        parser.feed(octets, found)

    assert all(200 <= read_reply(raw).code <= 599 for raw in found)


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"199 too low\r\n",
        b"600 too high\r\n",
        b"25 short\r\n",
        b"2500 long\r\n",
        b"\r\n",
        b"250 " + b"x" * 2048 + b"\r\n",
        b"x" * 2049,
        b"250-more\r\n" * 100,
    ],
)
def test_what_is_no_reply_breaks_the_talk(octets):
    found = []

    with pytest.raises(BrokenReply):
        ReplyParser().feed(b"250 Ok\r\n" + octets, found)

    assert len(found) <= 1


def test_replies_before_the_rubbish_count():
    found = []

    with pytest.raises(BrokenReply):
        ReplyParser().feed(b"250 one\r\n250 two\r\nrubbish\r\n250 three\r\n", found)

    assert [read_reply(raw).text for raw in found] == ["one", "two"]


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        (b"250 Ok\n", Reply(250, "Ok")),
        (b"250\r\n", Reply(250, "")),
        (b"550-5.1.1 a\r\n550 b\r\n", Reply(550, "5.1.1 a\nb")),
        (b"250-mixed\r\n550 codes\r\n", Reply(550, "mixed\ncodes")),
        (b"550 a\x1b[31m\xff\r\n", Reply(550, "a?[31m\N{REPLACEMENT CHARACTER}")),
        (b"550 " + b"x" * 1500 + b"\r\n", Reply(550, "x" * 1000)),
    ],
)
def test_the_text_is_bounded_and_printable(octets, reply):
    found = []

    ReplyParser().feed(octets, found)

    assert [read_reply(raw) for raw in found] == [reply]


@pytest.mark.parametrize(
    ("text", "enhanced"), [("5.1.1 no", "5.1.1"), ("4.2.1", "4.2.1"), ("no 5.1.1", ""), ("5.1.1x", ""), ("9.1.1 x", "")]
)
def test_the_enhanced_status_is_read(text, enhanced):
    assert Reply(550, text).enhanced == enhanced


@pytest.mark.parametrize(
    ("lines", "capabilities"),
    [
        ([], Capabilities()),
        (["PIPELINING", "chunking"], Capabilities(pipelining=True, chunking=True)),
        (["SIZE"], Capabilities(size=0)),
        (["SIZE 0"], Capabilities(size=0)),
        (["SIZE many"], Capabilities(size=0)),
        (["SIZE 100", "8BITMIME", "SMTPUTF8"], Capabilities(size=100, eight_bit_mime=True, smtputf8=True)),
        (["AUTH=LOGIN", "AUTH PLAIN login"], Capabilities(auth=frozenset({"PLAIN", "LOGIN"}))),
        (["STARTTLS", "X-ODD a b", ""], Capabilities(starttls=True)),
    ],
)
def test_what_a_peer_offers_is_read(lines, capabilities):
    raw = b"\n".join([b"250-peer\r", *(f"250-{line}\r".encode() for line in lines), b"250 HELP\r"])

    assert read_capabilities(raw) == capabilities
