"""A recipient's values as each part of a mail spells them."""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Final

from babel.dates import format_datetime as format_in_language

from staffetta.kit.languages import Language
from staffetta.messages.layout import Filler, Fillers
from staffetta.messages.model import Values
from staffetta.messages.wire import clean, clean_url, quoted_printable, quoted_printable_url, wire_address

# RFC 5322 §3.6.4, as far as our own identifiers go.
MESSAGE_ID: Final = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}@[A-Za-z0-9.-]{1,255}>")
LONGEST_LINK: Final = 900  # leaves room in a header line of 998 octets (RFC 5322 §2.1.1)
LONGEST_ADDRESS: Final = 320

LINKS: Final[dict[str, Callable[[Values], str]]] = {
    "confirm_url": lambda values: values.confirm_url,
    "unsubscribe_url": lambda values: values.unsubscribe_url,
    "profile_url": lambda values: values.profile_url,
}


def _date(values: Values) -> str:
    return _date_of(int(values.date.timestamp()), values.date.tzinfo)


# Mails go out many to the second.
@lru_cache(maxsize=64)
def _date_of(timestamp: int, zone: tzinfo | None) -> str:
    return format_datetime(datetime.fromtimestamp(timestamp, zone))


def _recipient(values: Values) -> str:
    return wire_address(values.recipient)


def _message_id(values: Values) -> str:
    if not MESSAGE_ID.fullmatch(values.message_id):
        raise ValueError("not a Message-ID")
    return values.message_id


def _unsubscribe_link(values: Values) -> str:
    link = clean_url(values.unsubscribe_url)
    if len(link) > LONGEST_LINK:
        raise ValueError("a link is too long for a header")
    return link


def _unsubscribed(values: Values) -> str:
    return quoted_printable(clean(values.unsubscribed, limit=LONGEST_ADDRESS))


def _unsubscribed_in_html(values: Values) -> str:
    return quoted_printable(escape(clean(values.unsubscribed, limit=LONGEST_ADDRESS)))


def _link(name: str) -> Filler:
    value = LINKS[name]
    return lambda values: quoted_printable_url(_present(value(values)))


def _link_in_html(name: str) -> Filler:
    value = LINKS[name]
    return lambda values: quoted_printable_url(_present(value(values)).replace("&", "&amp;"))


def _present(link: str) -> str:
    if not link:
        raise ValueError("a link that the mail is about is missing")
    return clean_url(link)


def _when(language: Language) -> Filler:
    return lambda values: quoted_printable(format_in_language(values.date, "long", locale=language.value))


HEADERS: Final[Fillers] = {
    "date": _date,
    "recipient": _recipient,
    "message_id": _message_id,
    "unsubscribe_url": _unsubscribe_link,
}
DATES: Final = {language: _when(language) for language in Language}
TEXT: Final[Fillers] = {name: _link(name) for name in LINKS} | {"unsubscribed": _unsubscribed}
HTML: Final[Fillers] = {name: _link_in_html(name) for name in LINKS} | {"unsubscribed": _unsubscribed_in_html}


def text_fillers(language: Language) -> Fillers:
    """Return what fills the holes of a text part."""
    return {**TEXT, "when": DATES[language]}


def html_fillers(language: Language) -> Fillers:
    """Return what fills the holes of an HTML part."""
    return {**HTML, "when": DATES[language]}
