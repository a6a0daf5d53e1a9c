"""Statuses of subscriptions and the rules by which they change."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

import msgspec

from staffetta.errors import FailedPrecondition, NotFound
from staffetta.kit.languages import Language


class Channel(IntEnum):
    """How a list reaches a recipient; the numbers are those of contract 13.2."""

    EMAIL = 0
    SMS = 1


class Status(IntEnum):
    """Where a recipient stands on a list; the numbers are those of xmlChkSubscriber (contract 10.1)."""

    NOT_REGISTERED = 1
    SUBSCRIBED = 2
    UNSUBSCRIBED = 3
    PENDING = 4


class Source(IntEnum):
    """The interface through which a status changed."""

    FORM = 1
    XML = 2
    RECIPIENT = 3
    IMPORT = 4
    REST = 5
    SOAP = 6
    CONSOLE = 7
    SENDING = 8


class Cause(IntEnum):
    """Why somebody unsubscribed; the numbers are those proposed in contract 13.2."""

    LINK = 0
    CONSOLE = 1
    API = 2
    IMPORT = 3
    BOUNCE = 4
    COMPLAINT = 5
    LIST_UNSUBSCRIBE = 6
    ERASURE = 7

    @property
    def is_final(self) -> bool:
        """Whether the address must not be written to again, whoever asks."""
        return self in (Cause.BOUNCE, Cause.COMPLAINT)


class Event(IntEnum):
    """What can change a status (the rows of contract 10.1)."""

    SIGN_UP = 1
    SIGN_UP_TO_CONFIRM = 2
    CONFIRM = 3
    UNSUBSCRIBE = 4
    IMPORT = 5
    IMPORT_TO_CONFIRM = 6
    IMPORT_PENDING_AS_SUBSCRIBED = 7
    IMPORT_AS_OPTOUT = 8
    IMPORT_FORCED = 9
    IMPORT_FORCED_TO_CONFIRM = 10
    REMOVE = 11
    DETACH = 12


_NEW, _IN, _OUT, _WAIT = Status.NOT_REGISTERED, Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING

# For each event, what becomes of: somebody new, pending, subscribed, unsubscribed.
_TRANSITIONS: Mapping[Event, Mapping[Status, Status]] = {
    event: dict(zip((_NEW, _WAIT, _IN, _OUT), row, strict=True))
    for event, row in {
        Event.SIGN_UP: (_IN, _IN, _IN, _IN),
        Event.SIGN_UP_TO_CONFIRM: (_WAIT, _WAIT, _IN, _WAIT),
        Event.CONFIRM: (_NEW, _IN, _IN, _OUT),
        Event.UNSUBSCRIBE: (_NEW, _OUT, _OUT, _OUT),
        Event.IMPORT: (_IN, _WAIT, _IN, _OUT),
        Event.IMPORT_TO_CONFIRM: (_WAIT, _WAIT, _WAIT, _OUT),
        Event.IMPORT_PENDING_AS_SUBSCRIBED: (_IN, _IN, _IN, _OUT),
        Event.IMPORT_AS_OPTOUT: (_OUT, _OUT, _OUT, _OUT),
        Event.IMPORT_FORCED: (_IN, _IN, _IN, _IN),
        Event.IMPORT_FORCED_TO_CONFIRM: (_WAIT, _WAIT, _WAIT, _WAIT),
        Event.REMOVE: (_OUT, _OUT, _OUT, _OUT),
        Event.DETACH: (_NEW, _NEW, _NEW, _NEW),
    }.items()
}


def next_status(current: Status, event: Event, cause: Cause | None = None) -> Status:
    """Return the status after an event; `cause` is why somebody is unsubscribed now (contract 10.1).

    After a bounce or a complaint nothing brings an address back. Its standing can be forgotten all the same: that it
    must not be written to is kept apart from any list.
    """
    if current == Status.UNSUBSCRIBED and cause is not None and cause.is_final and event != Event.DETACH:
        return Status.UNSUBSCRIBED
    return _TRANSITIONS[event][current]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Where a change of status came from: what the ledger keeps as proof."""

    source: Source
    ip: str = ""
    user_agent: str = ""
    wording: str = ""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient's standing on one list and channel."""

    list_id: int
    channel: Channel
    status: Status
    cause: Cause | None = None
    changed_at: datetime


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """A person on the account's lists; reached by email, by SMS, or both."""

    id: int
    email: str | None
    mobile: str | None
    name: str = ""
    language: Language | None = None
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def written_fields(self) -> str:
        """The fields as the database keeps them."""
        return msgspec.json.encode(self.fields).decode()


class Suppression(NamedTuple):
    """An address that must not be written to, why and since when."""

    address: str
    cause: Cause
    suppressed_at: datetime


class UnknownRecipient(NotFound):
    """Nobody of this address is on the list."""


class AddressSuppressed(FailedPrecondition):
    """The address bounced or its owner complained: nothing may be sent to it."""
