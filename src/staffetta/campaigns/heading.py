"""The header of a campaign's mails, with holes for what differs from one recipient to the next."""

import re
from collections.abc import Mapping
from typing import Final

from staffetta.campaigns.mailing import Mailing
from staffetta.campaigns.merging import PLACEHOLDER, key_of
from staffetta.campaigns.originating import senders_of_sending
from staffetta.messages import (
    BY_LINK,
    BY_MAIL,
    Senders,
    abuse_field,
    address_field,
    clean,
    field,
    hole,
    list_id_field,
    originators,
    text_field,
    unsubscribe_links,
)

LONGEST_SUBJECT: Final = 500
LONGEST_NAME: Final = 100
# Google asks for four parts, the last of which names who sends and has 5 to 15 characters.
_WHO_SENDS: Final = "staffetta"
_NAMES_OF_FIELDS: Final = re.compile(r"\s*campo[0-9]+\s*(?:,\s*campo[0-9]+\s*)*", re.IGNORECASE)


def senders_of(mailing: Mailing) -> Senders:
    """Return whom the mails come from: who the sending says, or else the list's own."""
    return senders_of_sending(
        mailing.mailing_list,
        mailing.account.host,
        sender_name=mailing.sender_name,
        sender_email=mailing.sender_email,
    )


def author_domain(mailing: Mailing) -> str:
    """Return the domain of the address that mails say they are from, whose keys sign them."""
    return senders_of(mailing).author.address.rpartition("@")[2]


def header_of(mailing: Mailing, *, base_url: str, bounce_domain: str, shows_name: bool, varying_subject: bool) -> str:
    """Return the header without what describes the body.

    Its holes are `date`, `to` (with `shows_name` the whole field), `message_id`, `leave` and `by_mail`, which are
    tokens, and with `varying_subject` `subject`, the whole field.
    """
    account, mailing_list = mailing.account, mailing.mailing_list
    settings = mailing_list.settings
    return "".join(
        [
            field("Date", hole("date")),
            originators(senders_of(mailing)),
            hole("to") if shows_name else field("To", hole("to")),
            hole("subject") if varying_subject else subject_field(mailing.message.subject),
            field("Message-ID", hole("message_id")),
            list_id_field(mailing_list, account.id, account.host),
            _unsubscribe_fields(settings.header_list_unsubscriber, base_url, bounce_domain),
            field("Feedback-ID", f"{mailing.sending_id}:{mailing_list.id}:{account.id}:{_WHO_SENDS}"),
            abuse_field(settings.header_x_abuse, account.host),
            # Not of any standard (RFC 2076 §3.9), but what keeps old programs that answer for people who are away from
            # answering a mailing; those that heed RFC 5230 §4.6 see List-Id.
            field("Precedence", "bulk"),
        ]
    )


def _unsubscribe_fields(template: str, base_url: str, bounce_domain: str) -> str:
    links = unsubscribe_links(template)
    # Large mailbox providers take no mailing without a link for one click, whatever a template leaves out.
    ordered = links if BY_LINK in links else [BY_LINK, *links]
    places = {
        BY_LINK: f"<{base_url}/u/{hole('leave')}>",
        BY_MAIL: f"<mailto:u-{hole('by_mail')}@{bounce_domain}>" if bounce_domain else "",
    }
    written = filter(None, (places.get(link, f"<{link}>") for link in ordered))
    one_click = field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")  # RFC 8058 §3.1
    return field("List-Unsubscribe", ",\r\n ".join(written)) + one_click


def subject_field(subject: str) -> str:
    """Return the whole field of a subject, whatever values have brought into it."""
    return text_field("Subject", clean(subject, limit=LONGEST_SUBJECT))


def recipient_field(name: str, address: str) -> str:
    """Return the whole field that says whom a mail goes to."""
    return address_field("To", clean(name, limit=LONGEST_NAME), address)


class Line:
    """A line of text with placeholders, such as a subject: `parts` are static texts and sources of values in turn."""

    def __init__(self, text: str, sources: Mapping[str, str]) -> None:
        self.parts = [""]
        last = 0
        for found in PLACEHOLDER.finditer(text):
            source = sources.get(key_of(found[1]))
            if source is not None:
                self.parts[-1] += text[last : found.start()]
                self.parts += [source, ""]
                last = found.end()
        self.parts[-1] += text[last:]

    @property
    def sources(self) -> list[str]:
        """Which values stand in it."""
        return self.parts[1::2]

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the line with values in it."""
        filled = self.parts.copy()
        filled[1::2] = [values[source] for source in self.sources]
        return "".join(filled)


def name_line(display_as: str) -> str:
    """Return, as a line with placeholders, what a list shows as the name of recipients: fields, or a text."""
    if _NAMES_OF_FIELDS.fullmatch(display_as):
        return " ".join(f"[{name.strip()}]" for name in display_as.split(","))
    return display_as
