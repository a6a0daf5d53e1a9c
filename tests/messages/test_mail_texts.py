from datetime import date, timedelta
from string import Formatter

import pytest
from babel.dates import format_date, format_timedelta

from staffetta.kit.languages import Language, texts
from staffetta.messages import ABOUT_ACCOUNTS, MailKind
from staffetta.messages.wire import clean

ENGLISH = texts("staffetta.messages", Language.EN)


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", Language)
def test_every_language_has_all_texts_with_the_same_placeholders(language):
    translated = texts("staffetta.messages", language)

    assert translated.keys() == ENGLISH.keys()
    assert {key: placeholders(text) for key, text in translated.items()} == {
        key: placeholders(text) for key, text in ENGLISH.items()
    }


@pytest.mark.parametrize("language", [language for language in Language if language is not Language.EN])
def test_no_text_was_left_in_english(language):
    translated = texts("staffetta.messages", language)

    # "Date" is a French word too.
    assert [key for key, text in translated.items() if text == ENGLISH[key]] in ([], ["notice_when"])


@pytest.mark.parametrize("language", Language)
def test_every_text_is_one_clean_line(language):
    translated = texts("staffetta.messages", language)

    assert [key for key, text in translated.items() if clean(text, limit=300).split() != text.split()] == []


SAID = {
    "list": "Notizie",
    "company": "Gazzetta S.r.l.",
    "operator": "Staffetta",
    "name": "<bdi>Ada Lovelace</bdi>",
    "login": "m7",
    "api_user": "<strong>a7</strong>",
}


@pytest.mark.parametrize("language", Language)
def test_every_text_is_said_in_some_mail(write, write_about, language):
    mails = [write(MailKind.CONFIRMATION, language, list_names=["A", "B"])]
    mails += [write(kind, language) for kind in MailKind if kind not in ABOUT_ACCOUNTS]
    mails += [write_about(kind, language) for kind in ABOUT_ACCOUNTS]
    mails += [write_about(MailKind.TRIAL_REMINDER, language, operator_email="desk@mail.example")]
    said = "\n".join(part for mail in mails for part in (mail.message["Subject"], mail.text, mail.html))
    week = format_timedelta(timedelta(days=7), granularity="day", threshold=10, locale=language)
    dates = {"days": week, "date": format_date(date(2026, 7, 1), "long", language)}

    missing = [
        key
        for key, text in texts("staffetta.messages", language).items()
        if text.format(**SAID, **dates) not in said.replace("<strong>m7</strong>", "m7")
    ]

    assert missing == []
