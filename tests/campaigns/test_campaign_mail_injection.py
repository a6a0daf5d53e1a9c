"""Whatever people and their data bring into a campaign, its mails stay what they are."""

import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.mailings import ADA, SIGNER, Mail, assert_sound, attributes, mailing_of, message_of, person, send
from campaigns.test_markup import FRAGMENTS, MARKUP
from staffetta.campaigns import online_page
from staffetta.tracking import CampaignToken

QUICKLY = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
HOSTILE = st.sampled_from(
    [
        "Ada\r\nBcc: all@example.net",
        "\r\n\r\n--=_staffetta--",
        "<script>alert(1)</script>",
        "=?utf-8?Q?=0D=0ABcc:_x?=",
        "\ufdd0token\ufdd1",
        "\u202egnp.exe",
        "=20=\r\n.",
        "[cognome]",
        "\x00\x07\x85\u2028",
        "ł" * 300,
        "x" * 5_000,
        "\ud800",
    ]
)
VALUES = HOSTILE | st.text(max_size=200)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="[]<&\r\0\ufffe\uffff", exclude_categories=("Cs",)))
PLAIN = TEXTS.filter(lambda text: not re.search("[\ufdd0-\ufdef]", text))
HEADERS = [
    "Date",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "X-Abuse",
    "Precedence",
    "MIME-Version",
    "Content-Type",
]


def assert_no_more_than_it_is(mail: Mail) -> None:
    assert_sound(mail)
    assert mail.message.keys() == HEADERS
    assert [part.get_content_type() for part in mail.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@QUICKLY
@given(VALUES, VALUES)
def test_no_value_of_a_field_makes_a_header_or_a_part(first, second):
    message = message_of("<p title='[nome]'>[cognome]</p><a href='[nome]'>x</a>[nome]", subject="[nome]: [cognome]")
    mailing = mailing_of(message, settings={"display_as": "campo1,campo2"}, values={1: first, 2: second})

    assert_no_more_than_it_is(send(mailing, bounce_domain="bounces.example"))


@QUICKLY
@given(PLAIN, PLAIN, PLAIN)
@example(" ", "", ".\n.")
def test_what_is_read_is_what_was_written(before, value, after):
    mailing = mailing_of(message_of(f"<p>{before}[nome]{after}</p>"), settings={"track_on_opened": False})

    mail = send(mailing, person({"1": value}))

    assert_no_more_than_it_is(mail)
    escaped = value.replace("&", "&amp;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#x27;")
    assert mail.html.startswith(f"<p>{before}{escaped}{after}</p>")


@QUICKLY
@given(MARKUP, MARKUP, VALUES)
def test_no_content_breaks_the_parts(content, disclaimer, value):
    mailing = mailing_of(
        message_of(content, subject=content, pre_header=content), settings={"disclaimer": disclaimer}, values={1: value}
    )

    mail = send(mailing)

    assert_no_more_than_it_is(mail)
    assert online_page(mailing, ADA).count("<") >= 0


@QUICKLY
@given(st.lists(FRAGMENTS, max_size=15).map("".join), st.lists(st.integers(1, 5), max_size=8))
def test_every_link_leads_to_the_one_that_is_stored(noise, numbers):
    noise = noise.replace("<", "").replace("'", "").replace('"', "").replace("http", "")
    content = f"<p>{noise}</p>" + "".join(f'<a href="https://a.example/{n}?x=1&amp;y=[nome]">x</a>' for n in numbers)
    mailing = mailing_of(message_of(content))

    mail = send(mailing)

    token = SIGNER.sign_campaign(CampaignToken(7, 42, 9))
    stored = {each.id: each.url for each in mailing.links}
    followed = re.findall(rf"http://mail\.example/k/{token}/([0-9]+)$", "\n".join(mail.hrefs), re.MULTILINE)
    assert [stored[int(number)] for number in followed] == [f"https://a.example/{n}?x=1&y=[nome]" for n in numbers]


@QUICKLY
@given(MARKUP)
def test_the_markup_of_the_author_is_changed_in_addresses_alone(content):
    content = content.replace("[", "(").replace("\r", "").replace("\ufdd0", "").replace("\ufdd1", "")
    message = message_of(f"<i></i>{content}<a href='http://[unsubscribe]/'></a>")

    page = online_page(mailing_of(message), ADA)

    kept = [each for each in attributes(message.content) if each[0] != "href"]
    assert [each for each in attributes(page) if each[0] != "href"] == kept
