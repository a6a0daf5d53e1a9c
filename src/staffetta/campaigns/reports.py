"""Reports: who opened and clicked a message, and what one person did with the messages of a list.

Both have a bound, so that a message to a million is no answer of a million lines; the totals are whole.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from staffetta.campaigns import report_queries as queries
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.report_queries import Clicker, Deed, LinkTotal, Opener
from staffetta.campaigns.writing import find_message
from staffetta.db import Transaction
from staffetta.lists import get_list

# Who is named of those who opened, and of those who clicked, by link: an answer of 5 MB, 50 octets for each.
MOST_PEOPLE = 50_000
# What is told of one person: the newest. Somebody who reads everything twice a day has a year of it.
MOST_DEEDS = 1_000


class ClicksOfLink(NamedTuple):
    """An address that a message leads to, how often people went there, and who of them is named."""

    url: str
    times: int
    clickers: Sequence[Clicker]


class MessageReport(NamedTuple):
    """What came of a message: clicks by link, how often it was opened, and who of the openers is named."""

    links: Sequence[ClicksOfLink]
    views: int
    openers: Sequence[Opener]


class PersonReport(NamedTuple):
    """What a person did: how often they went where and opened, the newest of that, and when a mail last came back."""

    links: Sequence[LinkTotal]
    views: int
    clicked: Sequence[Deed]
    opened: Sequence[Deed]
    bounced_at: datetime | None


def report_on_message(tx: Transaction, list_id: int, message_id: int, *, most: int = MOST_PEOPLE) -> MessageReport:
    """Return who opened a message and who clicked its links, at most so many of each.

    Raises:
        UnknownList: the account has no such list.
        UnknownMessage: the list has no such message.

    """
    get_list(tx, list_id)
    find_message(tx, list_id, message_id)
    by_link: dict[int, list[Clicker]] = {}
    for each in queries.clickers(tx, message_id, most=most):
        by_link.setdefault(each.link_id, []).append(each)
    links = [
        ClicksOfLink(each.url, each.times, by_link.get(each.id, ())) for each in queries.clicked_links(tx, message_id)
    ]
    return MessageReport(links, queries.views(tx, message_id), queries.openers(tx, message_id, most=most))


def report_on_person(
    tx: Transaction, list_id: int, recipient_id: int, *, message_id: int = 0, most: int = MOST_DEEDS
) -> PersonReport:
    """Return what a person did with a message of a list, or with 0 with all of them; of what they did the newest.

    Raises:
        UnknownList: the account has no such list.
        UnknownMessage: the list has no such message.

    """
    get_list(tx, list_id)
    if message_id:
        find_message(tx, list_id, message_id)
    deeds = queries.deeds(tx, list_id, message_id, recipient_id, most=most)
    return PersonReport(
        links=queries.link_totals(tx, list_id, message_id, recipient_id, most=most),
        views=queries.opened(tx, list_id, message_id, recipient_id),
        clicked=[each for each in deeds if each.kind == EventKind.CLICK],
        opened=[each for each in deeds if each.kind == EventKind.VIEW],
        bounced_at=queries.last_bounce(tx, list_id, message_id, recipient_id),
    )
