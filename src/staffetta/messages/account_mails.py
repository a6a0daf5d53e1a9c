"""Mails about an account, which the operator writes to its people: written one by one, from what each has to say."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_date, format_timedelta

from staffetta.kit.hosts import mail_domain
from staffetta.kit.languages import Language, texts
from staffetta.messages.bodies import Contents, write_html, write_text
from staffetta.messages.compiling import lay_out, originators
from staffetta.messages.headers import field, text_field
from staffetta.messages.layout import hole
from staffetta.messages.model import MailKind, Values
from staffetta.messages.senders import LONGEST_NAME, Mailbox, Senders
from staffetta.messages.wire import clean, find_page, find_sender_address

LONGEST_LOGIN: Final = 100
LONGEST_GIVEN_NAME: Final = 70
NEVER_WEEKS: Final = 10_000  # so that Babel says 7 days
# Who asks for an account names any address as theirs: the name of whom we greet is no place for an advertisement.
# "evil.example" and "Evil.Example/x", not "J.Smith" and "Gazzetta S.r.l.".
LINK_LIKE: Final = re.compile(r"://|@|www\.|[^\W_]{2,}\.[^\W\d_]{2,}|\w\.[a-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)  # it holds secrets
class AccountMail:
    """What a mail about an account is written from; texts are as people have typed them.

    Attributes:
        kind: one of those about accounts.
        recipient: the address that the mail goes to.
        message_id: with its angle brackets.
        written_at: aware.
        language: what it is written in.
        host: the account's console host, which lends the sender its domain where the operator has no address.
        operator: who provides the account, or passes for it.
        operator_email: where the operator writes from and reads answers; empty where nobody does.
        link: the page that it leads to.
        login: the user that it is about.
        name: the person's name, if known.
        company: the account's company, if known.
        api_user: the login of programs.
        password: the one-time password.
        expires_on: when the trial ends or ended, if it does.
        days: how many are left.

    """

    kind: MailKind
    recipient: str
    message_id: str
    written_at: datetime
    language: Language
    host: str
    operator: str
    operator_email: str
    link: str
    login: str
    name: str = ""
    company: str = ""
    api_user: str = ""
    password: str = ""
    expires_on: date | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A whole mail, and the envelope's sender."""

    bounce_address: str
    content: bytes


def write_account_mail(mail: AccountMail) -> WrittenMail:
    """Write a mail about an account.

    Raises:
        ValueError: a value that no mail can carry, such as a malformed address or link.

    """
    operator = _operator(mail)
    words = texts("staffetta.messages", mail.language)
    facts = _facts(mail, operator.author.name)
    subject = words[f"{mail.kind}_subject"].format_map(facts)
    head = "".join(
        [
            field("Date", hole("date")),
            originators(operator),
            field("To", hole("recipient")),
            text_field("Subject", subject),
            field("Message-ID", hole("message_id")),
            # RFC 3834 §5: a reply would answer a mail; what the platform writes answers forms and calls.
            field("Auto-Submitted", "auto-generated"),
            field("Content-Language", mail.language.value),
        ]
    )
    reason = words["account_reason"].format_map(facts)
    contents = _contents(mail.language, operator.author.name, reason)
    text = write_text(mail.kind, words, contents=contents, subject=subject, **facts)
    html = write_html(mail.kind, words, contents=contents, subject=subject, **facts)
    values = Values(recipient=mail.recipient, message_id=mail.message_id, date=mail.written_at)
    return WrittenMail(operator.bounce_address, lay_out(head, text, html, mail.language).fill(values))


def _operator(mail: AccountMail) -> Senders:
    address = find_sender_address(mail.operator_email) or f"noreply@{mail_domain(mail.host)}"
    name = clean(mail.operator, limit=LONGEST_NAME) or mail_domain(mail.host)
    return Senders(Mailbox(name, address), None, address, address)


def _facts(mail: AccountMail, operator: str) -> dict[str, str]:
    link = find_page(mail.link)
    if not link:
        raise ValueError("not the address of a page")
    locale = mail.language.value
    return {
        "operator": operator,
        "name": harmless_name(mail.name),
        "company": harmless_name(mail.company),
        "login": clean(mail.login, limit=LONGEST_LOGIN),
        "api_user": clean(mail.api_user, limit=LONGEST_LOGIN),
        "password": mail.password,
        "link": link,
        "contact": find_sender_address(mail.operator_email),
        "date": format_date(mail.expires_on, "long", locale=locale) if mail.expires_on else "",
        "days": format_timedelta(timedelta(days=mail.days), granularity="day", threshold=NEVER_WEEKS, locale=locale),
    }


def harmless_name(text: str) -> str:
    """Return a name that a stranger gave as one line, or an empty text where a mail program would make a link of it."""
    name = clean(text, limit=LONGEST_GIVEN_NAME)
    return "" if LINK_LIKE.search(name) else name


def _contents(language: Language, operator: str, reason: str) -> Contents:
    return Contents(
        language=language.value,
        names=(),
        company=operator,
        address="",
        web_site="",
        web_site_link="",
        reminder=reason,
    )
