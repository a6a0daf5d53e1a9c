"""HTML in pieces: whatever somebody has left open, and however much there is of it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.mailings import mailing_of, message_of
from staffetta.campaigns import compile_campaign, links_in
from staffetta.campaigns.markup import Kind, attributes_of, pieces_of, unescape
from staffetta.campaigns.plain_text import plain_text
from staffetta.settings import Settings
from staffetta.tracking import Signer

QUICKLY = settings(deadline=None)
FRAGMENTS = st.sampled_from(
    [
        "<",
        ">",
        "<!--",
        "-->",
        "<!--[if mso]>",
        "<![endif]-->",
        "<a href=",
        '"',
        "'",
        "https://a.example/",
        "http://[unsubscribe]/",
        "[nome]",
        "[",
        "]",
        "<script>",
        "</script>",
        "<style",
        "</style>",
        "<title>",
        "<p>",
        "</p>",
        "<body>",
        "</body>",
        "</html>",
        "=",
        "/",
        " ",
        "\n",
        "\r",
        "&amp;",
        "&#",
        "ł\ufdd0f1\ufdd1",
        "text",
        "<div style='display:none'>",
        "</div>",
        "=_staffetta",
    ]
)
MARKUP = st.lists(FRAGMENTS, max_size=40).map("".join)


@QUICKLY
@given(MARKUP)
def test_the_pieces_are_the_whole(html):
    pieces = list(pieces_of(html))

    assert "".join(html[each.start : each.end] for each in pieces) == html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p title="a>b">x < 1</p>', ["TAG p", "TEXT", "TAG /p"]),
        ("<a href='x\">y</a>", ["UNCLOSED"]),
        ("<a href=x'y>z</A >", ["TAG a", "TEXT", "TAG /a"]),
        ("<!-- <p> --><p>", ["RAW", "TAG p"]),
        ("<!--><p>", ["RAW", "TAG p"]),
        ("<!-- <p>", ["UNCLOSED"]),
        ("<script>'<p>'</SCRIPT><br/>", ["TAG script", "RAW", "TAG /script", "TAG br"]),
        ("<style>p", ["UNCLOSED"]),
        ("<!doctype html><?xml?></>x", ["RAW", "RAW", "RAW", "TEXT"]),
        ("<!--[if mso]><p><![endif]-->x", ["RAW", "TAG p", "RAW", "TEXT"]),
        ("<!--[if !mso]><!--><p><!--<![endif]-->", ["RAW", "RAW", "TAG p", "RAW"]),
    ],
)
def test_pieces_are_what_browsers_take_them_for(html, expected):
    assert [f"{each.kind.name} {each.name}".strip() for each in pieces_of(html)] == expected


def test_attributes_are_found_where_their_values_stand():
    html = "<a\nHREF = \"x y\" b='\"' c=d/e checked f='' data-x=1>"
    (tag,) = pieces_of(html)

    found = [(each.name, html[each.start : each.end], each.quote) for each in attributes_of(html, tag)]

    assert tag.kind is Kind.TAG
    assert found == [
        ("href", "x y", '"'),
        ("b", '"', "'"),
        ("c", "d/e", ""),
        ("f", "", "'"),
        ("data-x", "1", ""),
    ]


def test_references_of_any_length_are_read():
    assert unescape(f"&amp;&#233;&#xE9;&#{'9' * 10_000};&#x{'F' * 10_000};") == "&éé\ufffd\ufffd"


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a href=",
        '<a href="',
        "<a b='c' ",
        "<!--",
        "<!--[if x]>",
        "<!--[if x]><style>-->",
        "<style>",
        "<title>x",
        "[nome]",
        "[",
        "&#1",
        "http://[unsubscribe]/",
        '<a href="https://a.example/[nome]">[cognome]</a>',
        "<td><div>",
        '<a href="x">',
        "<div style='display:none'>",
        "https://",
        "<ul><li>",
        "<p>x\n",
    ],
)
def test_much_of_anything_is_compiled_in_seconds(unit):
    message = message_of(unit * (400_000 // len(unit)), subject="[nome" * 100)

    begun = time.process_time()
    links_in(message)
    compile_campaign(mailing_of(message), settings=Settings(), signer=Signer({1: b"k" * 32}))

    assert time.process_time() - begun < 10


def test_twenty_megabytes_with_a_picture_in_them_are_compiled_in_seconds():
    content = (
        f'<p>Hi [nome]</p><img src="data:image/png;base64,{"QUJD" * 5_000_000}"><a href="https://a.example/">x</a>'
    )
    message = message_of(content)

    begun = time.process_time()
    assert links_in(message) == ["https://a.example/", "Unsubscribe"]
    compile_campaign(mailing_of(message), settings=Settings(), signer=Signer({1: b"k" * 32}))

    assert time.process_time() - begun < 10


@QUICKLY
@given(MARKUP)
def test_text_is_made_of_anything(html):
    assert isinstance(plain_text(html), str)
