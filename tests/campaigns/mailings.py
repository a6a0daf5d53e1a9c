"""Mailings that tests compile, and their mails as the standard library's parser reads them."""

import re
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import msgspec

from staffetta.accounts import Account
from staffetta.accounts.model import AccountOptions, AccountState
from staffetta.campaigns import (
    Addressee,
    Attachment,
    Link,
    Mailing,
    Message,
    Tracking,
    Written,
    compile_campaign,
    links_in,
)
from staffetta.kit.languages import Language
from staffetta.lists import Field, ListSettings, MailingList
from staffetta.settings import Settings
from staffetta.tracking import Signer
from trying import NOON

SIGNER = Signer({1: b"k" * 32})
ACCOUNT = Account(
    id=7,
    name="Gazzetta",
    language=Language.EN,
    time_zone="Europe/Rome",
    state=AccountState.ACTIVE,
    options=AccountOptions(),
    hosts=("mail.example",),
)
SENDER = {"sender_name": "Gazzetta", "sender_email": "news@gazzetta.example"}
FIELDS = tuple(Field(id=number, name=name) for number, name in enumerate(("nome", "cognome", "città di nascita"), 1))
ADA = Addressee(42, "ada@example.org", "Ada L.", '{"1":"Ada","2":"Lovelace"}', tracked=True)
NOBODY = Addressee(43, "grace@example.org", "", "{}", tracked=True)
CONTENT = '<p>Hello [nome]</p><p><a href="https://shop.example/">Shop</a></p>'


@dataclass(frozen=True)
class Mail:
    """A mail, and what is in it."""

    written: Written
    message: EmailMessage

    @property
    def text(self) -> str:
        """The text part."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    @property
    def hrefs(self) -> list[str]:
        """Where its links lead."""
        return [url for name, url in attributes(self.html) if name == "href"]

    def _part(self, subtype: str) -> str:
        for part in self.message.walk():
            if part.get_content_type() == f"text/{subtype}":
                return part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
        raise LookupError(subtype)


def message_of(content: str = CONTENT, **said: Any) -> Message:
    """Return a message that was written with a content."""
    given: dict[str, Any] = {
        "id": 5,
        "list_id": 3,
        "subject": "Spring",
        "notes": "",
        "pre_header": "",
        "structure": None,
        "embeds_images": False,
        "is_confirmation": False,
        "uses_fields": True,
        "default_values": {},
        "tracking": Tracking(),
        "is_public": False,
        "service_type": 0,
        "last_sent_at": None,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Message(content=content, **{**given, **said})


def mailing_of(message: Message | None = None, *, settings: dict[str, Any] | None = None, **said: Any) -> Mailing:
    """Return a message on its way, with all its links."""
    message = message or message_of()
    list_settings = ListSettings(**{**SENDER, **(settings or {})})
    links = links_in(message, parameters=list_settings.link_tracking_parameters)
    given: dict[str, Any] = {
        "account": ACCOUNT,
        "mailing_list": MailingList(id=3, guid="guid", name="Notizie", settings=list_settings),
        "fields": FIELDS,
        "message": message,
        "attachments": (),
        "links": tuple(Link(number, url) for number, url in enumerate(links, 11)),
        "sending_id": 9,
    }
    return Mailing(**{**given, **said})


def send(
    mailing: Mailing, to: Addressee = ADA, *, bounce_domain: str = "", images: dict[str, Any] | None = None
) -> Mail:
    """Write a mail and read it."""
    settings = Settings(bounce_domain=bounce_domain)
    compiled = compile_campaign(mailing, settings=settings, signer=SIGNER, images=images or {})
    written = compiled.render(to, now=NOON)
    return Mail(written, message_from_bytes(written.content, policy=policy.default))


def send_content(content: str, to: Addressee = ADA, **said: Any) -> Mail:
    """Write a mail of a content, and read it."""
    settings = said.pop("settings", None)
    return send(mailing_of(message_of(content, **said), settings=settings), to)


def person(fields: dict[str, str] | None = None, **said: Any) -> Addressee:
    """Return somebody with fields."""
    return ADA._replace(fields=msgspec.json.encode(fields or {}).decode(), **said)


def attachment(slot: int, name: str) -> Attachment:
    """Return a file that goes with the message."""
    return Attachment(message_id=5, slot=slot, name=name)


def with_hosts(*hosts: str) -> Account:
    """Return the account under other names."""
    return replace(ACCOUNT, hosts=hosts)


def attributes(html: str) -> list[tuple[str, str]]:
    """Return the attributes of all tags, as a browser reads them."""
    found: list[tuple[str, str]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's
            found.extend((name, value or "") for name, value in attrs)

    Reader().feed(html)
    return found


def assert_sound(mail: Mail) -> None:
    """Assert that every server takes a mail, and every program reads the same parts in it."""
    content = mail.written.content
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert max(map(len, content.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
    assert all(part.defects == [] for part in mail.message.walk())
    assert [header.defects for header in mail.message.values() if header.defects] == []
