"""Merge fields: what stands in brackets in a message, and what a person's mail has in its place.

A placeholder names a field by its name, in any letter case, or by its number (`[campo1]`), or is `[email]` or `[name]`.
Brackets around anything else are the author's own, and stay.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from types import MappingProxyType
from typing import Final, TypeAlias
from unicodedata import normalize
from urllib.parse import quote, unquote

import msgspec

from staffetta.campaigns.mailing import Addressee
from staffetta.campaigns.markup import unescape
from staffetta.campaigns.model import Message
from staffetta.lists import Field
from staffetta.messages import clean_url, quoted_printable

# A field's name has 50 characters, each of which can be spelt as a reference.
PLACEHOLDER: Final = re.compile(r"\[([^\[\]<>\r\n]{1,400})\]")
# Editors write brackets in addresses as RFC 3986 has them.
PLACEHOLDER_IN_URL: Final = re.compile(r"(?:\[|%5b)((?:(?!%5[bd])[^\[\]<>\r\n]){1,400})(?:\]|%5d)", re.IGNORECASE)
EMAIL, NAME = "email", "name"
# The only places that a field may lead to all by itself.
_PLACES: Final = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_BREAKS_OUT: Final = re.compile(r"[\s=`]")
# Given names come again and again; what is longer does not.
_KEPT_FORMS: Final = 4_096
_LONGEST_KEPT: Final = 64
# What is spelt the same everywhere, and what is so in text and HTML; most values are.
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9]{0,70}")
_PLAIN_WORDS: Final = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9 .,:;/@_+()-]{0,68})?[A-Za-z0-9.,@)]")

Spelling: TypeAlias = Callable[[str], str]
Forms: TypeAlias = Callable[[str], tuple[bytes, ...]]


def sources_of(fields: Iterable[Field]) -> Mapping[str, str]:
    """Return by placeholder, as `key_of` spells it, which value it stands for: a field's number, `email` or `name`.

    Fields come before what is not one, and names before numbers.
    """
    known = {EMAIL: EMAIL, NAME: NAME}
    fields = tuple(fields)
    known |= {f"campo{each.id}": str(each.id) for each in fields}
    return known | {key_of(each.name): str(each.id) for each in fields}


def key_of(placeholder: str) -> str:
    """Return what is between brackets as placeholders are told from each other."""
    if placeholder.isalnum() and placeholder.isascii():
        return placeholder.lower()
    return normalize("NFC", " ".join(unescape(placeholder).split())).casefold()


def merge_values(
    fields: Sequence[Field], message: Message, to: Addressee | None, *, values: Mapping[int, str] | None = None
) -> dict[str, str]:
    """Return what a person's mail has in place of each placeholder, as `key_of` spells it; {} if fields are not used.

    Args:
        fields: all of the account's.
        message: lends its default values.
        to: the person; None for nobody, whose address and name are empty.
        values: what stands in fields for this sending, whatever the person has.

    """
    if not message.uses_fields:
        return {}
    own = own_fields(to.fields) if to else {}
    numbers = {str(each.id): each.id for each in fields}
    found = {
        source: (values or {}).get(number) or own.get(source) or message.default_values.get(number, "")
        for source, number in numbers.items()
    }
    found |= {EMAIL: to.email if to else "", NAME: to.name if to else ""}
    return {key: found[source] for key, source in sources_of(fields).items()}


def own_fields(document: str) -> dict[str, str]:
    """Return a person's fields by number, as the database keeps them."""
    decoded = msgspec.json.decode(document or "{}")
    return {number: str(value) for number, value in decoded.items() if value is not None}


def fill_url(url: str, values: Mapping[str, str]) -> str:
    """Return where a stored address leads a person: in printable ASCII, each of their values spelt as a part of it.

    Args:
        url: with placeholders.
        values: as `merge_values` returns them.

    """
    filled, last = [], 0
    for found in PLACEHOLDER_IN_URL.finditer(url):
        value = values.get(key_of(unquote(found[1])))
        if value is not None:
            filled += [clean_url(url[last : found.start()]), url_part(value) if found.start() else whole_url(value)]
            last = found.end()
    return "".join([*filled, clean_url(url[last:])])


def url_part(value: str) -> str:
    """Return a value as a part of an address that cannot be taken for more than that."""
    return quote(value, safe="", errors="replace")


def whole_url(value: str) -> str:
    """Return a value as an address of its own, or harmless where it leads to nothing that mail programs open."""
    cleaned = clean_url(value.strip())
    return cleaned if _PLACES.match(cleaned) else cleaned.replace(":", "%3A")


def forms_of(spellings: Sequence[Spelling]) -> Forms:
    """Return what spells a value in several ways at once, in quoted-printable."""
    as_they_are = {IN_TEXT_PART["f"], IN_HTML["f"]}

    def spell(value: str) -> tuple[bytes, ...]:
        return tuple([quoted_printable(each(value)).encode("ascii") for each in spellings])

    kept = lru_cache(maxsize=_KEPT_FORMS)(spell)
    count = len(spellings)
    is_plain = (_PLAIN_WORDS if as_they_are.issuperset(spellings) else _PLAIN_WORD).fullmatch

    def forms(value: str) -> tuple[bytes, ...]:
        if is_plain(value):
            return (value.encode(),) * count
        return kept(value) if len(value) <= _LONGEST_KEPT else spell(value)

    return forms


def _lines(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")


def _unquoted(value: str) -> str:
    return _BREAKS_OUT.sub(lambda found: f"&#{ord(found[0])};", escape(value))


# How a value is spelt, by the letter that its hole begins with: as itself, as the value of an attribute without quotes,
# as a part of an address, and as a whole one.
IN_TEXT_PART: Final[Mapping[str, Spelling]] = MappingProxyType(
    {"f": _lines, "q": _lines, "u": url_part, "w": whole_url}
)
IN_HTML: Final[Mapping[str, Spelling]] = MappingProxyType(
    {
        "f": lambda value: escape(_lines(value)),
        "q": _unquoted,
        "u": url_part,
        "w": lambda value: escape(whole_url(value)),
    }
)
