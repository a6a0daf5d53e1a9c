"""What a mail of the platform is made of: its kind, the sender that a request asks for, a recipient's values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class MailKind(StrEnum):
    """Why the platform writes."""

    CONFIRMATION = "confirmation"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    NOTICE = "notice"
    SENDER_VERIFICATION = "sender_verification"
    CREDENTIALS = "credentials"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail
    TRIAL_REMINDER = "trial_reminder"
    TRIAL_EXPIRED = "trial_expired"

    @property
    def is_of_a_list(self) -> bool:
        """Whether it goes to the people of a list, who can leave it."""
        return self in (MailKind.CONFIRMATION, MailKind.WELCOME, MailKind.GOODBYE)


# What the operator writes to the people of an account, about it: no list and no suppression has a say.
ABOUT_ACCOUNTS: Final = frozenset(
    {MailKind.CREDENTIALS, MailKind.PASSWORD_RESET, MailKind.TRIAL_REMINDER, MailKind.TRIAL_EXPIRED}
)


@dataclass(frozen=True, slots=True)
class DynamicSender:
    """The sender that one sign-up asks its confirmation request to come from (contract 10.2)."""

    email: str = ""
    name: str = ""


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from one recipient to the next.

    Attributes:
        recipient: the address that the mail goes to.
        message_id: with its angle brackets; fixed when the outbox row is made.
        date: aware; a notice shows it in the zone that it carries.
        confirm_url: a confirmation request, or one to verify a sender, cannot do without.
        unsubscribe_url: when empty, the headers and the paragraph about it are left out.
        profile_url: when empty, the paragraph about it is left out.
        unsubscribed: whose address left the list, for a notice.

    """

    recipient: str
    message_id: str
    date: datetime
    confirm_url: str = ""
    unsubscribe_url: str = ""
    profile_url: str = ""
    unsubscribed: str = ""
