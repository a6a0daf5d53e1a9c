import re

import pytest

from staffetta.kit.languages import Language, texts
from staffetta.messages import ABOUT_ACCOUNTS, MailKind, compile_mail
from staffetta.messages.filling import LONGEST_LINK

EVERY_MAIL = [(kind, language) for kind in MailKind if kind not in ABOUT_ACCOUNTS for language in Language]


def words(language, key, **values):
    return texts("staffetta.messages", language)[key].format(**values)


def assert_sound(mail):
    lines = mail.octets.split(b"\r\n")
    assert all(len(line) <= 998 for line in lines)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", mail.octets)
    _, _, body = mail.octets.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert body.isascii()
    assert mail.message.defects == []
    assert [header.defects for header in mail.message.values() if header.defects] == []
    assert [part.get_content_type() for part in mail.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert all(part.defects == [] for part in mail.message.walk())


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_every_mail_is_well_formed_and_in_its_language(write, kind, language):
    mail = write(kind, language)

    assert_sound(mail)
    assert mail.octets.isascii()
    assert mail.message["Subject"] == words(language, f"{kind}_subject", list="Notizie")
    assert mail.message["Content-Language"] == language.value
    assert f'<html lang="{language}">' in mail.html
    assert words(language, f"{kind}_heading") in mail.text


def test_the_headers_are_those_of_a_platforms_own_mail(write):
    message = write().message

    assert list(message.items()) == [
        ("Date", "Sat, 07 Mar 2026 14:05:09 +0100"),
        ("From", "Gazzetta <news@gazzetta.example>"),
        ("Reply-To", "news@gazzetta.example"),
        ("To", "ada@example.org"),
        ("Subject", "Please confirm your subscription to Notizie"),
        ("Message-ID", "<1.2.3@mail.example>"),
        ("List-Id", "Notizie <3.7.mail.example>"),
        ("List-Unsubscribe", "<https://mail.example/u/BBBB>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("X-Abuse", "Please report abuse here: http://mail.example/p"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/alternative; boundary="=_staffetta"'),
    ]


@pytest.mark.parametrize("language", Language)
def test_a_confirmation_has_its_link_alone_on_a_line_and_as_the_first_link(write, make_values, language):
    mail = write(MailKind.CONFIRMATION, language)

    url = make_values().confirm_url
    assert url in mail.text.split("\n")
    assert re.findall(r'href="([^"]*)"', mail.html)[0] == url.replace("&", "&amp;")
    assert f">{url.replace('&', '&amp;')}</a>" in mail.html


@pytest.mark.parametrize("language", Language)
def test_a_confirmation_says_who_writes_and_where_they_are(write, language):
    mail = write(MailKind.CONFIRMATION, language)

    for part in (mail.text, mail.html):
        assert words(language, "confirmation_run_by", company="Gazzetta S.r.l.") in part
        assert "Via Roma 1, 20100 Milano, " in part
        assert "https://gazzetta.example/" in part
        assert "You registered on our web site." in part


def test_a_confirmation_loads_nothing_from_elsewhere(write):
    html = write().html

    assert not re.search(r"<(img|link|script|iframe|object)|url\(|@import|\bsrc=", html)


def test_one_request_for_several_lists_names_them_all(write):
    mail = write(list_names=["Specials", "New <arrivals>", "Notizie"])

    assert mail.message["Subject"] == "Please confirm your subscriptions"
    assert "\n* Specials\n* New <arrivals>\n* Notizie\n" in mail.text
    assert "New &lt;arrivals&gt;" in mail.html


def test_a_welcome_links_to_profile_and_unsubscription(write, make_values):
    mail = write(MailKind.WELCOME)

    for url in (make_values().profile_url, make_values().unsubscribe_url):
        assert url in mail.text.split("\n")
        assert f'href="{url}"' in mail.html


def test_what_there_is_no_link_for_is_left_out(write):
    mail = write(MailKind.WELCOME, values={"profile_url": "", "unsubscribe_url": ""})

    assert_sound(mail)
    assert "Update your profile" not in mail.text + mail.html
    assert "Unsubscribe" not in mail.text + mail.html
    assert "List-Unsubscribe" not in mail.message
    assert "List-Unsubscribe-Post" not in mail.message


def test_each_missing_link_takes_only_its_own_paragraph_along(write):
    without_profile = write(MailKind.WELCOME, values={"profile_url": ""})
    without_unsubscribe = write(MailKind.WELCOME, values={"unsubscribe_url": ""})

    assert "Unsubscribe" in without_profile.text
    assert "Update your profile" not in without_profile.text
    assert "Update your profile" in without_unsubscribe.text
    assert "Unsubscribe" not in without_unsubscribe.text


def test_a_goodbye_does_not_claim_that_there_is_still_a_permission(write):
    mail = write(MailKind.GOODBYE)

    assert "You registered on our web site." not in mail.text + mail.html
    assert "Gazzetta S.r.l." in mail.text


def test_a_notice_says_who_left_which_list_and_when(write):
    mail = write(MailKind.NOTICE, Language.IT, values={"unsubscribed": "gräce&<co>@exämple.org"})

    assert "gräce&<co>@exämple.org\n" in mail.text
    assert "gräce&amp;&lt;co&gt;@exämple.org" in mail.html
    for part in (mail.text, mail.html):
        assert "Notizie" in part
        assert "7 marzo 2026 14:05:09 +0100" in part
    assert "List-Unsubscribe" not in mail.message


def test_a_company_without_details_leaves_no_empty_footer(write, make_list):
    bare = make_list(company_name="", address="", city="", postal_code="", country_code="", permission_reminder="")

    mail = write(mailing_list=make_list(**{**bare_settings(bare), "web_site_url": ""}))

    assert "-- " not in mail.text
    assert "sends these messages" not in mail.text


def bare_settings(mailing_list):
    names = ("company_name", "address", "city", "postal_code", "country_code", "permission_reminder")
    return {name: getattr(mailing_list.settings, name) for name in names}


def test_a_web_site_that_is_no_http_link_is_only_text(write, make_list):
    mail = write(mailing_list=make_list(web_site_url="javascript:alert(1)"))

    assert "javascript:alert(1)" in mail.html
    assert 'href="javascript' not in mail.html


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<[listunsubscribe]>,<[mailto_uns]>", "<https://mail.example/u/BBBB>"),
        (
            "<mailto:out@gazzetta.example>, <[listunsubscribe]>",
            "<mailto:out@gazzetta.example>, <https://mail.example/u/BBBB>",
        ),
        ("<https://gazzetta.example/out>", "<https://gazzetta.example/out>"),
        ("<HTTP://[Unsubscribe]/>", "<https://mail.example/u/BBBB>"),
        ("<[mailto_uns]>,<https://gazzetta.example/out?who=[email]>", None),
        ("<javascript:alert(1)>, see our site", None),
        ("", None),
    ],
)
def test_list_unsubscribe_follows_the_lists_template(write, make_list, template, expected):
    message = write(mailing_list=make_list(header_list_unsubscriber=template)).message

    assert message["List-Unsubscribe"] == expected
    assert ("List-Unsubscribe-Post" in message) == (expected is not None and "/u/BBBB" in expected)


def test_an_empty_abuse_text_makes_no_header(write, make_list):
    message = write(mailing_list=make_list(header_x_abuse=" \r\n")).message

    assert "X-Abuse" not in message


def test_the_abuse_text_names_the_host_with_its_port(write):
    message = write(host="127.0.0.1:8025").message

    assert message["X-Abuse"] == "Please report abuse here: http://127.0.0.1:8025/p"
    assert message["List-Id"] == "Notizie <3.7.localhost>"


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "ada@example.org\r\nBcc: all@example.org"},
        {"recipient": "ada@example.org, bob@example.org"},
        {"recipient": "ada@example.org\u2028"},
        {"recipient": "ada"},
        {"message_id": "<1@x>\r\nBcc: all@example.org"},
        {"message_id": "1@x"},
        {"confirm_url": ""},
        {"unsubscribe_url": "https://mail.example/" + "u" * LONGEST_LINK},
    ],
)
def test_values_that_no_mail_can_carry_are_an_error(write, wrong):
    with pytest.raises(ValueError):
        write(values=wrong)


def test_a_recipient_with_an_international_domain_is_written_in_ascii(write):
    mail = write(values={"recipient": "ada@bücher.example"})

    assert mail.octets.isascii()
    assert b"\r\nTo: ada@xn--bcher-kva.example\r\n" in mail.octets


def test_a_recipient_with_an_international_name_is_the_only_text_beyond_ascii(write):
    octets = write(values={"recipient": "アダ@bücher.example"}).octets

    header = "\r\nTo: アダ@bücher.example\r\n".encode()
    assert header in octets
    assert octets.replace(header, b"\r\n").isascii()


def test_one_compiled_mail_serves_many_recipients(make_list, make_values):
    compiled = compile_mail(MailKind.CONFIRMATION, make_list(), account_id=7, host="mail.example", language=Language.EN)

    first = compiled.render(make_values(recipient="ada@example.org", confirm_url="https://mail.example/c/1"))
    second = compiled.render(make_values(recipient="bob@example.org", confirm_url="https://mail.example/c/2"))

    assert b"To: ada@example.org" in first
    assert b"/c/2" not in first
    assert b"To: bob@example.org" in second
    assert b"/c/1" not in second


def test_a_verification_of_a_sender_is_of_no_list(write, make_list):
    mail = write(MailKind.SENDER_VERIFICATION, mailing_list=make_list(permission_reminder="You registered."))

    assert mail.message["Subject"] == "Please verify your sender address"
    for name in ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert name not in mail.message
    assert mail.message["Auto-Submitted"] == "auto-generated"
    for part in (mail.text, mail.html):
        assert "Gazzetta S.r.l." in part
        assert "You registered." not in part
        assert "https://mail.example/c/AAAA" in part
