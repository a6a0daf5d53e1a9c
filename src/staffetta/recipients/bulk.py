"""What many recipients at once are: rows as they arrive, what is to become of them, and how many did."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from staffetta.recipients.model import Event


class ImportRow(NamedTuple):
    """One person as sent; nothing is checked yet.

    Fields are addressed by their numbers as text. An empty value leaves what is stored alone, None takes it away.
    """

    email: str = ""
    prefix: str = ""
    number: str = ""
    name: str = ""
    fields: Mapping[str, str | None] | None = None


class Reason(StrEnum):
    """Why an address or a number was not taken."""

    INVALID_EMAIL = "invalid email address"
    WITHOUT_EMAIL = "no email address and no number"
    SUPPRESSED_EMAIL = "the address bounced or complained"
    INVALID_NUMBER = "invalid mobile number"
    WITHOUT_PREFIX = "mobile number without country code"
    SUPPRESSED_NUMBER = "the number is suppressed"


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of the rows.

    `event` says what happens to their statuses. `clear_missing` blanks the fields that a row does not fill;
    `replace_groups` takes recipients out of the list's other groups. With `sending_id` whoever is pending afterwards is
    asked to confirm by a mail of that sending, written from the message `request`; 0 is the list's own request.
    `started_at` is when the whole import began: whom it has made or changed since is a repeat.
    """

    list_id: int
    event: Event = Event.IMPORT
    group_ids: tuple[int, ...] = ()
    clear_missing: bool = False
    replace_groups: bool = False
    ignore_mobile: bool = False
    sending_id: int | None = None
    request: int = 0
    base_url: str = ""
    host: str = ""
    started_at: datetime | None = None


class Tally(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What came of rows so far.

    `rejected` counts rows of which nobody came; a number alone can be refused, too. `optout_email` and `optout_number`
    are those of the updated who are unsubscribed afterwards.
    """

    rows: int = 0
    rejected: int = 0
    created: int = 0
    updated: int = 0
    email_new: int = 0
    email_update: int = 0
    optout_email: int = 0
    repeated_email: int = 0
    number_new: int = 0
    number_update: int = 0
    optout_number: int = 0
    repeated_number: int = 0
    invalid_email: int = 0
    invalid_number: int = 0
    without_email: int = 0
    without_number: int = 0
    without_prefix: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})

    @property
    def refused(self) -> int:
        """How many addresses and numbers were not taken, for whatever reason."""
        return sum(getattr(self, name) for name in set(_COUNTERS.values()))

    def refuse(self, reason: Reason) -> None:
        """Count an address or a number that is not taken."""
        counter = _COUNTERS[reason]
        setattr(self, counter, getattr(self, counter) + 1)


_COUNTERS = {
    Reason.INVALID_EMAIL: "invalid_email",
    Reason.WITHOUT_EMAIL: "without_email",
    Reason.SUPPRESSED_EMAIL: "invalid_email",
    Reason.INVALID_NUMBER: "invalid_number",
    Reason.WITHOUT_PREFIX: "without_prefix",
    Reason.SUPPRESSED_NUMBER: "invalid_number",
}


class Refused(NamedTuple):
    """A row, by its place, whose address or number was not taken."""

    row: int
    reason: Reason


class Imported(NamedTuple):
    """What came of one call: the tally, and the rows that people should look at."""

    tally: Tally
    refused: list[Refused]
