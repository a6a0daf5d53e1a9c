"""Documents that mean harm are refused early, as the caller's fault, and keep nothing in memory."""

import tracemalloc
from collections.abc import AsyncIterator
from contextlib import suppress
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.soap.asking import Asker, envelope
from interfaces.soap.small_service import Heard
from staffetta.errors import Refusal
from staffetta.interfaces.soap.faults import TooLarge, Unreadable
from staffetta.interfaces.soap.parsing import MOST_ATTRIBUTES, MOST_LEVELS, PIECE_OCTETS
from staffetta.interfaces.soap.reading import MOST_ELEMENTS, read_envelope

MEGABYTE = 1_048_576
LONG = 4 * MEGABYTE
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BARE = envelope("<TakeAll><xmlDoc>{}</xmlDoc></TakeAll>").partition("?>\n")[2]


def with_type(declaration: str, text: str) -> bytes:
    return f"<!DOCTYPE Envelope {declaration}>{BARE.format(text)}".encode()


def tag_of(attributes: int) -> str:
    return "<a " + " ".join(f'a{n}=""' for n in range(attributes)) + "/>"


HOSTILE: dict[str, tuple[bytes, type[Refusal]]] = {
    "a billion laughs": (with_type(f'[<!ENTITY a0 "ha">{LAUGHS}]', "&a9;"), Unreadable),
    "quadratic blow-up": (with_type(f'[<!ENTITY a "{"x" * 100_000}">]', "&a;" * 10_000), Unreadable),
    "a file of ours": (with_type('[<!ENTITY a SYSTEM "file:///etc/passwd">]', "&a;"), Unreadable),
    "an address of ours": (with_type('SYSTEM "http://127.0.0.1:1/x.dtd"', ""), Unreadable),
    "parameter entities": (with_type('[<!ENTITY % a SYSTEM "http://127.0.0.1:1/x"> %a;]', ""), Unreadable),
    "a harmless document type": (with_type("", ""), Unreadable),
    "an entity from nowhere": (BARE.format("&nbsp;").encode(), Unreadable),
    "a deep document": (b"<a>" * 100_000, Unreadable),
    "a deep envelope": (BARE.format("<a>" * 100_000).encode(), TooLarge),
    "a crowded envelope": (BARE.format("<a/>" * 1_000_000).encode(), TooLarge),
    "a tag without end": (BARE.format("<" + "x" * LONG).encode(), TooLarge),
    "a long attribute": (BARE.format(f'<a b="{"x" * LONG}"/>').encode(), TooLarge),
    "many attributes": (BARE.format(tag_of(500_000)).encode(), TooLarge),
    "a crowd of attributes": (BARE.format(tag_of(5_000)).encode(), TooLarge),
    "a long comment": (BARE.format(f"<!--{'x' * LONG}-->").encode(), TooLarge),
    "a long name of a type": (b"<!DOCTYPE " + b"x" * LONG, TooLarge),
    "nothing but blanks": (b" " * LONG, Unreadable),
    "nothing": (b"", Unreadable),
    "noughts": (b"\0" * 1_000, Unreadable),
    "a truncated envelope": (envelope("<TakeAll>").encode()[:-40], Unreadable),
    "two documents": (envelope("<TakeAll/>").encode() * 2, Unreadable),
    "octets that are no UTF-8": (BARE.format("perch\xe9").encode("latin-1"), Unreadable),
    "another encoding than it says": (
        b'<?xml version="1.0" encoding="windows-1252"?>' + BARE.format("\x81").encode("latin-1"),
        Unreadable,
    ),
    "an encoding that runs code pages of its own": (
        b'<?xml version="1.0" encoding="utf-7"?>' + BARE.encode(),
        Unreadable,
    ),
    "an encoding that is none": (b'<?xml version="1.0" encoding="zip"?>' + BARE.encode(), Unreadable),
    "a control character": (BARE.format("\x01").encode(), Unreadable),
    "a reference to one": (BARE.format("&#1;").encode(), Unreadable),
    "half a pair of UTF-16": (BARE.format("&#xD800;").encode(), Unreadable),
    "another root": (b"<html/>", Unreadable),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_before_it_costs_memory(case: str):
    document, refusal = HOSTILE[case]
    tracemalloc.start()

    with pytest.raises(refusal):
        read_envelope(document, b"text/xml; charset=utf-8")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 2 * MEGABYTE


@pytest.mark.parametrize("case", ["a billion laughs", "a file of ours", "a deep envelope", "a truncated envelope"])
async def test_it_is_told_so_by_a_fault(small: Asker, heard: Heard, case: str):
    response = await small.send(HOSTILE[case][0])

    assert response.status_code == 500
    assert "<faultcode>soap:Client</faultcode>" in response.text
    assert heard.calls == []


TWENTY_MEGABYTES = 20_000_000


async def test_twenty_megabytes_are_refused_unread_where_they_are_announced(small: Asker, heard: Heard):
    headers = {"content-type": "text/xml", "content-length": str(TWENTY_MEGABYTES)}

    response = await small.request("POST", small.path, content=nothing_comes(), headers=headers)

    assert response.status_code == 500
    assert "<faultcode>soap:Client</faultcode>" in response.text
    assert response.headers["connection"] == "close"
    assert heard.calls == []


async def nothing_comes() -> AsyncIterator[bytes]:
    raise AssertionError("the body is read")
    yield b""


async def test_twenty_megabytes_that_nobody_announced_are_refused_before_they_are_there(small: Asker, heard: Heard):
    sent: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(TWENTY_MEGABYTES // PIECE_OCTETS + 1):
            sent.append(PIECE_OCTETS)
            yield bytes(PIECE_OCTETS)

    tracemalloc.start()
    response = await small.request("POST", small.path, content=pieces(), headers={"content-type": "text/xml"})
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert response.status_code == 500
    assert "<faultcode>soap:Client</faultcode>" in response.text
    assert heard.calls == []
    assert max(most, sum(sent)) < TWENTY_MEGABYTES


async def test_ten_million_characters_of_a_document_are_read(small: Asker, heard: Heard):
    people = '<subscriber email="a@example.org"><campo1>a</campo1></subscriber>' * (10_000_000 // 65)

    response = await small.call(f"<TakeAll><xmlDoc>{escape(people)}</xmlDoc></TakeAll>")

    assert response.status_code == 200
    assert heard.values["xmlDoc"] == people


def test_the_limits_are_where_they_are_said_to_be():
    levels = MOST_LEVELS - 4
    sound = f"{'<a>' * levels}{'</a>' * levels}{tag_of(MOST_ATTRIBUTES)}{'<c/>' * (MOST_ELEMENTS - levels - 10)}"

    read = read_envelope(BARE.format(sound).encode(), b"")

    assert read.operation == "TakeAll"


def test_a_tag_across_two_pieces_is_read():
    read = read_envelope(BARE.format(f'<a b="{"x" * 60_000}"/>').encode(), b"")

    assert read.members["xmlDoc"].has_elements


PIECES = st.sampled_from(
    [
        *("<a>", "</a>", "<a/>", "<x:b y='1'>", "</x:b>", "&lt;", "&#65;", "&x;", "<![CDATA[", "]]>", "<!--", "-->"),
        *("<?x", "?>", "<Option>", "</Option>", "<Key>", "</Key>", "<xmlDoc>", "</xmlDoc>", "<idList>", "</idList>"),
        *("1", "é", " ", "\x00", "\ud7ff", 'xsi:nil="1"', "<!DOCTYPE a>", "</soap:Body>", "<soap:Header>"),
    ]
)
CONTENT_TYPES = st.sampled_from(
    [
        b"",
        b"text/xml",
        b"text/xml; charset",
        b"text/xml;charset=;",
        b"x; charset=utf-16",
        b'a;charset="\xff',
        b"\xff;=;",
    ]
)


@given(pieces=st.lists(PIECES, max_size=12), content_type=CONTENT_TYPES | st.binary(max_size=40))
def test_whatever_comes_is_read_or_refused(pieces: list[str], content_type: bytes):
    document = BARE.replace("<TakeAll><xmlDoc>{}</xmlDoc></TakeAll>", "<TakeAll>" + "".join(pieces))

    with suppress(Refusal):
        read_envelope(document.encode(), content_type)


@given(document=st.binary(max_size=200), content_type=CONTENT_TYPES)
def test_octets_that_are_nothing_are_refused(document: bytes, content_type: bytes):
    with pytest.raises(Refusal):
        read_envelope(document, content_type)
