"""Where the links in a mail lead: to what is stored with its message, and to nothing else."""

import re
from collections.abc import Mapping
from html import escape
from typing import NamedTuple
from urllib.parse import quote, unquote

from staffetta.campaigns import following_queries, queries
from staffetta.campaigns.model import UnknownMessage
from staffetta.campaigns.publishing import PERSONAL_LINK
from staffetta.campaigns.publishing import PLACEHOLDER as IN_CONTENT
from staffetta.db import Transaction, brief
from staffetta.errors import NotFound
from staffetta.lists import catalog

# What a redirection may lead to. Nothing that runs, above all.
SCHEMES = re.compile(r"(?:https?|ftp|news|mailto|tel):(?=[^\s])", re.IGNORECASE)
# Editors write brackets in addresses as RFC 3986 has them.
PLACEHOLDER = re.compile(r"(?:\[|%5b)((?:(?!%5[bd])[^\[\]<>\r\n]){1,400})(?:\]|%5d)", re.IGNORECASE)
# What may stand in an address as it is: RFC 3986 §2.2, and what is escaped already.
_IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"


class UnknownLink(NotFound):
    """There is no such link, or it leads nowhere that we lead people to."""


class Destination(NamedTuple):
    """Where a link leads: `url` may have placeholders, and then it is `personal`."""

    url: str
    personal: bool


class Trail(NamedTuple):
    """What the mails of a sending lead to, by the number of the link."""

    message_id: int
    destinations: Mapping[int, Destination]


@brief
def trail_of(tx: Transaction, sending_id: int) -> Trail:
    """Return what the mails of a sending lead to.

    Raises:
        UnknownLink: the account has no such sending.

    """
    message_id = following_queries.message_of(tx, sending_id)
    if message_id is None:
        raise UnknownLink("there is no such sending")
    links = following_queries.links_of(tx, message_id)
    return Trail(
        message_id,
        {number: Destination(url, bool(PLACEHOLDER.search(url))) for number, url in links if SCHEMES.match(url)},
    )


@brief
def destination_of(tx: Transaction, message_id: int, url: str, recipient_id: int) -> str:
    """Return where a link with placeholders leads somebody, their values percent-encoded.

    Of who is not to be followed (0), and of who is gone, nothing is known but the defaults of the message.

    Raises:
        UnknownLink: it leads nowhere.

    """
    values = _values(tx, message_id, recipient_id)

    def value(found: re.Match[str]) -> str:
        known = values.get(" ".join(unquote(found[1]).split()).casefold())
        return found[0] if known is None else quote(known, safe="", errors="replace")

    return location(PLACEHOLDER.sub(value, url))


def location(url: str) -> str:
    """Return an address as a redirection spells it, in printable ASCII.

    Raises:
        UnknownLink: it is none that people are led to.

    """
    if not SCHEMES.match(url):
        raise UnknownLink("the link leads nowhere")
    return quote(url, safe=_IN_ADDRESSES, errors="replace")


@brief
def seen_online(tx: Transaction, message_id: int, recipient_id: int) -> str:
    """Return a message as somebody sees it; for who is not to be followed (0) or gone, as nobody in particular does.

    Raises:
        UnknownMessage: it is gone.

    """
    message = queries.find_message(tx, message_id)
    if message is None:
        raise UnknownMessage("there is no such message")
    values = _values(tx, message_id, recipient_id)

    def value(found: re.Match[str]) -> str:
        known = values.get(found[1].strip().casefold())
        return found[0] if known is None else escape(known)

    return IN_CONTENT.sub(value, PERSONAL_LINK.sub("#", message.content))


def _values(tx: Transaction, message_id: int, recipient_id: int) -> Mapping[str, str]:
    message = queries.find_message(tx, message_id)
    if message is None or not message.uses_fields:
        return {}
    person = following_queries.person(tx, recipient_id) if recipient_id else None
    own = person.fields if person else {}
    values = {"email": (person.email or "") if person else "", "name": person.name if person else ""}
    for number, field in catalog(tx).fields.items():
        said = str(own.get(str(number)) or message.default_values.get(number, ""))
        values[f"campo{number}"] = values[field.name.casefold()] = said
    return values
