import quopri
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffetta.messages import needs_smtputf8, wire_address
from staffetta.messages.headers import address_field, text_field
from staffetta.messages.layout import hole, quoted_pieces
from staffetta.messages.wire import clean, clean_url, quoted_printable, quoted_printable_url

QUICKLY = settings(deadline=None, max_examples=50)
ANY_TEXT = st.text(st.characters(), max_size=150)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ada \t Lovelace\r\n", "Ada Lovelace"),
        ("Ada\r\nBcc: x@y.example", "Ada Bcc: x@y.example"),
        ("gpj.\u202eexe\u200b\u2066", "gpj.exe"),
        ("a\x00b\x7fc\x85d\u2028e", "a b c d e"),
        ("\ufdd0confirm_url\ufdd1\ud800", "confirm_url"),
        ("👩\u200d🚀 日本語", "👩\u200d🚀 日本語"),
        ("abcdefghijklmnop", "abcdefghij"),
    ],
)
def test_text_is_one_visible_line(text, expected):
    assert clean(text, limit=10 if text.startswith("abcdef") else 100) == expected


@pytest.mark.parametrize(
    ("address", "expected", "international"),
    [
        ("ada@example.org", "ada@example.org", False),
        ("ada@bücher.example", "ada@xn--bcher-kva.example", False),
        ("ada@faß.example", "ada@xn--fa-hia.example", False),
        ("アダ@例え.example", "アダ@例え.example", True),
    ],
)
def test_only_a_local_part_beyond_ascii_needs_smtputf8(address, expected, international):
    assert wire_address(address) == expected
    assert needs_smtputf8(address) is international


@QUICKLY
@given(ANY_TEXT)
def test_a_clean_link_can_end_nothing_that_it_stands_in(url):
    cleaned = clean_url(url)

    assert cleaned.isascii()
    assert not set(cleaned) & set("\"'<>\\` \r\n\t")


@QUICKLY
@given(ANY_TEXT.map(clean_url))
def test_links_in_quoted_printable_read_back(url):
    encoded = quoted_printable_url(url).encode()

    assert quopri.decodestring(encoded).decode() == url
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


@pytest.mark.parametrize("text", ["a" * 76, "=" * 75 + "a", "é" * 12 + "abcd", "a" * 73 + "=", "x\n" + "a" * 76])
def test_the_last_line_has_room_for_a_soft_break(text):
    encoded = quoted_printable(text)

    assert max(map(len, encoded.split("\r\n"))) <= 76
    assert len(encoded.split("\r\n")[-1]) <= 75
    assert quopri.decodestring(encoded).decode() == text.replace("\n", "\r\n")


@QUICKLY
@given(st.lists(ANY_TEXT.map(lambda text: clean(text, limit=300)), max_size=6).map("\n".join))
def test_text_in_quoted_printable_reads_back(text):
    encoded = quoted_printable(text).encode("ascii")

    assert quopri.decodestring(encoded).decode().replace("\r\n", "\n") == text
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


@QUICKLY
@given(st.lists(st.text(" \nab=é日", max_size=90), min_size=2, max_size=4), st.text("ab=&", max_size=200))
def test_a_hole_takes_any_value_without_a_line_too_long(statics, value):
    pieces = quoted_pieces(hole("confirm_url").join(statics))

    pieces[1::2] = [quoted_printable_url(value)] * len(pieces[1::2])
    encoded = "".join(pieces).encode("ascii")
    assert quopri.decodestring(encoded).decode().replace("\r\n", "\n") == value.join(statics)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


@QUICKLY
@given(ANY_TEXT.map(lambda text: clean(text, limit=150)))
def test_texts_and_names_in_headers_read_back(text):
    subject = text_field("Subject", text)
    sender = address_field("From", text, "ada@example.org")

    for header in (subject, sender):
        assert header.isascii()
        assert all(line.startswith(" ") for line in header.removesuffix("\r\n").split("\r\n")[1:])
    unfolded = subject.removeprefix("Subject: ").removesuffix("\r\n").replace("\r\n ", " ")
    assert str(make_header(decode_header(unfolded))) == text


def test_a_text_that_looks_encoded_is_shown_as_it_was_written():
    assert "=?utf-8?Q?hidden?=" not in text_field("Subject", "=?utf-8?Q?hidden?=")
