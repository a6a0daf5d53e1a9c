"""What the mails of a sending are written from: once for the sending, and once for each recipient."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from staffetta.accounts import Account
from staffetta.campaigns.model import Attachment, File, Message
from staffetta.lists import Field, MailingList


class Link(NamedTuple):
    """What a message leads to, under the number by which its mails name it; `url` may have placeholders of fields."""

    id: int
    url: str


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way: all that is the same for everybody who gets it.

    Attributes:
        message: as it was when the sending began.
        sender_name, sender_email: whom it says it is from; empty for the list's own.
        links: all of the message's, from this and earlier sendings.
        values: by number of the field, what stands in it for this sending, whatever a recipient has.
        images: by path, those that go with the mail where the message embeds its images.

    """

    account: Account
    mailing_list: MailingList
    fields: tuple[Field, ...]
    message: Message
    attachments: tuple[Attachment, ...]
    links: tuple[Link, ...]
    sending_id: int
    sender_name: str = ""
    sender_email: str = ""
    values: Mapping[int, str] = {}
    images: Mapping[str, File] = {}


class Addressee(NamedTuple):
    """Somebody who gets a message; `fields` are JSON by number of the field, as the database keeps them."""

    recipient_id: int
    email: str
    name: str
    fields: str
    tracked: bool


class Written(NamedTuple):
    """A mail as it is handed over: the envelope's sender and recipient, and all its octets."""

    sender: str
    recipient: str
    content: bytes
