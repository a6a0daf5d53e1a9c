"""Searching the whole account for people by what they are known by: address, number or id."""

from collections.abc import Sequence
from dataclasses import dataclass

from staffetta.db import Transaction
from staffetta.recipients import searching_queries as queries
from staffetta.recipients.listing_queries import Listed
from staffetta.recipients.model import Subscription, UnknownRecipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What people are looked for by: any of these."""

    ids: Sequence[int] = ()
    emails: Sequence[str] = ()
    mobiles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who was looked for, with every subscription."""

    recipient: Listed
    subscriptions: Sequence[Subscription]


def search(tx: Transaction, sought: Sought) -> list[Found]:
    """Return everybody who has one of the ids, addresses or numbers, newest first."""
    people: dict[int, Listed] = {}
    for each in (
        *queries.by_ids(tx, sought.ids),
        *queries.by_emails(tx, sought.emails),
        *queries.by_mobiles(tx, sought.mobiles),
    ):
        people[each.id] = each
    standing = queries.subscriptions_of(tx, people)
    return [Found(people[each], standing.get(each, ())) for each in sorted(people, reverse=True)]


def find(tx: Transaction, recipient_id: int) -> Listed:
    """Return a recipient by its id.

    Raises:
        UnknownRecipient: there is nobody of this id.

    """
    found = queries.by_ids(tx, [recipient_id])
    if not found:
        raise UnknownRecipient(f"there is no recipient {recipient_id}")
    return found[0]
