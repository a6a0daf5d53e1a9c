"""Sendings of messages as the rest of the platform sees them: who gets them, and how far they have come."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from staffetta.outbox import SendingState


class Audience(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who gets a message: of those subscribed to its list, all, or those in some groups, or some by name.

    Attributes:
        groups: ids; whoever is in one of them. With neither these nor recipients, the whole list.
        excluded: ids of groups; whoever is in one of them gets nothing.
        recipients: ids of people.
        values: by number of the field, what stands in it for this sending.
        not_reached_by: a sending of the same message; who got it by this or another one, or may have, gets nothing.

    """

    groups: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    recipients: tuple[int, ...] = ()
    values: Mapping[int, str] = {}
    not_reached_by: int = 0

    @property
    def is_whole_list(self) -> bool:
        """Whether it is everybody on the list."""
        return not (self.groups or self.excluded or self.recipients or self.not_reached_by)


class Launched(NamedTuple):
    """What became of a launch: the sending, and how many it is for as things stand."""

    sending_id: int
    addressed: int


class CampaignSending(NamedTuple):
    """One sending of a message.

    Attributes:
        version: which version of the message, from when it began.
        addressed: how many it was for when it was launched; when it has begun, as many as were looked through.
        claimed: how many were taken up; of these sent, failed, and left out because they must not be written to.
        octets: of the mails that were sent.
        reached_id, last_id: up to which recipient it has come, and which is the last.

    """

    id: int
    list_id: int
    message_id: int
    subject: str
    notes: str
    state: SendingState
    starts_at: datetime | None
    created_at: datetime
    audience: Audience = Audience()
    version: int | None = None
    sender_name: str = ""
    sender_email: str = ""
    not_after: datetime | None = None
    once_key: str | None = None
    in_doubt: str = ""
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    addressed: int = 0
    claimed: int = 0
    sent: int = 0
    failed: int = 0
    left_out: int = 0
    octets: int = 0
    reached_id: int = 0
    last_id: int = 0
