"""The SQL of where links lead."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Integer, Text, and_, bindparam, select

from staffetta.campaigns.tables import message_links
from staffetta.db import Statement, Transaction, json_values
from staffetta.outbox.tables import sendings
from staffetta.recipients.tables import recipients

_ACCOUNT: BindParameter[int] = bindparam("account_id")
MESSAGE_OF = Statement(
    select(sendings.c.message_id, sendings.c.list_id).where(
        sendings.c.account_id == _ACCOUNT,
        sendings.c.id == bindparam("of_sending", type_=Integer()),
        sendings.c.message_id.is_not(None),
    )
)
LINKS = Statement(
    select(message_links.c.id, message_links.c.url).where(
        message_links.c.account_id == _ACCOUNT, message_links.c.message_id == bindparam("of_message", type_=Integer())
    )
)
PAGE_LINK = Statement(
    select(message_links.c.message_id, message_links.c.id)
    .join(
        sendings,
        and_(sendings.c.account_id == message_links.c.account_id, sendings.c.message_id == message_links.c.message_id),
    )
    .where(
        sendings.c.account_id == _ACCOUNT,
        sendings.c.id == bindparam("of_sending", type_=Integer()),
        message_links.c.url == bindparam("label", type_=Text()),
    )
)
_people = json_values("people", Integer)
PEOPLE = Statement(
    select(recipients.c.id, recipients.c.email, recipients.c.name, recipients.c.fields).where(
        recipients.c.account_id == _ACCOUNT, recipients.c.id.in_(select(_people.c.value))
    )
)


def message_of(tx: Transaction, sending_id: int) -> Any:
    """Return the message that a sending is of, with its list, or None."""
    return tx.first(MESSAGE_OF, of_sending=sending_id)


def links_of(tx: Transaction, message_id: int) -> list[tuple[int, str]]:
    """Return the links of a message, each with its number."""
    return tx.all(LINKS, of_message=message_id)


def page_link(tx: Transaction, sending_id: int, label: str) -> tuple[int, int] | None:
    """Return message and number of the link to a page of ours that the mails of a sending have, or None."""
    row = tx.first(PAGE_LINK, of_sending=sending_id, label=label)
    return None if row is None else (row.message_id, row.id)


def people(tx: Transaction, recipient_ids: Sequence[int]) -> list[Any]:
    """Return id, address, name and fields of recipients, of those that there are."""
    return tx.all(PEOPLE, people=recipient_ids)
