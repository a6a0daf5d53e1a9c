"""Reading rows to import: every address checked once, repeated ones brought together."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import LONGEST, PLAIN, EmailAddress
from staffetta.kit.phones import MobileNumber
from staffetta.recipients.bulk import ImportRow, Reason, Refused, Tally

LONGEST_VALUE = 1_000


class ReadingTerms(NamedTuple):
    """What reading depends on: the account's fields by their numbers, and what the list takes for a number."""

    known_fields: frozenset[str]
    default_prefix: str = ""
    ignore_mobile: bool = False


class Person(msgspec.Struct, array_like=True):
    """What the rows of one address say together; `row` is the place of the first of them.

    An empty value among the fields takes away what is stored.
    """

    email: str | None
    mobile: str | None
    name: str
    fields: dict[str, str]
    row: int
    rows: int = 1

    def add(self, mobile: str | None, name: str, fields: dict[str, str]) -> None:
        """Take over what a later row says: its values win."""
        self.mobile = mobile or self.mobile
        self.name = name or self.name
        self.fields = {**self.fields, **fields}
        self.rows += 1


class People(msgspec.Struct):
    """Who was read: everybody with an address, those who have a number alone, and what came of rows so far."""

    by_email: list[Person]
    by_mobile: list[Person]
    tally: Tally
    refused: list[Refused]

    def refuse(self, place: int, reason: Reason) -> None:
        """Count an address or a number that is not taken."""
        self.tally.refuse(reason)
        self.refused.append(Refused(place, reason))


def read_people(rows: Iterable[ImportRow], terms: ReadingTerms) -> People:
    """Read rows into people: each address is checked, and the rows of one are brought together."""
    reader = _Reader(terms)
    reader.read(rows)
    people = reader.people
    people.by_email = list(reader.by_email.values())
    people.by_mobile = list(reader.by_mobile.values())
    return people


class _Reader:
    """Reads rows into people, by their addresses; those without one by their numbers."""

    def __init__(self, terms: ReadingTerms) -> None:
        self.by_email: dict[str, Person] = {}
        self.by_mobile: dict[str, Person] = {}
        self.people = People([], [], Tally(), [])
        self._terms = terms

    def read(self, rows: Iterable[ImportRow]) -> None:
        """Read rows; a hundred thousand of them a second and more, so everything ordinary is done here and now."""
        by_email, known_fields = self.by_email, self._terms.known_fields
        place = -1
        for place, (text, prefix, number, name, given) in enumerate(rows):
            email = address_of(text) if text else None
            if email is None and text and not text.isspace():
                self._reject(place, Reason.INVALID_EMAIL)
                continue
            mobile = self._mobile(place, prefix, number) if number else None
            fields = (
                {key: kept(value) for key, value in given.items() if value and key in known_fields} if given else {}
            )
            if given and None in given.values():
                fields.update((key, "") for key, value in given.items() if value is None and key in known_fields)
            if email is None:
                self._read_number(place, mobile, name, fields)
                continue
            person = by_email.get(email)
            if person is None:
                by_email[email] = Person(email, mobile, kept(name), fields, place)
            else:
                person.add(mobile, kept(name), fields)
        self.people.tally.rows += place + 1
        if self.by_mobile:
            self._bring_together()

    def _reject(self, place: int, reason: Reason) -> None:
        self.people.tally.rejected += 1
        self.people.refuse(place, reason)

    def _mobile(self, place: int, prefix: str, number: str) -> str | None:
        if self._terms.ignore_mobile or not number.strip():
            return None
        try:
            return mobile_of(number, prefix, self._terms.default_prefix)
        except WithoutPrefix:
            self.people.refuse(place, Reason.WITHOUT_PREFIX)
        except InvalidArgument:
            self.people.refuse(place, Reason.INVALID_NUMBER)
        return None

    def _read_number(self, place: int, mobile: str | None, name: str, fields: dict[str, str]) -> None:
        """Take a row without an address for the person of its number."""
        if mobile is None:
            refused = self.people.refused
            if refused and refused[-1].row == place:  # the number was there, and is no number
                self.people.tally.rejected += 1
            else:
                self._reject(place, Reason.WITHOUT_EMAIL)
            return
        person = self.by_mobile.get(mobile)
        if person is None:
            self.by_mobile[mobile] = Person(None, mobile, kept(name), fields, place)
        else:
            person.add(mobile, kept(name), fields)

    def _bring_together(self) -> None:
        """Let rows with a number alone speak of whoever has it by a row with an address."""
        for person in self.by_email.values():
            alone = self.by_mobile.pop(person.mobile, None) if person.mobile else None
            if alone:
                person.add(None, alone.name, alone.fields)
                person.rows += alone.rows - 1


class WithoutPrefix(InvalidArgument):
    """A national number on a list that has no country of its own."""


def kept(text: str) -> str:
    """Return a value as both databases can keep it: neither takes half a character, PostgreSQL no NUL."""
    if not text.isprintable():
        text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return text[:LONGEST_VALUE]


def address_of(text: str) -> str | None:
    """Return an address as it is kept, None where it is none; the same as `EmailAddress.parse` says, and quicker."""
    candidate = text.strip().lower()
    if len(candidate) <= LONGEST and PLAIN.fullmatch(candidate):
        return candidate
    try:
        return EmailAddress.parse(text).text
    except InvalidArgument:
        return None


def mobile_of(number: str, prefix: str, default_prefix: str) -> str:
    """Return a number's digits with its country code.

    Raises:
        WithoutPrefix: neither the number, nor the row, nor the list has one.
        InvalidArgument: not a number.

    """
    if not (prefix.strip() or default_prefix or number.startswith((" ", "+", "00"))):
        raise WithoutPrefix("the number has no country code")
    return MobileNumber.parse(number, prefix=prefix, default_prefix=default_prefix).digits
