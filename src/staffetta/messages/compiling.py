"""Compiling a mail: once for a kind, a list, a language and a sender, however many it then goes to."""

from collections.abc import Sequence
from itertools import product
from typing import Final

from staffetta.kit.hosts import LOCAL_DOMAIN, mail_domain
from staffetta.kit.languages import Language, texts
from staffetta.lists.model import MailingList
from staffetta.messages import filling
from staffetta.messages.bodies import LONGEST_LIST_NAME, Contents, write_html, write_text
from staffetta.messages.headers import address_field, field, text_field
from staffetta.messages.layout import (
    END_SECTION,
    CompiledMail,
    Layout,
    begin_section,
    hole,
    plain_pieces,
    quoted_pieces,
    without_sections,
)
from staffetta.messages.model import DynamicSender, MailKind
from staffetta.messages.senders import Senders, find_senders
from staffetta.messages.unsubscribing import BY_LINK, BY_MAIL, unsubscribe_links
from staffetta.messages.wire import clean, clean_url

# RFC 2045 §6.7: no quoted-printable text can hold "=_", so that no body can hold the boundary.
BOUNDARY: Final = "=_staffetta"
PART: Final = (
    "--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)
LONGEST_ABUSE_TEXT: Final = 500
LONGEST_HOST: Final = 255


def compile_mail(
    kind: MailKind,
    mailing_list: MailingList,
    *,
    account_id: int,
    host: str,
    language: Language,
    dynamic_sender: DynamicSender | None = None,
    dynamic_only_replies: bool = False,
    list_names: Sequence[str] = (),
) -> CompiledMail:
    """Return a mail that only waits for its recipients' values.

    Args:
        kind: why the platform writes.
        mailing_list: the list that the mail is about, or whose confirmation request stands for several lists; for a
            mail of no list, what stands in for one.
        account_id: the account that has the list.
        host: where the platform is reached, with the port if it has one of its own.
        language: what the mail is written in.
        dynamic_sender: the sender that the sign-up asks for; only a confirmation request heeds it.
        dynamic_only_replies: it gets the replies alone: From a foreign domain, mail fails DMARC (contract 10.2).
        list_names: all the lists that one request confirms, if they are several.

    """
    words = texts("staffetta.messages", language)
    contents = Contents.of(mailing_list, list_names or (mailing_list.name,), language)
    asked_for = dynamic_sender if kind is MailKind.CONFIRMATION else None
    senders = find_senders(mailing_list, host, asked_for, only_replies=dynamic_only_replies)
    subject = contents.subject(kind, words)
    head = _head(kind, mailing_list, senders, host=host, account_id=account_id, subject=subject)
    head += f"Content-Language: {language}\r\n"
    text = write_text(kind, words, contents=contents, subject=subject)
    html = write_html(kind, words, contents=contents, subject=subject)
    return CompiledMail(senders.bounce_address, _layouts((head, text, html), language))


def compile_request(
    mailing_list: MailingList,
    *,
    account_id: int,
    host: str,
    language: Language,
    subject: str,
    text: str,
    html: str,
) -> CompiledMail:
    """Return a confirmation request whose words are the owner's, for one person: its parts have no holes.

    Args:
        mailing_list: the list that the person is asked for.
        account_id: the account that has the list.
        host: where the platform is reached, with the port if it has one of its own.
        language: that of dates.
        subject: a line.
        text: the one part, with the links in it.
        html: the other.

    """
    kind = MailKind.CONFIRMATION
    senders = find_senders(mailing_list, host, None)
    head = _head(kind, mailing_list, senders, host=host, account_id=account_id, subject=subject)
    unsubscribe, profile = True, False
    layouts = {(unsubscribe, profile): lay_out(without_sections(head, ()), text, html, language)}
    return CompiledMail(senders.bounce_address, layouts)


def _layouts(parts: Sequence[str], language: Language) -> dict[tuple[bool, bool], Layout]:
    made: dict[tuple[str, ...], Layout] = {}
    layouts = {}
    for unsubscribe, profile in product((False, True), repeat=2):
        absent = [name for name, given in (("unsubscribe_url", unsubscribe), ("profile_url", profile)) if not given]
        head, text, html = whole = tuple(without_sections(part, absent) for part in parts)
        layouts[unsubscribe, profile] = made.get(whole) or made.setdefault(whole, lay_out(head, text, html, language))
    return layouts


def lay_out(head: str, text: str, html: str, language: Language) -> Layout:
    """Return a mail of two parts, whose header fields and parts have their holes still."""
    text_part, html_part = quoted_pieces(text), quoted_pieces(html)
    text_part[0] = PART.format(boundary=BOUNDARY, subtype="plain") + text_part[0]
    html_part[0] = "\r\n" + PART.format(boundary=BOUNDARY, subtype="html") + html_part[0]
    html_part[-1] += f"\r\n--{BOUNDARY}--\r\n"
    head += f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{BOUNDARY}"\r\n\r\n'
    return Layout(
        [
            (plain_pieces(head), filling.HEADERS),
            (text_part, filling.text_fillers(language)),
            (html_part, filling.html_fillers(language)),
        ]
    )


def _head(
    kind: MailKind, mailing_list: MailingList, senders: Senders, *, host: str, account_id: int, subject: str
) -> str:
    # RFC 3834 §5: a reply would answer a mail; what the platform writes answers forms and links.
    return "".join(
        [
            field("Date", hole("date")),
            originators(senders),
            field("To", hole("recipient")),
            text_field("Subject", subject),
            field("Message-ID", hole("message_id")),
            "" if kind is MailKind.SENDER_VERIFICATION else list_id_field(mailing_list, account_id, host),
            _list_unsubscribe(mailing_list.settings.header_list_unsubscriber) if kind.is_of_a_list else "",
            abuse_field(mailing_list.settings.header_x_abuse, host),
            field("Auto-Submitted", "auto-generated"),
        ]
    )


def originators(senders: Senders) -> str:
    """Return the fields that say whom a mail comes from, and who reads the answers."""
    sender = senders.sender
    return "".join(
        [
            address_field("From", senders.author.name, senders.author.address),
            address_field("Sender", sender.name, sender.address) if sender else "",
            field("Reply-To", senders.reply_to),
        ]
    )


def list_id_field(mailing_list: MailingList, account_id: int, host: str) -> str:
    """Return the field that names a list."""
    # RFC 2919 §3: the namespace of lists that no domain stands for is "localhost".
    domain = mail_domain(host)
    namespace = "localhost" if domain == LOCAL_DOMAIN else domain
    name = clean(mailing_list.name, limit=LONGEST_LIST_NAME)
    return address_field("List-Id", name, f"{mailing_list.id}.{account_id}.{namespace}")


def _list_unsubscribe(template: str) -> str:
    """Return what unsubscribes: the recipient's own link stands in a section, and other links as the owner wrote them.

    There is no mailbox yet that takes requests to unsubscribe: `<[mailto_uns]>` is left out.
    """
    links = [link for link in unsubscribe_links(template) if link != BY_MAIL]
    fixed = [f"<{link}>" for link in links if link != BY_LINK]
    without = field("List-Unsubscribe", ",\r\n ".join(fixed)) if fixed else ""
    if len(fixed) == len(links):
        return without
    # The owner's order is kept: clients use the first link that they can (RFC 2369 §2).
    ordered = [f"<{hole('unsubscribe_url') if link == BY_LINK else link}>" for link in links]
    header = field("List-Unsubscribe", ",\r\n ".join(ordered))
    one_click = field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")  # RFC 8058 §3.1
    return f"{begin_section('unsubscribe_url')}{header}{one_click}{END_SECTION}"


def abuse_field(template: str, host: str) -> str:
    """Return the field that says whom to complain to, from a list's template; empty where it has none."""
    text = clean(template.replace("[host]", clean_url(host[:LONGEST_HOST])), limit=LONGEST_ABUSE_TEXT)
    return text_field("X-Abuse", text) if text else ""
