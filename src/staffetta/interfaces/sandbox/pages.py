"""The pages of caught mail: the list of what was caught, and one mail beside it. They are in English only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from staffetta.interfaces.pages import render
from staffetta.kit.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    """A caught mail as the list shows it."""

    id: int
    url: str
    to: str
    from_: str
    subject: str
    caught_at: datetime
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of caught mails, newest first: `total` counts all that match the search, on every page.

    `url` is where the first page is and where the search is sent (as `q`); the next pages have addresses of their own.
    """

    mails: Sequence[MailRow]
    url: str
    search: str = ""
    page: int = 1
    total: int = 0
    newer_url: str = ""
    older_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailContent:
    """What is in a mail; `frame_url` has its HTML part, if there is one, `source_url` the octets as they were sent."""

    headers: Sequence[tuple[str, str]]
    text: str
    source_url: str
    frame_url: str = ""


def mail_list(listing: Listing, *, hint: str) -> str:
    """Show what was caught; `hint` is a command to try while there is nothing."""
    return render("sandbox/list.html", Language.EN, listing=listing, hint=hint, current=None)


def mail_view(mail: MailRow, content: MailContent, *, listing: Listing) -> str:
    """Show a mail, beside the list that it was chosen from where the screen is wide enough."""
    return render("sandbox/mail.html", Language.EN, mail=mail, content=content, listing=listing, current=mail.id)


def mail_missing(listing: Listing) -> str:
    """Say that there is no such mail (any more), beside those that there are."""
    return render("sandbox/missing.html", Language.EN, listing=listing, current=None)
