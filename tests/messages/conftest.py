"""Mails written for a list, and read back by the standard library's parser."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from staffetta.kit.languages import Language
from staffetta.lists.model import ListSettings, MailingList
from staffetta.messages import AccountMail, DynamicSender, MailKind, Values, compile_mail, write_account_mail

SETTINGS = {
    "sender_name": "Gazzetta",
    "sender_email": "news@gazzetta.example",
    "company_name": "Gazzetta S.r.l.",
    "address": "Via Roma 1",
    "city": "Milano",
    "postal_code": "20100",
    "country_code": "IT",
    "permission_reminder": "You registered on our web site.",
    "web_site_url": "https://gazzetta.example/",
}
VALUES = {
    "recipient": "ada@example.org",
    "message_id": "<1.2.3@mail.example>",
    "date": datetime(2026, 3, 7, 14, 5, 9, 123456, tzinfo=timezone(timedelta(hours=1))),
    "confirm_url": "https://mail.example/c/AAAA?x=1&y=" + "=Zz9_" * 30,
    "unsubscribe_url": "https://mail.example/u/BBBB",
    "profile_url": "https://mail.example/p/CCCC",
    "unsubscribed": "grace@example.org",
}
ACCOUNT = {
    "recipient": "ada@example.org",
    "message_id": "<1.2.3@mail.example>",
    "written_at": VALUES["date"],
    "host": "7.mail.example",
    "operator": "Staffetta",
    "operator_email": "",
    "link": "https://7.mail.example/console/",
    "login": "m7",
    "name": "Ada Lovelace",
    "company": "Gazzetta S.r.l.",
    "api_user": "a7",
    "password": "k7mw-x3cq-pz9d-4hru",
    "expires_on": date(2026, 7, 1),
    "days": 7,
}


@dataclass(frozen=True)
class Mail:
    octets: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")


def read(octets: bytes) -> Mail:
    return Mail(octets, message_from_bytes(octets, policy=policy.default))


@pytest.fixture(scope="session")
def make_list() -> Callable[..., MailingList]:
    def make(name="Notizie", **settings):
        return MailingList(id=3, guid="guid", name=name, settings=ListSettings(**{**SETTINGS, **settings}))

    return make


@pytest.fixture(scope="session")
def make_values() -> Callable[..., Values]:
    return lambda **values: Values(**{**VALUES, **values})


@pytest.fixture(scope="session")
def write(make_list, make_values) -> Callable[..., Mail]:
    def write_one(kind=MailKind.CONFIRMATION, language=Language.EN, **options):
        mailing_list = options.pop("mailing_list", None) or make_list()
        values = options.pop("values", {})
        options = {"account_id": 7, "host": "mail.example", **options}
        return read(compile_mail(kind, mailing_list, language=language, **options).render(make_values(**values)))

    return write_one


@pytest.fixture(scope="session")
def write_from(write) -> Callable[..., Mail]:
    return lambda email="", name="", **options: write(dynamic_sender=DynamicSender(email, name), **options)


@pytest.fixture(scope="session")
def write_about() -> Callable[..., Mail]:
    def write_one(kind=MailKind.CREDENTIALS, language=Language.EN, **facts):
        return read(write_account_mail(AccountMail(kind=kind, language=language, **{**ACCOUNT, **facts})).content)

    return write_one
