"""Mails of campaigns: their headers, their parts, and what the platform puts around what people have written."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.mailings import (
    ACCOUNT,
    ADA,
    CONTENT,
    NOBODY,
    SIGNER,
    assert_sound,
    attachment,
    mailing_of,
    message_of,
    person,
    send,
    send_content,
)
from staffetta.campaigns import File, compile_campaign, pictures_in
from staffetta.campaigns.embedding import fitting, octets_in_mail
from staffetta.kit.languages import Language, texts
from staffetta.lists import MailingList
from staffetta.settings import Settings
from staffetta.tracking import AttachmentToken, CampaignToken, Purpose, Signer, Token, link
from trying import NOON

DIGEST = "a" * 24
IMAGE = File(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "image/png", "logo.png")


def token_of(url):
    return re.search(r"/[a-z]/([A-Za-z0-9_-]+)", url)[1]


def test_a_mail_has_the_headers_of_a_mailing():
    mail = send(mailing_of(), bounce_domain="bounces.example")

    assert_sound(mail)
    token = Token(7, 42, (3, 9))
    by_mail = SIGNER.sign_address(Purpose.LEAVE_BY_MAIL, CampaignToken(7, 42, 9))
    message_id = mail.message["Message-ID"]
    assert re.fullmatch(r"<7\.9\.42\.[0-9a-f]{18}@mail\.example>", message_id)
    assert list(mail.message.items()) == [
        ("Date", "Mon, 01 Jun 2026 12:00:00 +0000"),
        ("From", "Gazzetta <news@gazzetta.example>"),
        ("Reply-To", "news@gazzetta.example"),
        ("To", "ada@example.org"),
        ("Subject", "Spring"),
        ("Message-ID", message_id),
        ("List-Id", "Notizie <3.7.mail.example>"),
        (
            "List-Unsubscribe",
            f"<{link(SIGNER, 'http://mail.example', Purpose.LEAVE, token)}>, <mailto:u-{by_mail}@bounces.example>",
        ),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Feedback-ID", "9:3:7:staffetta"),
        ("X-Abuse", "Please report abuse here: http://mail.example/p"),
        ("Precedence", "bulk"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/alternative; boundary="=_staffetta"'),
    ]


def test_bounces_come_back_under_a_name_that_says_whose_they_are():
    written = send(mailing_of(), bounce_domain="bounces.example").written

    local, _, domain = written.sender.partition("@")
    assert domain == "bounces.example"
    assert local.startswith("b-")
    assert SIGNER.read_address(Purpose.RETURN, local.removeprefix("b-")) == CampaignToken(7, 42, 9)


def test_without_a_bounce_domain_they_come_to_the_list():
    mail = send(mailing_of(settings={"bounced_email": "bounces@gazzetta.example"}))

    assert mail.written.sender == "bounces@gazzetta.example"
    assert "mailto" not in mail.message["List-Unsubscribe"]


def test_the_sending_says_whom_it_is_from():
    mail = send(mailing_of(sender_name="Bianca Rossi", sender_email="bianca@gazzetta.example"))

    assert mail.message["From"] == "Bianca Rossi <bianca@gazzetta.example>"
    assert mail.message["Sender"] is None
    assert mail.written.sender == "bianca@gazzetta.example"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", "<LINK>"),
        ("<[LISTUNSUBSCRIBE]>", "<LINK>"),
        ("<mailto:bye@gazzetta.example>", "<LINK>, <mailto:bye@gazzetta.example>"),
        ("<https://gazzetta.example/bye>,<[listunsubscribe]>", "<https://gazzetta.example/bye>, <LINK>"),
        ("<[listunsubscribe]>\r\nBcc: x", "<LINK>"),
        ("<http://[unsubscribe]/>", "<LINK>"),
        ("<mailto:bye@gazzetta.example>,<HTTPS://%5BUnsubscribe%5D>", "<mailto:bye@gazzetta.example>, <LINK>"),
        ("<[unsubscribe]>,<http://[listunsubscribe]/>", "<LINK>"),
        ("<http://[online]/>,<[nome]>", "<LINK>"),
        ("<https://gazzetta.example/bye?who=[email]>", "<LINK>"),
        ("<mailto:bye@gazzetta.example?subject=%5bcampo1%5d>", "<LINK>"),
        ("<https://gazzetta.example/[nome>", "<LINK>"),
    ],
)
def test_one_click_leaves_the_list_whatever_its_header_template_says(template, expected):
    mail = send(mailing_of(settings={"header_list_unsubscriber": template}))

    url = link(SIGNER, "http://mail.example", Purpose.LEAVE, Token(7, 42, (3, 9)))
    assert mail.message["List-Unsubscribe"] == expected.replace("LINK", url)
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("display_as", "expected"),
    [
        ("", "ada@example.org"),
        ("campo1,campo2", "Ada Lovelace <ada@example.org>"),
        ("Campo1 , campo3", "Ada <ada@example.org>"),
        ("Dear [nome]", "Dear Ada <ada@example.org>"),
        ("Reader", "Reader <ada@example.org>"),
    ],
)
def test_the_list_says_what_name_stands_beside_the_address(display_as, expected):
    mail = send(mailing_of(settings={"display_as": display_as}))

    assert mail.message["To"] == expected


def test_a_subject_has_the_fields_of_its_recipient():
    mailing = mailing_of(message_of(subject="[Nome], it is spring in [other]", default_values={1: "Friend"}))

    assert send(mailing).message["Subject"] == "Ada, it is spring in [other]"
    assert send(mailing, NOBODY).message["Subject"] == "Friend, it is spring in [other]"
    assert send(mailing, person({"1": "Žofie\r\nBcc: x@y.example"})).message["Subject"] == (
        "Žofie Bcc: x@y.example, it is spring in [other]"
    )


def test_a_mail_written_twice_is_known_for_the_same_even_under_another_key():
    first = send(mailing_of())
    rotated = Signer({1: b"k" * 32, 2: b"n" * 32})

    compiled = compile_campaign(mailing_of(), settings=Settings(), signer=rotated)
    second = compiled.render(ADA, now=NOON + timedelta(days=1))

    assert b"Message-ID: %b\r\n" % first.message["Message-ID"].encode() in second.content
    assert send(mailing_of(sending_id=10)).message["Message-ID"] != first.message["Message-ID"]


def test_an_address_that_needs_smtputf8_stands_as_it_is():
    mail = send(mailing_of(), ADA._replace(email="łukasz@bücher.example"))

    assert mail.written.recipient == "łukasz@bücher.example"
    assert "To: łukasz@bücher.example\r\n".encode() in mail.written.content


def test_a_domain_that_is_not_ascii_needs_no_smtputf8():
    mail = send(mailing_of(), ADA._replace(email="ada@bücher.example"))

    assert mail.written.recipient == "ada@xn--bcher-kva.example"
    assert_sound(mail)


def test_an_address_that_no_header_can_carry_is_refused():
    with pytest.raises(ValueError, match="address"):
        send(mailing_of(), ADA._replace(email="ada@example.org\r\nBcc: x@y.example"))


def test_a_list_can_do_without_the_text_part():
    mail = send(mailing_of(settings={"multipart_text": False}))

    assert_sound(mail)
    assert mail.message.get_content_type() == "text/html"
    assert "Hello Ada" in mail.html


def test_links_pixel_and_the_way_out_share_what_they_say():
    mail = send(mailing_of())

    base, token = "http://mail.example", SIGNER.sign_campaign(CampaignToken(7, 42, 9))
    assert mail.hrefs[0] == f"{base}/k/{token}/11"
    assert f'<img src="{base}/o/{token}"' in mail.html
    assert f"Shop <{base}/k/{token}/11>" in mail.text


def test_who_is_not_to_be_followed_gets_the_token_of_nobody():
    mail = send(mailing_of(), ADA._replace(tracked=False))

    assert SIGNER.read_campaign(token_of(mail.hrefs[0])) == CampaignToken(7, 0, 9)
    assert (
        SIGNER.read(Purpose.LEAVE, token_of(mail.message["List-Unsubscribe"].split("example", 1)[1])).recipient_id == 42
    )


def test_a_list_can_do_without_the_pixel():
    assert "/o/" not in send(mailing_of(settings={"track_on_opened": False})).html


@pytest.mark.parametrize("language", Language)
def test_a_message_without_a_way_out_gets_one_in_the_list_s_language(language):
    mail = send(mailing_of(settings={"language": language, "company_name": "Gazzetta <S.r.l.>"}))

    words = texts("staffetta.campaigns", language)
    url = link(SIGNER, "http://mail.example", Purpose.LEAVE, Token(7, 42, (3, 9)))
    assert mail.hrefs[-1] == url
    assert words["reason"].format(list="Notizie") in mail.html
    assert "Gazzetta &lt;S.r.l.&gt;" in mail.html
    assert f"{words['unsubscribe']}: {url}\nGazzetta <S.r.l.>" in mail.text


@pytest.mark.parametrize(
    ("content", "disclaimer"),
    [
        ('<a href="http://[unsubscribe]/">x</a>', ""),
        ('<a href="HTTPS://[Unsubscribe]">x</a>', ""),
        ('<a href="[listunsubscribe]">x</a>', ""),
        ('<a href="http://%5Bunsubscribe%5D/">x</a>', ""),
        ("Leave: http://[unsubscribe]/ now", ""),
        (CONTENT, '<a href="http://[unsubscribe]/">x</a>'),
    ],
)
def test_a_message_with_a_way_out_gets_no_other(content, disclaimer):
    mail = send_content(content, settings={"disclaimer": disclaimer})

    url = link(SIGNER, "http://mail.example", Purpose.LEAVE, Token(7, 42, (3, 9)))
    assert mail.html.count(url) in (1, 2)
    assert "You receive this" not in mail.html
    assert url in mail.text


@pytest.mark.parametrize(
    "content",
    [
        "<p>x</p><!-- http://[unsubscribe]/",
        '<!--[if mso]><a href="http://[unsubscribe]/">x</a><![endif]-->',
        "<style>a { } /* http://[unsubscribe]/",
        '<p title="http://[unsubscribe]/">x</p>',
        '<p>x</p><a href="http://[unsubscribe]/>x</a>',
        '<p>x</p><div style="color: red; Display : none"><div></div><a href="http://[unsubscribe]/">x</a></div>',
        '<p>x</p><a href="http://[unsubscribe]/" style="display:none">x</a>',
        "<p>x</p><table style='visibility:hidden'><tr><td>http://[unsubscribe]/</table>",
        '<p>x</p><div hidden><a href="http://[unsubscribe]/">x</a></div>',
        '<p>x</p><div class=a HIDDEN=""><a href="http://[unsubscribe]/">x</a></div>',
        '<p>x</p><template><a href="http://[unsubscribe]/">x</a></template>',
        '<p>x</p><div style="display:none"><div><a href="http://[unsubscribe]/">x</a></div>',
        '<html><body><p>x</p><div style="display:none">[unsubscribe]</body></div></html>',
    ],
)
def test_a_way_out_that_nobody_sees_is_none(content):
    mail = send_content(content)

    url = link(SIGNER, "http://mail.example", Purpose.LEAVE, Token(7, 42, (3, 9)))
    assert "You receive this message" in mail.html
    assert url in mail.hrefs
    assert "You receive this message" in mail.text
    assert url in mail.text


@pytest.mark.parametrize(
    "content",
    [
        '<p>x</p><div style="display:none">y</div><a href="http://[unsubscribe]/">x</a>',
        '<div title="display:none" data-x="hidden"><a href="http://[unsubscribe]/">x</a></div>',
        '<input type=hidden><img style="display:none" src=a><a href="http://[unsubscribe]/">x</a>',
        '<div style="display:none"><a href="http://[unsubscribe]/">x</a></div><p>http://[unsubscribe]/',
    ],
)
def test_a_way_out_beside_what_is_hidden_is_enough(content):
    mail = send_content(content)

    assert "You receive this message" not in mail.html
    assert "You receive this message" not in mail.text


@pytest.mark.parametrize(
    ("content", "ends"),
    [
        ('<p>x</p><div style="display:none"><div><p>x', "</div></div>"),
        ("<body><span hidden>x</body>", "</span>"),
        ("<div hidden>x</div><p>y", "<p>y"),
    ],
)
def test_what_is_hidden_and_left_open_does_not_hide_the_way_out(content, ends):
    mail = send_content(content)

    assert mail.html[: mail.html.index('<div style="margin')].endswith(ends)


@pytest.mark.parametrize(
    "content",
    [
        '<img usemap="#m" src=a alt=a><map name=m><area href="http://[unsubscribe]/" shape=default></map>',
        "<p>word word</p>" * 50_000 + '<a href="http://[unsubscribe]/">x</a>',
    ],
    ids=["map", "cut"],
)
def test_a_way_out_that_the_text_part_does_not_have_is_added_to_it(content):
    mail = send_content(content)

    assert "You receive this message" not in mail.html
    assert "You receive this message" in mail.text
    assert link(SIGNER, "http://mail.example", Purpose.LEAVE, Token(7, 42, (3, 9))) in mail.text


def test_what_the_platform_adds_stands_within_the_page():
    mail = send_content(
        "<!DOCTYPE html><html><head><title>x</title></head><BODY class=a><p>Hi</p></BODY></html>",
        pre_header="News & more for [nome]",
        settings={"disclaimer": "<b>Small print</b>"},
    )

    order = ["<BODY class=a>", "News &amp; more for Ada", "<p>Hi</p>", "You receive", "Small print", "/o/", "</BODY>"]
    positions = [mail.html.index(each) for each in order]
    assert positions == sorted(positions)
    assert "News" not in mail.text
    assert mail.text.endswith("Small print\n")


def test_attached_files_are_linked():
    mailing = mailing_of()
    mail = send(mailing_of(attachments=(attachment(1, "Menù.pdf"), attachment(3, 'a"<b>.txt'))))

    token = SIGNER.sign_attachment(AttachmentToken(7, 5, 1))
    url = f"http://mail.example/a/{token}/Men%C3%B9.pdf"
    assert mailing.attachments == ()
    assert f'<a href="{url}"' in mail.html
    assert "a&quot;&lt;b&gt;.txt</a>" in mail.html
    assert f"Attachments:\n- Menù.pdf <{url}>\n" in mail.text


def test_pictures_of_ours_go_with_the_mail():
    mine = f'<img src="http://mail.example/images/7/{DIGEST}/logo.png"><img SRC=/images/7/{DIGEST}/logo.png>'
    theirs = f'<img src="http://other.example/images/7/{DIGEST}/logo.png"><img src="/images/8/{DIGEST}/logo.png">'
    message = message_of(mine + theirs, embeds_images=True)

    mail = send(mailing_of(message), images={f"{DIGEST}/logo.png": IMAGE})

    assert_sound(mail)
    assert pictures_in(message, ACCOUNT) == [f"{DIGEST}/logo.png"]
    assert [part.get_content_type() for part in mail.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = list(mail.message.walk())[-1]
    assert picture["Content-ID"] == f"<{DIGEST}@mail.example>"
    assert picture.get_payload(decode=True) == IMAGE.content
    assert mail.html.count(f"cid:{DIGEST}@mail.example") == 2
    assert theirs in mail.html


def test_pictures_stay_where_they_are_unless_the_message_wants_them_with_it():
    content = f'<img src="http://mail.example/images/7/{DIGEST}/logo.png">'

    mail = send(mailing_of(message_of(content)), images={f"{DIGEST}/logo.png": IMAGE})

    assert content in mail.html
    assert "image/png" not in mail.written.content.decode()


def test_pictures_beyond_five_megabytes_stay_where_they_are():
    images = {f"{name * 24}/p.png": File(b"x" * 3_000_000, "image/png", "p.png") for name in "ab"}
    content = "".join(f'<img src="/images/7/{path}">' for path in images)

    mail = send(mailing_of(message_of(content, embeds_images=True)), images=images)

    assert "cid:" + "a" * 24 in mail.html
    assert f'src="/images/7/{"b" * 24}/p.png"' in mail.html


def test_what_is_said_to_go_with_a_mail_is_what_does():
    sizes = {"a": 3_000_000, "b": 3_000_000, "c": 2_000_000, "d": 242_880, "e": 1}
    images = {f"{name * 24}/p.png": File(b"x" * size, "image/png", "p.png") for name, size in sizes.items()}
    content = "".join(f'<img src="/images/7/{path}">' for path in (*images, *images))

    mail = send(mailing_of(message_of(content, embeds_images=True)), images=images)

    paths = fitting({path: len(image.content) for path, image in images.items()})
    parts = [part.get_payload() for part in mail.message.walk() if part.get_content_type() == "image/png"]
    assert [f"cid:{path[:24]}" in mail.html for path in images] == [path in paths for path in images]
    # The end of the last line is the parser's: it is a part of the boundary (RFC 2046 §5.1.1).
    assert [len(part) + len("\r\n") for part in parts] == [octets_in_mail(len(images[path].content)) for path in paths]


def test_a_host_on_loopback_gets_the_port_that_is_listened_on():
    mailing = mailing_of(account=replace(ACCOUNT, hosts=("localhost",)))

    mail = send(mailing)

    assert mail.hrefs[0].startswith("http://localhost:8080/k/")


def test_lists_of_one_account_have_ways_out_of_their_own():
    other = mailing_of().mailing_list
    mailing = mailing_of(mailing_list=MailingList(id=4, guid="g", name="Other", settings=other.settings))

    mail = send(mailing)

    assert SIGNER.read(Purpose.LEAVE, token_of(mail.hrefs[-1][len("http://mail.example") :])) == Token(7, 42, (4, 9))
