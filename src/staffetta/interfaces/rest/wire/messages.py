"""Messages and what belongs to them as they stand on the wire (contract 6 and 7.6)."""

import msgspec
from msgspec import UNSET, UnsetType

from staffetta.interfaces.rest.wire.recipients import FieldInput


class SavedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is answered when it was made or changed."""

    CreationDate: str
    Notes: str
    Subject: str
    idList: int  # noqa: N815 - the wire's own
    idMessage: int  # noqa: N815 - the wire's own


class MessageItem(SavedMessage, frozen=True, kw_only=True):
    """A message of a list, without its content; `ServiceType` is 0 for newsletters."""

    ServiceType: int


class ArchivedItem(SavedMessage, frozen=True, kw_only=True):
    """A message that was sent and is not online."""

    LastSendDate: str


class PublishedItem(ArchivedItem, frozen=True, kw_only=True):
    """A message that everybody may read online, at `Url`."""

    Url: str


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a message; `Path` is where it can be fetched."""

    Name: str
    Path: str
    Slot: int


class FieldDefault(msgspec.Struct, frozen=True):
    """What stands in a message where a recipient has no value for a field."""

    Description: str
    Id: int
    Value: str


class Tag(msgspec.Struct, frozen=True):
    """A tag of a list."""

    Enabled: bool
    Id: int
    Name: str


class TrackingInfo(msgspec.Struct, frozen=True):
    """Whether links are tracked, those of which protocols, and what is added to their query."""

    CustomParams: str
    Enabled: bool
    Protocols: list[str]


class MessageDetail(SavedMessage, frozen=True, kw_only=True):
    """A message with all that belongs to it; sent back, it changes nothing."""

    Attachments: list[Attachment]
    Content: str
    Embed: bool
    Fields: list[FieldDefault]
    IsConfirmation: bool
    PreHeader: str
    Structure: str | None
    Tags: list[Tag]
    TrackingInfo: TrackingInfo
    UseDynamicField: bool


class TagInput(msgspec.Struct, frozen=True):
    """A tag as clients send it: named by `Id` or else by `Name`."""

    Id: int | None = None
    Name: str | None = None
    Enabled: bool | None = None


class TrackingInput(msgspec.Struct, frozen=True):
    """What a client says of tracking; what is missing stays as it is."""

    CustomParams: str | None = None
    Enabled: bool | None = None
    Protocols: list[str] | None = None


class MessageInput(msgspec.Struct, frozen=True, kw_only=True):
    """A message as clients send it; what is missing or null stays as it is, but a `Structure` of null is none."""

    Subject: str | None = None
    Content: str | None = None
    Notes: str | None = None
    Embed: bool | None = None
    IsConfirmation: bool | None = None
    Fields: list[FieldInput | None] | None = None
    UseDynamicField: bool | None = None
    PreHeader: str | None = None
    Structure: str | UnsetType | None = UNSET
    Tags: list[TagInput | None] | None = None
    TrackingInfo: TrackingInput | None = None


class FileInput(msgspec.Struct, frozen=True):
    """A file in Base64, in which line breaks do no harm; `Data` is another name for `Base64Data`."""

    Base64Data: str | None = None
    Data: str | None = None
    Name: str = ""


class TemplateItem(msgspec.Struct, frozen=True, kw_only=True):
    """A template that messages begin with; `Thumbnail` is the address of a picture of it."""

    Id: int
    Text: str
    Thumbnail: str
    Title: str


class TemplateDetail(TemplateItem, frozen=True, kw_only=True):
    """A template with its HTML."""

    Content: str
