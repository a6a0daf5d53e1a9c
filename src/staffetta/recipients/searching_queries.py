"""The SQL of the search for people, many at once and without locking any of them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import BindParameter, Integer, Text, bindparam, literal_column, select

from staffetta.db import Statement, Transaction, json_rows
from staffetta.recipients.listing_queries import LISTED, Listed
from staffetta.recipients.model import Subscription
from staffetta.recipients.tables import recipients, subscriptions

_ACCOUNT: BindParameter[int] = bindparam("account_id")
# A number can be shared; that of a shop's counter is not to fill the memory.
MOST = 10_000

_ids = json_rows("ids", id=Integer)
_emails = json_rows("emails", email=Text)
_mobiles = json_rows("mobiles", mobile=Text)
_people = json_rows("people", id=Integer)
BY_IDS = Statement(
    select(*LISTED).join(_ids, recipients.c.id == _ids.c.id).where(recipients.c.account_id == _ACCOUNT),
    row_type=Listed,
)
BY_EMAILS = Statement(
    select(*LISTED).join(_emails, recipients.c.email == _emails.c.email).where(recipients.c.account_id == _ACCOUNT),
    row_type=Listed,
)
BY_MOBILES = Statement(
    select(*LISTED)
    .join(_mobiles, recipients.c.mobile == _mobiles.c.mobile)
    .where(recipients.c.account_id == _ACCOUNT)
    .limit(literal_column(str(MOST))),
    row_type=Listed,
)
SUBSCRIPTIONS = Statement(
    select(
        subscriptions.c.recipient_id,
        subscriptions.c.list_id,
        subscriptions.c.channel,
        subscriptions.c.status,
        subscriptions.c.cause,
        subscriptions.c.changed_at,
    )
    .join(_people, subscriptions.c.recipient_id == _people.c.id)
    .where(subscriptions.c.account_id == _ACCOUNT)
    .order_by(subscriptions.c.list_id, subscriptions.c.channel)
)


def by_ids(tx: Transaction, ids: Sequence[int]) -> list[Listed]:
    """Return the recipients of ids."""
    return tx.all(BY_IDS, ids=[(each,) for each in ids]) if ids else []


def by_emails(tx: Transaction, emails: Sequence[str]) -> list[Listed]:
    """Return the recipients of addresses."""
    return tx.all(BY_EMAILS, emails=[(each,) for each in emails]) if emails else []


def by_mobiles(tx: Transaction, mobiles: Sequence[str]) -> list[Listed]:
    """Return the recipients of numbers."""
    return tx.all(BY_MOBILES, mobiles=[(each,) for each in mobiles]) if mobiles else []


def subscriptions_of(tx: Transaction, ids: Iterable[int]) -> dict[int, list[Subscription]]:
    """Return the subscriptions of many, by recipient."""
    found: dict[int, list[Subscription]] = {}
    people = [(each,) for each in ids]
    for recipient_id, *values in tx.all(SUBSCRIPTIONS, people=people) if people else ():
        list_id, channel, status, cause, changed_at = values
        found.setdefault(recipient_id, []).append(
            Subscription(list_id=list_id, channel=channel, status=status, cause=cause, changed_at=changed_at)
        )
    return found
