"""What a message leads to, and where its mails say that."""

import pytest

from campaigns.mailings import ADA, SIGNER, mailing_of, message_of, person, send, send_content
from staffetta.campaigns import Tracking, fill_url, links_in, merge_values
from staffetta.tracking import CampaignToken, Purpose, Token, link

TOKEN = SIGNER.sign_campaign(CampaignToken(7, 42, 9))
BASE = "http://mail.example"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "<a href=\"https://a.example/\">x</a><A HREF='https://b.example'>y</A>",
            ["https://a.example/", "https://b.example"],
        ),
        ('<a href="https://a.example/">x</a><a href="https://a.example/">y</a>', ["https://a.example/"]),
        ("<a href=https://a.example/?x=1&amp;y=2>x</a>", ["https://a.example/?x=1&y=2"]),
        ('<a href=" \n https://a.exam\nple/ ">x</a>', ["https://a.example/"]),
        ('<area href="http://a.example/map">', ["http://a.example/map"]),
        ('<!--[if mso]><v:roundrect href="https://a.example/b"><![endif]-->', ["https://a.example/b"]),
        ('<!-- <a href="https://a.example/">x</a> -->', []),
        ("<script>\"<a href='https://a.example/'>\"</script>", []),
        ('<link href="https://a.example/style.css"><base href="https://a.example/">', []),
        ('<a href="mailto:a@b.example">x</a><a href="#top">y</a><a href="javascript:z()">z</a>', []),
        ('<a href="https://a.example/?n=[nome]">x</a>', ["https://a.example/?n=[nome]"]),
        ("See https://a.example/b, or http://c.example.\nBye", ["https://a.example/b", "http://c.example"]),
        ("<p>https://a.example/ is no link in <b>HTML</b></p>", []),
        ('<a href="http://[preview]/">x</a><a href="[profile]">y</a>', ["Read in web browser", "Preference Center"]),
        ('<a href="http://[sub]/">x</a>', []),
        ('<a href="https://">x</a><a href="http:/a">y</a><a href="">z</a><a href>z</a>', []),
    ],
)
def test_the_links_of_a_message_are_these(content, expected):
    assert links_in(message_of(content)) == [*expected, "Unsubscribe"]


def test_the_way_out_is_listed_where_it_stands():
    content = '<a href="http://[unsubscribe]/">x</a><a href="https://a.example/">y</a>'

    assert links_in(message_of(content)) == ["Unsubscribe", "https://a.example/"]


@pytest.mark.parametrize(
    ("tracking", "expected"),
    [
        (Tracking(), ["http://a.example/", "https://b.example/"]),
        (Tracking(enabled=False), []),
        (Tracking(protocols=("HTTP",)), ["http://a.example/"]),
        (Tracking(protocols=("https:",)), ["https://b.example/"]),
        (Tracking(protocols=()), []),
        (Tracking(protocols=("javascript:", "mailto:")), []),
        (Tracking(custom_params="?a=1"), ["http://a.example/?a=1", "https://b.example/?a=1"]),
    ],
)
def test_tracking_says_which_links_are_counted(tracking, expected):
    content = '<a href="http://a.example/">x</a><a href="https://b.example/">y</a><a href="javascript:1">z</a>'

    assert links_in(message_of(content, tracking=tracking)) == [*expected, "Unsubscribe"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/", "https://a.example/?m=1&l=2"),
        ("https://a.example/?x=1", "https://a.example/?x=1&m=1&l=2"),
        ("https://a.example/?", "https://a.example/?m=1&l=2"),
        ("https://a.example/?x&", "https://a.example/?x&m=1&l=2"),
        ("https://a.example/#top?", "https://a.example/?m=1&l=2#top?"),
    ],
)
def test_parameters_of_message_and_list_join_the_query(url, expected):
    message = message_of(f'<a href="{url}">x</a>', tracking=Tracking(custom_params="m=1"))
    mailing = mailing_of(message, settings={"link_tracking_parameters": "l=2"})

    assert links_in(message, parameters="l=2")[0] == expected
    assert mailing.links[0].url == expected
    assert send(mailing).hrefs[0] == f"{BASE}/k/{TOKEN}/11"


def test_every_link_is_counted_under_its_own_number():
    content = "".join(f'<a href="https://a.example/{number}">x</a>' for number in (1, 2, 1, 3))

    mail = send_content(content)

    assert mail.hrefs[:4] == [f"{BASE}/k/{TOKEN}/{number}" for number in (11, 12, 11, 13)]


def test_links_that_are_not_counted_stay_as_they_are():
    content = "<a href='mailto:a@b.example?subject=x&amp;y'>x</a><A HREF = https://a.example/?q=\"1\" >y</A>"

    mail = send_content(content, tracking=Tracking(enabled=False))

    assert content in mail.html


def test_a_link_that_came_after_the_sending_began_leads_straight_to_where_it_leads():
    mail = send(mailing_of(message_of('<a href="https://new.example/">x</a>'), links=()))

    assert mail.hrefs[0] == "https://new.example/"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("http://[unsubscribe]/", link(SIGNER, BASE, Purpose.LEAVE, Token(7, 42, (3, 9)))),
        ("[unsubscribe]", link(SIGNER, BASE, Purpose.LEAVE, Token(7, 42, (3, 9)))),
        ("http://[preview]/", f"{BASE}/w/{TOKEN}"),
        ("https://[online]", f"{BASE}/w/{TOKEN}"),
        ("[ONLINE]", f"{BASE}/w/{TOKEN}"),
        ("http://%5Bonline%5D/", f"{BASE}/w/{TOKEN}"),
        ("http://[profile]/", link(SIGNER, BASE, Purpose.PREFERENCES, Token(7, 42, (3, 9)))),
        ("http://[preferences]/", link(SIGNER, BASE, Purpose.PREFERENCES, Token(7, 42, (3, 9)))),
        ("http://[sub]/", "#"),
    ],
)
def test_pages_of_ours_have_placeholders(written, expected):
    mail = send_content(f'<a href="{written}">x</a>', uses_fields=False)

    assert mail.hrefs[0] == expected


def test_a_placeholder_of_a_page_in_the_text_is_its_address():
    mail = send_content("<p>Online: http://[online]/ or [preview].</p>")

    assert f"Online: {BASE}/w/{TOKEN} or {BASE}/w/{TOKEN}." in mail.html


def test_a_link_with_fields_is_counted_for_who_is_followed_and_filled_for_who_is_not():
    mailing = mailing_of(message_of('<a href="https://a.example/?n=[nome]&amp;e=[email]">x</a>'))
    ada = person({"1": "Ada & Co"})

    followed, other = send(mailing, ada), send(mailing, ada._replace(tracked=False))

    assert followed.hrefs[0] == f"{BASE}/k/{TOKEN}/11"
    assert other.hrefs[0] == "https://a.example/?n=Ada%20%26%20Co&e=ada%40example.org"
    assert "x <https://a.example/?n=Ada%20%26%20Co&e=ada%40example.org>" in other.text


def test_a_field_whose_name_an_editor_has_escaped_is_filled_for_who_is_not_followed():
    content = '<a href="https://a.example/%5BCitt%C3%A0%20di%20nascita%5D">x</a>'

    mail = send_content(content, person({"3": "Milano"}, tracked=False))

    assert mail.hrefs[0] == "https://a.example/Milano"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/?n=[nome]&x=[other]", "https://a.example/?n=A%26b%20%22%C3%A0%2F&x=[other]"),
        ("https://a.example/[NOME]", "https://a.example/A%26b%20%22%C3%A0%2F"),
        ("https://a.example/%5Bnome%5D", "https://a.example/A%26b%20%22%C3%A0%2F"),
        ("https://a.example/[campo1][citt%C3%A0 di nascita]", "https://a.example/A%26b%20%22%C3%A0%2F"),
        ("https://a.example/caffè x", "https://a.example/caff%C3%A8%20x"),
        ("https://a.example/[email", "https://a.example/[email"),
        ("[cognome]", "https://own.example/?a=1&b=2"),
        ("[campo1]", "A&b%20%22%C3%A0/"),
    ],
)
def test_a_stored_address_is_filled_with_a_person_s_values(url, expected):
    mailing = mailing_of()
    to = person({"1": 'A&b "à/', "2": "https://own.example/?a=1&b=2"})

    assert fill_url(url, merge_values(mailing.fields, mailing.message, to)) == expected


def test_an_address_without_values_keeps_its_brackets():
    message = message_of(uses_fields=False)

    assert fill_url("https://a.example/[nome]", merge_values((), message, ADA)) == "https://a.example/[nome]"


def test_a_field_that_is_a_whole_address_leads_there_and_runs_nothing():
    mailing = mailing_of(message_of('<a href="[nome]">x</a><a href=[cognome]>y</a>'))
    to = person({"1": "https://own.example/?a=1&b=2", "2": "javascript:alert(1) onclick=x"})

    mail = send(mailing, to)

    assert mail.hrefs[0] == "https://own.example/?a=1&b=2"
    assert mail.hrefs[1] == "javascript%3Aalert(1)%20onclick=x"


def test_thousands_of_links_are_counted_as_far_as_anybody_reads():
    content = "".join(f'<a href="https://a.example/{number}">x</a>' for number in range(3_000))

    links = links_in(message_of(content))

    assert len(links) == 2_001
