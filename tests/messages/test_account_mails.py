"""Mails about accounts: credentials, forgotten passwords, trials; and what strangers may have typed into them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffetta.kit.languages import Language
from staffetta.messages import ABOUT_ACCOUNTS, MailKind, find_page, harmless_name

EVERY_MAIL = [(kind, language) for kind in sorted(ABOUT_ACCOUNTS) for language in Language]
HEADERS = [
    "Date",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
LINK = "https://7.mail.example/console/"
HOSTILE = [
    "Ada\r\nBcc: all@example.net",
    "Ada\n\nThe end",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{login} {0} {password.__class__} %s {{ 7*7 }} {% raw %}",
    "A" * 10_000,
    "\u202egnp.exe\u2066\u200b",
    "\ufdd0recipient\ufdd1\ufdd2link\ufdd3\ufdd4",
    "=?utf-8?Q?=0D=0ABcc:_x?=",
    "--=_staffetta",
    "\ud800\x00\x07",
    "عادة לבלייס",
]


def assert_sound(mail):
    assert mail.octets.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", mail.octets)
    assert all(len(line) <= 998 for line in mail.octets.split(b"\r\n"))
    assert mail.message.keys() == HEADERS
    assert [part.get_content_type() for part in mail.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert all(part.defects == [] for part in mail.message.walk())
    assert [header.defects for header in mail.message.values() if header.defects] == []
    assert len(mail.message["From"].addresses) == 1


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_every_mail_is_well_formed_and_leads_to_its_page(write_about, kind, language):
    mail = write_about(kind, language)

    assert_sound(mail)
    assert mail.message["Content-Language"] == language.value
    assert f'<html lang="{language}">' in mail.html
    assert LINK in mail.text.split("\n")
    assert set(re.findall(r'href="([^"]*)"', mail.html)) == {LINK}
    assert "\n\n\n" not in mail.text
    assert not re.search(r"<(img|link|script|iframe|object)|url\(|@import|\bsrc=", mail.html)


def test_the_headers_are_those_of_a_mail_that_no_list_sends(write_about):
    message = write_about().message

    assert list(message.items()) == [
        ("Date", "Sat, 07 Mar 2026 14:05:09 +0100"),
        ("From", "Staffetta <noreply@7.mail.example>"),
        ("Reply-To", "noreply@7.mail.example"),
        ("To", "ada@example.org"),
        ("Subject", "Your account at Staffetta is ready"),
        ("Message-ID", "<1.2.3@mail.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/alternative; boundary="=_staffetta"'),
    ]


@pytest.mark.parametrize("language", Language)
def test_credentials_say_all_that_a_first_sign_in_needs(write_about, language):
    mail = write_about(MailKind.CREDENTIALS, language)

    for part in (mail.text, mail.html):
        for fact in ("Ada Lovelace", "Gazzetta S.r.l.", "m7", "a7", "k7mw-x3cq-pz9d-4hru", "2026"):
            assert fact in part
    assert {"m7", "k7mw-x3cq-pz9d-4hru"} <= set(mail.text.split("\n"))


def test_an_account_without_an_end_is_no_trial(write_about):
    mail = write_about(MailKind.CREDENTIALS, expires_on=None)

    assert "trial" not in mail.text + mail.html


@pytest.mark.parametrize("kind", sorted(ABOUT_ACCOUNTS - {MailKind.CREDENTIALS}))
def test_only_credentials_tell_a_password(write_about, kind):
    mail = write_about(kind)

    assert "k7mw" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("language", "days", "expected"),
    [
        (Language.EN, 7, "Your trial ends in 7 days"),
        (Language.EN, 1, "Your trial ends in 1 day"),
        (Language.IT, 3, "Il tuo periodo di prova termina tra 3 giorni"),
        (Language.ES, 1, "Tu periodo de prueba termina dentro de 1 día"),
        (Language.FR, 3, "Votre période d’essai se termine dans 3\u00a0jours"),
        (Language.PT, 7, "O seu período de teste termina dentro de 7 dias"),
        (Language.JA, 7, "お試し期間はあと7 日で終了します"),
        (Language.DA, 1, "Din prøveperiode slutter om 1 dag"),
    ],
)
def test_a_reminder_says_how_many_days_are_left(write_about, language, days, expected):
    message = write_about(MailKind.TRIAL_REMINDER, language, days=days).message

    assert message["Subject"] == expected


@pytest.mark.parametrize("kind", [MailKind.TRIAL_REMINDER, MailKind.TRIAL_EXPIRED])
def test_who_would_like_to_stay_is_told_whom_to_ask(write_about, kind):
    answered = write_about(kind, operator_email="desk@mail.example")
    unanswered = write_about(kind)

    assert answered.message["From"] == "Staffetta <desk@mail.example>"
    assert "reply to this message" in answered.text
    assert "contact your provider" in unanswered.text


def test_an_operator_without_a_name_goes_by_the_host(write_about):
    message = write_about(operator=" \u202e").message

    assert message["From"].addresses[0].display_name == "7.mail.example"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_stranger_typed_adds_no_header_no_markup_and_no_link(write_about, hostile):
    for kind in ABOUT_ACCOUNTS:
        mail = write_about(kind, name=hostile, company=hostile, operator=hostile)

        assert_sound(mail)
        assert set(re.findall(r'href="([^"]*)"', mail.html)) == {LINK}
        assert not re.search(r"<(script|img)", mail.html)
        assert not set("\u202e\u2066\u200b\ufdd0\ufdd4") & set(mail.text + mail.html)
        assert all(len(line) < 400 for line in mail.text.split("\n"))


ANYTHING = st.one_of(st.text(max_size=80), st.sampled_from(HOSTILE))


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from(sorted(ABOUT_ACCOUNTS)),
    texts=st.fixed_dictionaries(dict.fromkeys(("name", "company", "operator", "login", "api_user"), ANYTHING)),
)
def test_no_text_breaks_a_mail(write_about, kind, texts):
    mail = write_about(kind, **texts)

    assert_sound(mail)
    assert set(re.findall(r'href="([^"]*)"', mail.html)) == {LINK}


def test_braces_stay_as_they_were_typed(write_about):
    mail = write_about(name="{login} {{ 7*7 }}")

    assert "Hello {login} {{ 7*7 }}," in mail.text
    assert "Hello <bdi>{login} {{ 7*7 }}</bdi>," in mail.html


@pytest.mark.parametrize(
    "name", ["Ada Lovelace", "J.Smith", "Gazzetta S.r.l.", "A. & B. Co. KG", "O’Hara d.o.o.", "佐藤 花子"]
)
def test_names_are_names(name):
    assert harmless_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Win at http://evil.example",
        "evil.example",
        "EVIL.EXAMPLE/win",
        "www.evil",
        "пример.рф",
        "ada@evil.example",
        "Ev\u200bil.Exam\u202eple",
    ],
)
def test_a_name_that_a_mail_program_would_link_is_left_out(write_about, name):
    mail = write_about(name=name, company=name)

    assert harmless_name(name) == ""
    assert name not in mail.text + mail.html
    assert "Hello" not in mail.text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (LINK, LINK),
        ("http://127.0.0.1:8080/console/", "http://127.0.0.1:8080/console/"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://7.bücher.example/console/", "https://7.xn--bcher-kva.example/console/"),
        ("https://7.mail.example/console/reset?t=AB-_", "https://7.mail.example/console/reset?t=AB-_"),
        ("https://7.mail.example@evil.example/", ""),
        ("https://7.mail.example\\@evil.example/", ""),
        ("https://7.mail.example#@evil.example/", ""),
        ("https://7.mail.example:443@evil.example/", ""),
        ("https://7.mail .example/", ""),
        ("https://7.mail.example\t.evil.example/", ""),
        ("https://-7.mail.example/", ""),
        ("https://7..example/", ""),
        ("https:///console/", ""),
        ("//7.mail.example/console/", ""),
        ("javascript://7.mail.example/%0Aalert(1)", ""),
        ('https://7.mail.example/"><b>', ""),
        ("https://7.mail.example/\r\nBcc: x", ""),
        (f"https://{'a' * 64}.example/", ""),
        (f"https://7.mail.example/{'a' * 2000}", ""),
        ("", ""),
    ],
)
def test_a_page_is_where_its_address_says(address, expected):
    assert find_page(address) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "ada@example.org\r\nBcc: all@example.org"},
        {"message_id": "<1@x>\r\nBcc: all@example.org"},
        {"link": "https://7.mail.example@evil.example/"},
        {"link": ""},
    ],
)
def test_what_no_mail_can_carry_is_an_error(write_about, wrong):
    with pytest.raises(ValueError):
        write_about(**wrong)
