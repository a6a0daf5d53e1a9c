"""Options of SendNewsletter and its like: to whom, when, from whom, with which values (contract 5.6)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from staffetta.accounts import Account
from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import split_ids
from staffetta.interfaces.soap.contents import flag_of
from staffetta.interfaces.soap.instants import delivery_time, offset_hours
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import LONGEST_VALUE

ALL, GROUPS, RECIPIENTS = "ALL", "GROUPS", "RECIPIENTS"
# An address is looked up and checked one by one; whoever has more people in mind puts them into a group.
MOST_RECIPIENTS = 1_000
FIELD = re.compile(r"campo([1-9]\d{0,4})", re.ASCII)

Values = Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What options say of a sending.

    Without groups and people it goes to the whole list. `people` are addresses, each with the values that stand in the
    message for it instead of what is known of it.
    """

    sender_name: str
    sender_email: str
    starts_at: datetime | None = None
    groups: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    people: Mapping[EmailAddress, Values] | None = None
    forgets: bool = False

    @property
    def has_values(self) -> bool:
        """Whether somebody has values of their own."""
        return any(self.people.values()) if self.people else False


def order_of(options: Mapping[str, str], account: Account, known: Collection[int]) -> Order:
    """Read the options of a sending to many; values of fields that are not known are passed over.

    Raises:
        InvalidArgument: it does not say to whom, or says something that is not to be had.

    """
    if options.get("filters", "").strip():
        raise InvalidArgument("filters: this server has none; send to GROUPS")
    send_to = options.get("send_to", "").strip().upper()
    if send_to not in (ALL, GROUPS, RECIPIENTS):
        raise InvalidArgument(f"send_to: {ALL}, {GROUPS} or {RECIPIENTS}")
    fields = _fields(options, known)
    if fields and send_to != RECIPIENTS:
        raise InvalidArgument(f"campo{next(iter(fields))}: values of fields go with send_to {RECIPIENTS}")
    return Order(
        sender_name=options.get("from_name", "").strip(),
        sender_email=options.get("from_email", "").strip(),
        starts_at=_starts_at(options, account),
        groups=_groups(options, "recipients", mandatory=True) if send_to == GROUPS else (),
        excluded=_groups(options, "exclude"),
        people=_people(options.get("recipients", ""), fields) if send_to == RECIPIENTS else None,
        forgets=bool(flag_of(options, "clear_stats")),
    )


def order_to_one(options: Mapping[str, str], address: EmailAddress, known: Collection[int]) -> Order:
    """Read the options of a sending to one address, whose values stand as they are.

    Raises:
        InvalidArgument: a value is too long.

    """
    values = {number: _checked(number, value) for number, value in _fields(options, known).items() if value}
    return Order(
        sender_name=options.get("from_name", "").strip(),
        sender_email=options.get("from_email", "").strip(),
        people={address: values},
    )


def _starts_at(options: Mapping[str, str], account: Account) -> datetime | None:
    written = options.get("deliverydt", "").strip()
    if not written:
        return None
    return delivery_time(written, offset_hours(options.get("timezone", "").strip() or "0"), account)


def _groups(options: Mapping[str, str], key: str, *, mandatory: bool = False) -> tuple[int, ...]:
    found = split_ids(options.get(key, ""))
    if found.invalid:
        raise InvalidArgument(f"{key}: {found.invalid[0][:40]!r} is no number of a group")
    if mandatory and not found.ids:
        raise InvalidArgument(f"{key}: the numbers of groups are wanted, separated by ;")
    return tuple(found.ids)


def _fields(options: Mapping[str, str], known: Collection[int]) -> dict[int, str]:
    fields: dict[int, str] = {}
    for key, value in options.items():
        found = FIELD.fullmatch(key)
        if found and int(found[1]) in known:
            fields[int(found[1])] = value
    return fields


def _people(written: str, fields: Mapping[int, str]) -> dict[EmailAddress, Values]:
    """Return addresses with their values; an address that comes twice counts once, with the values of its first."""
    words = written.rstrip("; \r\n\t").split(";", MOST_RECIPIENTS)
    if len(words) > MOST_RECIPIENTS:
        raise InvalidArgument(f"recipients: at most {MOST_RECIPIENTS:,} addresses; put more of them into a group")
    columns = {number: _column(number, value, len(words)) for number, value in fields.items()}
    people: dict[EmailAddress, Values] = {}
    for place, word in enumerate(words):
        if word.strip():
            own = {number: column[place] for number, column in columns.items() if column[place]}
            people.setdefault(_address(word), own)
    if not people:
        raise InvalidArgument("recipients: addresses are wanted, separated by ;")
    return people


def _address(word: str) -> EmailAddress:
    try:
        return EmailAddress.parse(word)
    except InvalidArgument as error:
        raise InvalidArgument(f"recipients: {word.strip()[:100]!r} is {error}") from error


def _column(number: int, written: str, wanted: int) -> list[str]:
    values = [each.strip() for each in written.split(";", MOST_RECIPIENTS + 1)]
    while len(values) > wanted and not values[-1]:
        values.pop()
    if len(values) != wanted:
        raise InvalidArgument(f"campo{number}: as many values as there are recipients, separated by ;")
    return [_checked(number, each) for each in values]


def _checked(number: int, value: str) -> str:
    if len(value) > LONGEST_VALUE:
        raise InvalidArgument(f"campo{number}: at most {LONGEST_VALUE} characters in a value")
    return value
