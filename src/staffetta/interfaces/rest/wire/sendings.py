"""Sendings as clients read and launch them (contract 6 and 7.7)."""

from collections.abc import Sequence

import msgspec

from staffetta.interfaces.rest.wire.recipients import FieldInput


class SendingItem(msgspec.Struct, frozen=True):
    """A sending; `State` is Undefined, Immediate, Deferred or Stopped, `Type` Newsletter or Confirmation."""

    Id: int
    IdList: int
    IdMessage: int
    Notes: str
    StartDate: str
    State: str
    Subject: str
    Type: str


class SendingDate(msgspec.Struct, frozen=True):
    """When a sending is to begin, in UTC: `2026-01-31 09:00:00Z`."""

    Date: str | None = None


class SingleSending(msgspec.Struct, frozen=True):
    """A message for one address; `Fields` stand in it for this sending, whatever the recipient has."""

    Email: str = ""
    idMessage: int | None = None  # noqa: N815 - the wire's own
    Fields: Sequence[FieldInput | None] | None = None


class SendResponse(msgspec.Struct, frozen=True):
    """What became of a call to send: the sending, 0 if there is none, and how many it is for."""

    Id: int
    InvalidRecipients: Sequence[str]
    Sent: int
    UnprocessedRecipients: Sequence[str]
    idMessage: int  # noqa: N815 - the wire's own


class SendHistoryItem(msgspec.Struct, frozen=True):
    """A sending that has begun; `EndDate` is long ago as long as it runs."""

    EndDate: str
    Kb_transferred: int
    Recipients: int
    SenderEmail: str
    SenderName: str
    StartDate: str
    idMessage: int  # noqa: N815 - the wire's own
    Id: int


class FailureReason(msgspec.Struct, frozen=True):
    """In which words mails failed, and those of how many people.

    What is of one mail alone, such as addresses and ids of queues, is left out of the reply, in whose place `…` stands.
    """

    People: int
    Reply: str


class SendingFailures(msgspec.Struct, frozen=True):
    """How many mails of a sending failed for good, and why, the most frequent reason first.

    `LookedAt` is how many of them the reasons were made from: at most 20,000.
    """

    Failed: int
    LookedAt: int
    Reasons: list[FailureReason]


class FailedRecipient(msgspec.Struct, frozen=True):
    """Whose mail failed, when and after how many tries; `Reply` is what the mail server said, or why we gave up."""

    IdRecipient: int
    Email: str
    Date: str
    Attempts: int
    Reply: str


class FailedRecipients(msgspec.Struct, frozen=True):
    """A stretch of those whose mail failed; `Next` is for `After`, and null at the end."""

    Recipients: list[FailedRecipient]
    Next: int | None
