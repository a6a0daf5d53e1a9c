"""Messages with their tags and attachments, images and templates, as the rest of the platform sees them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from staffetta.errors import InvalidArgument, NotFound
from staffetta.recipients import GivenField

# Ours: a header of so many characters is folded over a dozen lines, and no mail program shows more.
LONGEST_SUBJECT = 500
LONGEST_NOTE = 4_000
LONGEST_PRE_HEADER = 1_000
LONGEST_PARAMETERS = 2_000
LONGEST_PROTOCOL = 16
MOST_PROTOCOLS = 16
LONGEST_TAG = 100
LONGEST_FILE_NAME = 100
# Contract rest.md 7.6.
SLOTS = 5

NEWSLETTER = 0


class UnknownMessage(NotFound):
    """The list has no such message."""


class UnknownTag(NotFound):
    """The list has no such tag."""


class UnknownAttachment(NotFound):
    """The message has nothing in this slot."""


class UnknownImage(NotFound):
    """The account has no such image."""


class UnknownTemplate(NotFound):
    """There is no such template."""


class Tracking(msgspec.Struct, frozen=True, kw_only=True):
    """Whether links are tracked, those of which protocols, and what is added to their query."""

    enabled: bool = True
    protocols: tuple[str, ...] = ("http:", "https:")
    custom_params: str = ""


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A word that messages of a list are sorted by."""

    id: int
    name: str
    enabled: bool = True


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a message, in one of its five slots."""

    message_id: int
    slot: int
    name: str


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """An image that messages show; `list_id` 0 is shared by all lists."""

    id: int
    list_id: int
    path: str


class File(NamedTuple):
    """Octets and what they are."""

    content: bytes
    content_type: str
    name: str


class MessageHead(NamedTuple):
    """A message as listings show it."""

    id: int
    list_id: int
    subject: str
    notes: str
    service_type: int
    last_sent_at: datetime | None
    created_at: datetime


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is written once and sent to many; `default_values` stand where a recipient has none."""

    id: int
    list_id: int
    subject: str
    notes: str
    content: str
    pre_header: str
    structure: str | None
    embeds_images: bool
    is_confirmation: bool
    uses_fields: bool
    default_values: Mapping[int, str]
    tracking: Tracking
    is_public: bool
    service_type: int
    last_sent_at: datetime | None
    created_at: datetime
    changed_at: datetime

    @property
    def head(self) -> MessageHead:
        """What listings show of it."""
        return MessageHead(
            self.id,
            self.list_id,
            self.subject,
            self.notes,
            self.service_type,
            self.last_sent_at,
            self.created_at,
        )


class WrittenMessage(NamedTuple):
    """A message with all that belongs to it."""

    message: Message
    tags: Sequence[Tag]
    attachments: Sequence[Attachment]


class GivenTag(NamedTuple):
    """A tag that a caller means: by its number or, where the list has none of it, by its name."""

    id: int | None = None
    name: str = ""


class GivenTracking(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says of tracking; None leaves what there is."""

    enabled: bool | None = None
    protocols: tuple[str, ...] | None = None
    custom_params: str | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says of a message; None leaves what there is, or what a new one has."""

    subject: str | None = None
    content: str | None = None
    notes: str | None = None
    pre_header: str | None = None
    structure: str | msgspec.UnsetType | None = msgspec.UNSET
    embeds_images: bool | None = None
    is_confirmation: bool | None = None
    uses_fields: bool | None = None
    default_values: Sequence[GivenField] | None = None
    tracking: GivenTracking | None = None
    tags: Sequence[GivenTag] | None = None


def check_text(what: str, text: str, longest: int | None = None) -> str:
    """Return a text, or refuse it: it is too long, or no database can keep it.

    Raises:
        InvalidArgument: that, and of what.

    """
    if longest is not None and len(text) > longest:
        raise InvalidArgument(f"{what}: at most {longest} characters")
    try:
        # Lone surrogates have no octets. A content of megabytes is not looked at character by character.
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"{what}: not text") from None
    if "\0" in text:
        raise InvalidArgument(f"{what}: not text")
    return text


def one_line(what: str, text: str, longest: int) -> str:
    """Return a text as one line, which is what a header can hold, or refuse it.

    Raises:
        InvalidArgument: it is too long, or not text.

    """
    return check_text(what, " ".join(text.splitlines()).strip(), longest)


def check_tracking(tracking: Tracking) -> Tracking:
    """Return what is said of tracking, or refuse it.

    Raises:
        InvalidArgument: a text in it is too long, or not text.

    """
    if len(tracking.protocols) > MOST_PROTOCOLS:
        raise InvalidArgument(f"protocols: at most {MOST_PROTOCOLS}")
    for protocol in tracking.protocols:
        check_text("protocols", protocol, LONGEST_PROTOCOL)
    check_text("custom parameters", tracking.custom_params, LONGEST_PARAMETERS)
    return tracking
