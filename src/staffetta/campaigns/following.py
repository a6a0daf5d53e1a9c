"""Where the links in a mail lead: to what is stored with its message, and to nothing else."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from staffetta.campaigns import following_queries, queries
from staffetta.campaigns import sending_queries as sendings
from staffetta.campaigns.beginning import read_mailing
from staffetta.campaigns.linking import LABELS
from staffetta.campaigns.mailing import Addressee, Mailing
from staffetta.campaigns.merging import PLACEHOLDER_IN_URL, fill_url, merge_values
from staffetta.campaigns.viewing import online_page
from staffetta.db import Transaction, brief
from staffetta.errors import NotFound

# What a redirection may lead to. Nothing that runs, above all.
SCHEMES = re.compile(r"(?:https?|ftp|news|mailto|tel):(?=[^\s])", re.IGNORECASE)
# What may stand in an address as it is: RFC 3986 §2.2, and what is escaped already.
_IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"


class UnknownLink(NotFound):
    """There is no such link, or it leads nowhere that we lead people to."""


class Destination(NamedTuple):
    """Where a link leads: `url` may have placeholders, and then it is `personal`."""

    url: str
    personal: bool


class Trail(NamedTuple):
    """What the mails of a sending lead to, by the number of the link; of our own pages, the number by their label."""

    message_id: int
    list_id: int
    destinations: Mapping[int, Destination]
    labels: Mapping[str, int]


@brief
def trail_of(tx: Transaction, sending_id: int) -> Trail:
    """Return what the mails of a sending lead to.

    Raises:
        UnknownLink: the account has no such sending.

    """
    found = following_queries.message_of(tx, sending_id)
    if found is None:
        raise UnknownLink("there is no such sending")
    links = following_queries.links_of(tx, found.message_id)
    return Trail(
        found.message_id,
        found.list_id,
        {number: Destination(url, bool(PLACEHOLDER_IN_URL.search(url))) for number, url in links if SCHEMES.match(url)},
        {url: number for number, url in links if url in LABELS},
    )


@brief
def find_page_link(tx: Transaction, sending_id: int, label: str) -> tuple[int, int] | None:
    """Return the message of a sending and the number of its link to a page of ours, or None if it has none."""
    return following_queries.page_link(tx, sending_id, label)


@brief
def destination_of(tx: Transaction, sending_id: int, url: str, recipient_id: int) -> str:
    """Return where a link with placeholders leads somebody, their values percent-encoded.

    Of who is not to be followed (0), and of who is gone, nothing is known but the defaults of the message.

    Raises:
        UnknownLink: it leads nowhere, or its message is gone.

    """
    mailing = _mailing(tx, sending_id)
    values = merge_values(mailing.fields, mailing.message, _addressee(tx, recipient_id), values=mailing.values)
    return location(fill_url(url, values))


def location(url: str) -> str:
    """Return an address as a redirection spells it, in printable ASCII.

    Raises:
        UnknownLink: it is none that people are led to.

    """
    if not SCHEMES.match(url):
        raise UnknownLink("the link leads nowhere")
    return quote(url, safe=_IN_ADDRESSES, errors="replace")


@brief
def seen_online(tx: Transaction, sending_id: int, recipient_id: int, *, leads: Mapping[str, str]) -> str:
    """Return a message as somebody got it; for who is not to be followed (0) or gone, as nobody in particular does.

    `leads` are the addresses of that person's own pages, by the labels of links.

    Raises:
        UnknownLink: the message, its list or its account is gone.

    """
    return online_page(_mailing(tx, sending_id), _addressee(tx, recipient_id), leads=leads)


def _mailing(tx: Transaction, sending_id: int) -> Mailing:
    sending = sendings.find(tx, sending_id)
    is_there = sending is not None and queries.find_message(tx, sending.message_id) is not None
    mailing = read_mailing(tx, sending) if sending and is_there else None
    if mailing is None:
        raise UnknownLink("the message is gone")
    return mailing


def _addressee(tx: Transaction, recipient_id: int) -> Addressee | None:
    return addressees(tx, [recipient_id]).get(recipient_id) if recipient_id else None


def addressees(tx: Transaction, recipient_ids: Sequence[int]) -> dict[int, Addressee]:
    """Return people by their ids as a message is written to them; who is gone is not among them."""
    return {
        each.id: Addressee(
            each.id, each.email or "", each.name, msgspec.json.encode(each.fields).decode(), tracked=True
        )
        for each in following_queries.people(tx, recipient_ids)
    }
