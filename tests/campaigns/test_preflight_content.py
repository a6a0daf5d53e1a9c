"""Looking at what a message says, before it is sent."""

import time
from typing import Any

import pytest

from staffetta.campaigns import Message, Tracking
from staffetta.campaigns.findings import Level, blocks, named
from staffetta.campaigns.preflight_content import CLIPPED_OCTETS, judge_content
from staffetta.campaigns.preflight_names import Names
from trying import NOON

NAMES = Names.of({1: "nome", 2: "Città di nascita"})
GOOD = (
    '<p>Hello [nome], <a href="https://shop.example/?a=[campo1]">look</a></p><img src="https://x.example/a.png" alt="">'
)


def message(**said: Any) -> Message:
    written: dict[str, Any] = {
        "id": 1,
        "list_id": 1,
        "subject": "Spring",
        "notes": "",
        "content": GOOD,
        "pre_header": "New things",
        "structure": None,
        "embeds_images": False,
        "is_confirmation": False,
        "uses_fields": True,
        "default_values": {1: "there"},
        "tracking": Tracking(),
        "is_public": False,
        "service_type": 0,
        "last_sent_at": None,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Message(**{**written, **said})


def levels(**said: Any) -> dict[str, Level]:
    return {each.code: each.level for each in judge_content(message(**said), NAMES)}


def detail(code: str, **said: Any) -> str:
    return next(each.detail for each in judge_content(message(**said), NAMES) if each.code == code)


def test_a_message_that_is_well_has_nothing_but_green():
    assert set(levels().values()) == {Level.GREEN}


@pytest.mark.parametrize(
    ("said", "code", "level"),
    [
        ({"subject": "  "}, "subject", Level.RED),
        ({"subject": "long " * 30}, "subject", Level.AMBER),
        ({"pre_header": " "}, "pre-header", Level.AMBER),
        ({"content": GOOD + "x" * CLIPPED_OCTETS}, "size", Level.AMBER),
        ({"content": GOOD + "x" * 1_048_577}, "size", Level.RED),
        ({"content": "é" * 60_000}, "size", Level.AMBER),
        ({"content": ""}, "text", Level.RED),
        ({"content": " <style>p { color: red }</style><!-- nothing -->"}, "text", Level.RED),
        ({"content": '<img src="https://x.example/a.png" alt="">'}, "text", Level.AMBER),
        ({"content": '<img src="https://x.example/a.png" alt="Spring is here">'}, "text", Level.GREEN),
        ({"content": "<p>a<script>alert(1)</script>"}, "script", Level.RED),
        ({"content": "<p>a<SCRIPT src=x>"}, "script", Level.RED),
        ({"content": "<p>a<iframe src=x></iframe>"}, "elements", Level.AMBER),
        ({"content": "<form><p>a</form>"}, "elements", Level.AMBER),
        ({"content": "<p onclick=x>a"}, "handlers", Level.AMBER),
        ({"content": "<p>a<img src='https://x.example/a.png'>"}, "alt-text", Level.AMBER),
        ({"content": "<p>a<img src='a.png' alt='A'>"}, "images", Level.AMBER),
        ({"content": "<p>a<img alt='A'>"}, "images", Level.AMBER),
        ({"content": "<p>a<a href='http://'>x</a>"}, "links", Level.RED),
        ({"content": "<p>[nope]"}, "unknown-fields", Level.AMBER),
        ({"subject": "For [nope]"}, "unknown-fields", Level.AMBER),
        ({"content": "<p>Hello [nome, look"}, "unclosed-fields", Level.AMBER),
        ({"content": "<p>Hello [campo7</p>"}, "unclosed-fields", Level.AMBER),
        ({"pre_header": "Hello [Città di nascita!"}, "unclosed-fields", Level.AMBER),
        ({"content": "<p>[campo2]"}, "field-defaults", Level.AMBER),
        ({"content": "<p>[CITTÀ di nascita]"}, "field-defaults", Level.AMBER),
        ({"content": "<p><a href='https://x.example/[campo2]'>a"}, "field-defaults", Level.AMBER),
        ({"uses_fields": False}, "merge-fields", Level.AMBER),
        ({"content": "<p><a href='[nome]'>a"}, "links", Level.GREEN),
        ({"content": "<p><a href='[nome]'>a"}, "whole-links", Level.AMBER),
        ({"content": "<p><a href='[nome]'>a", "uses_fields": False}, "links", Level.RED),
        ({"content": "<p><a href='https://x.example/?a=[nope]'>a"}, "links", Level.GREEN),
        ({"content": "<p><a href='https://x.example/?a=[nope]'>a"}, "link-brackets", Level.AMBER),
        (
            {"content": "<p><a href='https://x.example/%5BCitt%C3%A0%20di%20nascita%5D'>a"},
            "field-defaults",
            Level.AMBER,
        ),
        ({"content": "<p><a href='http://[unsubscribe]/'>leave"}, "unsubscribe-link", Level.GREEN),
    ],
)
def test_what_is_amiss_is_found(said, code, level):
    assert levels(**said)[code] == level


@pytest.mark.parametrize(
    "content",
    [
        "<p>As was said [1], [...] and [2024]",
        "<style>a[href], p[class~=x] { color: red }</style><p>a",
        "<!--[if mso]><table><![endif]--><p>a",
        "<p>[ and ] apart",
        "<p>[1, 2",
        "<p><a href='http://[unsubscribe]/'>leave</a>",
        "<p>Confirm: http://[sub]/",
        "<p>Dear [name], [Email]",
        "<p><a href='https://x.example/?f[0]=red&amp;g[]=1'>a",
        "<p><a href='https://[2001:db8::1]/x'>a",
    ],
)
def test_brackets_that_are_no_merge_fields_are_left_alone(content):
    found = levels(content=content)

    assert not {"unknown-fields", "unclosed-fields", "field-defaults", "link-brackets"} & set(found)


@pytest.mark.parametrize(
    ("content", "is_there"),
    [
        ("<p><a href='http://[Unsubscribe]/'>leave", True),
        ("To leave: http://[unsubscribe]/", True),
        ("<p><a href='http://[online]/'>read", False),
        ("<p>unsubscribe", False),
        ("<p title='http://[unsubscribe]/'>a", False),
        ("<p>a<!-- http://[unsubscribe]/ -->", False),
        ("<p>a<!--[if mso]><a href='http://[unsubscribe]/'>leave</a><![endif]-->", False),
        ("<div hidden><a href='http://[unsubscribe]/'>leave</a></div><p>http://[unsubscribe]/", True),
    ],
)
def test_whether_there_is_a_way_out(content, is_there):
    found = next(each for each in judge_content(message(content=content), NAMES) if each.code == "unsubscribe-link")

    assert ("a footer" not in found.text) == is_there


def test_a_way_out_that_is_hidden_asks():
    content = "<p>Hi</p><div style='display:none'><a href='http://[unsubscribe]/'>leave</a></div>"

    found = next(each for each in judge_content(message(content=content), NAMES) if each.code == "unsubscribe-link")

    assert (found.level, "a footer" in found.text) == (Level.AMBER, True)


def test_a_way_out_in_the_list_s_disclaimer_is_one():
    found = judge_content(message(), NAMES, disclaimer="<a href='http://[unsubscribe]/'>leave</a>")

    assert "disclaimer has" in next(each.text for each in found if each.code == "unsubscribe-link")


def test_a_broken_link_is_named_with_the_reason():
    assert detail("links", content="<p>a<a href='http://'>x</a>") == "http://: no host"


def test_of_many_broken_links_the_first_are_named():
    content = "<p>a" + "".join(f"<a href='/{number}'>x</a>" for number in range(9))

    assert detail("links", content=content).endswith("and 4 more")


def test_a_long_name_is_cut_short():
    assert len(named(["x" * 10_000])) < 100


@pytest.mark.parametrize(
    "content",
    [
        "[" * 1_000_000,
        "[campo1" * 140_000,
        "<a href='[" * 100_000,
        "<div>" * 200_000 + "x",
        "<p " + "on=1 " * 200_000 + ">x",
        "<img>" * 200_000,
        "&" * 1_000_000,
        "x" * 11_000_000,
        "\x01\x02<\ud800",
    ],
    ids=["brackets", "unclosed", "quotes", "deep", "attributes", "images", "ampersands", "eleven-megabytes", "no-text"],
)
def test_what_nobody_would_write_is_judged_in_bounded_time(content):
    began = time.perf_counter()

    found = list(judge_content(message(content=content), NAMES))

    assert time.perf_counter() - began < 5
    assert found


def test_what_is_too_long_is_not_looked_at():
    found = levels(content="<script>" * 200_000)

    assert found["size"] == Level.RED
    assert "script" not in found


def test_only_red_blocks():
    amber = list(judge_content(message(pre_header=""), NAMES))
    red = list(judge_content(message(subject=""), NAMES))

    assert (blocks(amber), blocks(red)) == (False, True)
