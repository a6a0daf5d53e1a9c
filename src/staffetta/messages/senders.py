"""Whom a mail comes from: the list's default sender, and the one that a sign-up may ask for (contract 10.2)."""

from dataclasses import dataclass
from typing import Final

from staffetta.kit.hosts import mail_domain
from staffetta.lists.model import MailingList
from staffetta.messages.model import DynamicSender
from staffetta.messages.wire import clean, find_sender_address

LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in ASCII with the name that is shown beside it."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Senders:
    """The originator fields of one mail (RFC 5322 §3.6.2), and where its bounces go."""

    author: Mailbox
    sender: Mailbox | None
    reply_to: str
    bounce_address: str


def find_senders(
    mailing_list: MailingList, host: str, dynamic: DynamicSender | None, *, only_replies: bool = False
) -> Senders:
    """Return who writes for a list; a malformed dynamic address is as if none were given.

    `only_replies` leaves the list's own sender in From, where DMARC looks, and moves the dynamic address to Reply-To.
    """
    settings = mailing_list.settings
    default = _default_sender(mailing_list, host)
    bounce_address = find_sender_address(settings.bounced_email or "") or default.address
    name = clean(dynamic.name, limit=LONGEST_NAME) if dynamic else ""
    address = find_sender_address(dynamic.email) if dynamic else ""
    if only_replies and dynamic:
        return Senders(
            default, None, address or find_sender_address(settings.reply_to) or default.address, bounce_address
        )
    author = Mailbox(name or default.name, address or default.address)
    if name and address:
        return Senders(author, default, author.address, bounce_address)
    return Senders(author, None, find_sender_address(settings.reply_to) or author.address, bounce_address)


def _default_sender(mailing_list: MailingList, host: str) -> Mailbox:
    settings = mailing_list.settings
    names = (settings.sender_name, settings.company_name, mailing_list.name)
    name = next(filter(None, (clean(name, limit=LONGEST_NAME) for name in names)), "")
    return Mailbox(name, find_sender_address(settings.sender_email) or f"noreply@{mail_domain(host)}")
