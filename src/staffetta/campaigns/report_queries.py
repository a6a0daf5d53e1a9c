"""The SQL of reports: who opened and clicked a message, and what one person did with the messages of a list."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Integer, bindparam, func, literal_column, or_, select

from staffetta.campaigns.events import Actor, EventKind
from staffetta.campaigns.tables import engagements, events, link_clicks, message_counters, message_links, messages
from staffetta.db import Instant, Statement, Transaction
from staffetta.recipients.tables import recipients

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_MESSAGE = bindparam("of_message", type_=Integer())
_LIST = bindparam("of_list", type_=Integer())
_RECIPIENT = bindparam("of_recipient", type_=Integer())
_MOST = bindparam("most", type_=Integer())
# One message of the list, or with 0 all of them.
_OF_LIST = (
    messages.c.account_id == _ACCOUNT,
    messages.c.list_id == _LIST,
    or_(literal_column("0") == _MESSAGE, messages.c.id == _MESSAGE),
)


class ClickedLink(NamedTuple):
    """A link of a message and how often it was followed in all."""

    id: int
    url: str
    times: int


class Clicker(NamedTuple):
    """Who followed which link, and how often."""

    link_id: int
    email: str | None
    times: int


class Opener(NamedTuple):
    """Who opened a message, and how often."""

    email: str | None
    times: int


class Deed(NamedTuple):
    """What a person did with a message; `url` is where they went, None where they opened it."""

    kind: EventKind
    url: str | None
    happened_at: datetime
    ip: str
    message_id: int
    subject: str


class LinkTotal(NamedTuple):
    """How often one person followed links to one address."""

    url: str
    times: int


LINKS = Statement(
    select(message_links.c.id, message_links.c.url, message_links.c.clicks)
    .where(
        message_links.c.account_id == _ACCOUNT,
        message_links.c.message_id == _MESSAGE,
        message_links.c.clicks > literal_column("0"),
    )
    .order_by(message_links.c.id),
    row_type=ClickedLink,
)
CLICKERS = Statement(
    select(link_clicks.c.link_id, recipients.c.email, link_clicks.c.times)
    .join(
        recipients,
        (recipients.c.account_id == link_clicks.c.account_id) & (recipients.c.id == link_clicks.c.recipient_id),
    )
    .where(link_clicks.c.account_id == _ACCOUNT, link_clicks.c.message_id == _MESSAGE)
    .order_by(link_clicks.c.link_id, link_clicks.c.recipient_id)
    .limit(_MOST),
    row_type=Clicker,
)
OPENERS = Statement(
    select(recipients.c.email, engagements.c.times)
    .join(
        recipients,
        (recipients.c.account_id == engagements.c.account_id) & (recipients.c.id == engagements.c.recipient_id),
    )
    .where(
        engagements.c.account_id == _ACCOUNT,
        engagements.c.message_id == _MESSAGE,
        engagements.c.kind == EventKind.VIEW,
    )
    .order_by(engagements.c.recipient_id)
    .limit(_MOST),
    row_type=Opener,
)
VIEWS = Statement(
    select(message_counters.c.views).where(
        message_counters.c.account_id == _ACCOUNT, message_counters.c.message_id == _MESSAGE
    )
)
DEEDS = Statement(
    select(
        events.c.kind, message_links.c.url, events.c.happened_at, events.c.ip, events.c.message_id, messages.c.subject
    )
    .join(messages, (messages.c.account_id == events.c.account_id) & (messages.c.id == events.c.message_id))
    .outerjoin(
        message_links,
        (message_links.c.account_id == events.c.account_id)
        & (message_links.c.message_id == events.c.message_id)
        & (message_links.c.id == events.c.link_id),
    )
    .where(
        events.c.account_id == _ACCOUNT,
        events.c.recipient_id == _RECIPIENT,
        or_(events.c.kind == EventKind.VIEW, events.c.kind == EventKind.CLICK),
        events.c.actor != Actor.MACHINE,
        *_OF_LIST,
    )
    .order_by(events.c.happened_at.desc(), events.c.id.desc())
    .limit(_MOST),
    row_type=Deed,
)
LINK_TOTALS = Statement(
    select(message_links.c.url, func.sum(link_clicks.c.times).label("times"))
    .join(messages, (messages.c.account_id == link_clicks.c.account_id) & (messages.c.id == link_clicks.c.message_id))
    .join(
        message_links,
        (message_links.c.account_id == link_clicks.c.account_id)
        & (message_links.c.message_id == link_clicks.c.message_id)
        & (message_links.c.id == link_clicks.c.link_id),
    )
    .where(link_clicks.c.account_id == _ACCOUNT, link_clicks.c.recipient_id == _RECIPIENT, *_OF_LIST)
    .group_by(message_links.c.url)
    .order_by(func.max(link_clicks.c.last_at).desc(), message_links.c.url)
    .limit(_MOST),
    row_type=LinkTotal,
)
OPENED = Statement(
    select(func.coalesce(func.sum(engagements.c.times), literal_column("0")).label("times"))
    .join(messages, (messages.c.account_id == engagements.c.account_id) & (messages.c.id == engagements.c.message_id))
    .where(
        engagements.c.account_id == _ACCOUNT,
        engagements.c.recipient_id == _RECIPIENT,
        engagements.c.kind == EventKind.VIEW,
        *_OF_LIST,
    )
)
LAST_BOUNCE = Statement(
    select(func.max(engagements.c.last_at, type_=Instant()).label("bounced_at"))
    .join(messages, (messages.c.account_id == engagements.c.account_id) & (messages.c.id == engagements.c.message_id))
    .where(
        engagements.c.account_id == _ACCOUNT,
        engagements.c.recipient_id == _RECIPIENT,
        or_(engagements.c.kind == EventKind.HARD_BOUNCE, engagements.c.kind == EventKind.SOFT_BOUNCE),
        *_OF_LIST,
    )
)


def clicked_links(tx: Transaction, message_id: int) -> list[ClickedLink]:
    """Return the links of a message that anybody followed, in the order in which it has them."""
    return tx.all(LINKS, of_message=message_id)


def clickers(tx: Transaction, message_id: int, *, most: int) -> list[Clicker]:
    """Return who followed which link of a message, by link, and by recipient id."""
    return tx.all(CLICKERS, of_message=message_id, most=most)


def openers(tx: Transaction, message_id: int, *, most: int) -> list[Opener]:
    """Return who opened a message, by recipient id."""
    return tx.all(OPENERS, of_message=message_id, most=most)


def views(tx: Transaction, message_id: int) -> int:
    """Return how often a message was opened."""
    row = tx.first(VIEWS, of_message=message_id)
    return row.views if row else 0


def deeds(tx: Transaction, list_id: int, message_id: int, recipient_id: int, *, most: int) -> list[Deed]:
    """Return what a person opened and clicked of a message of a list, or with 0 of all of them, newest first."""
    return tx.all(DEEDS, of_list=list_id, of_message=message_id, of_recipient=recipient_id, most=most)


def link_totals(tx: Transaction, list_id: int, message_id: int, recipient_id: int, *, most: int) -> list[LinkTotal]:
    """Return where a person went, and how often, the address of the last click first."""
    return tx.all(LINK_TOTALS, of_list=list_id, of_message=message_id, of_recipient=recipient_id, most=most)


def opened(tx: Transaction, list_id: int, message_id: int, recipient_id: int) -> int:
    """Return how often a person opened a message of a list, or with 0 all of them."""
    return int(tx.first(OPENED, of_list=list_id, of_message=message_id, of_recipient=recipient_id).times)


def last_bounce(tx: Transaction, list_id: int, message_id: int, recipient_id: int) -> datetime | None:
    """Return when a mail to a person last came back, of a message of a list, or with 0 of all of them."""
    bounced_at: datetime | None = tx.first(
        LAST_BOUNCE, of_list=list_id, of_message=message_id, of_recipient=recipient_id
    ).bounced_at
    return bounced_at
