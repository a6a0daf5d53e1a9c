"""What is known of a recipient, and changing it: fields and groups, never the status."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from staffetta.db import Call, Transaction, brief, together
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.phones import MobileNumber
from staffetta.lists import catalog, find_groups, get_list
from staffetta.recipients import queries
from staffetta.recipients.model import Channel, Recipient, Status, Subscription, UnknownRecipient
from staffetta.recipients.signing_up import LONGEST_VALUE, known_fields


class GivenField(NamedTuple):
    """A value for a field that is named by its number or, without one, by its name."""

    number: int | None
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A recipient with its subscriptions and groups."""

    recipient: Recipient
    subscriptions: Mapping[tuple[int, Channel], Subscription]
    groups: Collection[int]

    def lists_with(self, *statuses: Status) -> list[int]:
        """Return the lists on which the recipient has one of the statuses, by email or SMS."""
        return sorted({each.list_id for each in self.subscriptions.values() if each.status in statuses})


@brief
def get_profile(tx: Transaction, recipient_id: int) -> Profile:
    """Return all that a preference page shows of a recipient.

    Raises:
        UnknownRecipient: there is none, or it was erased.

    """
    recipient = queries.recipient_by_id(tx, recipient_id)
    if recipient is None:
        raise UnknownRecipient("there is no such recipient")
    return Profile(
        recipient=recipient,
        subscriptions=queries.subscriptions_of(tx, recipient_id),
        groups=queries.groups_of(tx, recipient_id),
    )


def _check_statuses(calls: Sequence[Call]) -> list[Status]:
    """Do what `check_status` does for many, by a statement for each list that is asked for."""
    asked: dict[tuple[int, int], dict[str, None]] = {}
    for tx, (list_id, address), _ in calls:
        if isinstance(address, EmailAddress):
            asked.setdefault((tx.account_id, list_id), {})[address.text] = None
    walls = {tx.account_id: tx for tx, _, _ in calls}
    found = {key: queries.statuses_by_email(walls[key[0]], key[1], emails) for key, emails in asked.items()}
    return [
        found[tx.account_id, list_id][address.text]
        if isinstance(address, EmailAddress)
        else queries.status_by_mobile(tx, list_id, address.digits)
        for tx, (list_id, address), _ in calls
    ]


@together(_check_statuses)
@brief
def check_status(tx: Transaction, list_id: int, address: EmailAddress | MobileNumber) -> Status:
    """Return where an address stands on a list."""
    if isinstance(address, EmailAddress):
        return queries.status_by_email(tx, list_id, address.text)
    return queries.status_by_mobile(tx, list_id, address.digits)


@brief
def update_by_address(
    tx: Transaction,
    list_id: int,
    address: EmailAddress | MobileNumber,
    *,
    fields: Mapping[int, str],
    groups: tuple[int, ...],
    replace_groups: bool,
    now: datetime,
) -> None:
    """Change fields and groups of somebody on a list, whatever the status (contract 9.6); an empty value clears.

    `replace_groups` leaves those groups of the list that are not named.

    Raises:
        UnknownList: the account has no such list.
        UnknownRecipient: nobody of this address is on the list.

    """
    mailing_list = get_list(tx, list_id)
    recipient: Recipient | None
    if isinstance(address, EmailAddress):
        recipient = queries.recipient_by_email(tx, address.text)
        if recipient and (mailing_list.id, Channel.EMAIL) not in queries.subscriptions_of(tx, recipient.id):
            recipient = None
    else:
        recipient = next(iter(queries.recipients_by_mobile_on_list(tx, address.digits, list_id)), None)
    if recipient is None:
        raise UnknownRecipient("the address is not on the list")
    save_fields(tx, recipient, fields, now=now)
    wanted = {group.id for group in find_groups(tx, groups, list_ids=(list_id,))}
    change_groups(tx, recipient.id, wanted, of_lists=(list_id,) if replace_groups else ())


def field_values(tx: Transaction, given: Iterable[GivenField]) -> dict[int, str]:
    """Return values by the numbers of their fields; names are the account's in any case, or `campoN`.

    A field that the account does not have is passed over.
    """
    numbers: dict[str, int] | None = None
    values: dict[int, str] = {}
    for each in given:
        number = each.number
        if number is None:
            if numbers is None:
                numbers = numbers_by_name(tx)
            number = numbers.get(each.name.strip().casefold())
        if number is not None:
            values[number] = each.value
    return values


def numbers_by_name(tx: Transaction) -> dict[str, int]:
    """Return the fields' numbers by their names, case-folded, and as `campoN`."""
    fields = catalog(tx).fields.values()
    return {f"campo{each.id}": each.id for each in fields} | {each.name.casefold(): each.id for each in fields}


def save_fields(
    tx: Transaction, recipient: Recipient, values: Mapping[int, str], *, now: datetime, anyway: bool = False
) -> Recipient:
    """Set the values of fields that the account has and return the recipient; an empty value clears the field.

    Without a change nothing is written, but `anyway` if the recipient differs already from what is kept.
    """
    known = catalog(tx).fields
    cleared = {str(number) for number, value in values.items() if number in known and not value.strip()}
    kept = {number: value for number, value in recipient.fields.items() if number not in cleared}
    changed = msgspec.structs.replace(recipient, fields={**kept, **known_fields(tx, _stripped(values))})
    if anyway or changed != recipient:
        queries.update_recipient(tx, changed, now=now)
    return changed


def _stripped(values: Mapping[int, str]) -> dict[int, str]:
    return {number: value.strip()[:LONGEST_VALUE] for number, value in values.items()}


def change_groups(tx: Transaction, recipient_id: int, wanted: Collection[int], *, of_lists: tuple[int, ...]) -> None:
    """Join the groups that are wanted, and leave the others of the lists named."""
    present = set(queries.groups_of(tx, recipient_id))
    groups = catalog(tx).groups
    queries.join_groups(tx, recipient_id, sorted(set(wanted) - present))
    leaving = {each for each in present - set(wanted) if each in groups and groups[each].list_id in of_lists}
    if leaving:
        queries.leave_groups(tx, recipient_id, sorted(leaving))
