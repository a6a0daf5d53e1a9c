"""The SQL of statistics: pages of who got a message and did what with it, and of what somebody got and did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from staffetta.campaigns.events import EventKind
from staffetta.campaigns.tables import (
    campaign_deliveries,
    engagements,
    link_clicks,
    message_counters,
    message_links,
    messages,
)
from staffetta.db import LongInteger, Statement, Transaction
from staffetta.db.filtering import Kind, Property
from staffetta.recipients.tables import recipients

Kinds = tuple[EventKind, ...]
_ACCOUNT: BindParameter[int] = bindparam("account_id")
_MESSAGE = bindparam("of_message", type_=Integer())
_RECIPIENT = bindparam("of_recipient", type_=Integer())
_MOST = bindparam("most", type_=Integer())
_SKIPPED = bindparam("skipped", type_=LongInteger)
# No id is as large.
NEWEST = 2**31
# What people who are gone had for an address.
EMAIL_SHOWN = func.coalesce(recipients.c.email, literal_column("''"), type_=Text()).label("email")
_ONE = literal_column("1", Integer())


class Counters(NamedTuple):
    """What came of a message in numbers: people, and how often."""

    recipients: int = 0
    viewers: int = 0
    clickers: int = 0
    hard_bounces: int = 0
    soft_bounces: int = 0
    unsubscriptions: int = 0
    complaints: int = 0
    views: int = 0
    clicks: int = 0
    machine_views: int = 0
    machine_clicks: int = 0
    untracked_views: int = 0
    untracked_clicks: int = 0


class Addressed(NamedTuple):
    """Somebody who got a message."""

    recipient_id: int
    email: str


class Engaged(NamedTuple):
    """Somebody who did something with a message, how often, and when last."""

    recipient_id: int
    email: str
    kind: EventKind
    times: int
    last_at: datetime


class Follower(NamedTuple):
    """Somebody who followed a link of a message, and how often."""

    recipient_id: int
    email: str
    url: str
    times: int


class FollowedLink(NamedTuple):
    """A link of a message, and how often it was followed."""

    id: int
    url: str
    clicks: int


LIST_OF_MESSAGE = Statement(
    select(messages.c.list_id).where(messages.c.account_id == _ACCOUNT, messages.c.id == _MESSAGE)
)
COUNTERS = Statement(
    select(*(message_counters.c[name] for name in Counters._fields)).where(
        message_counters.c.account_id == _ACCOUNT, message_counters.c.message_id == _MESSAGE
    ),
    row_type=Counters,
)
FOLLOWED_LINKS = Statement(
    select(message_links.c.id, message_links.c.url, message_links.c.clicks)
    .where(message_links.c.account_id == _ACCOUNT, message_links.c.message_id == _MESSAGE, message_links.c.clicks > 0)
    .order_by(message_links.c.id.desc()),
    row_type=FollowedLink,
)
CLICKERS = Statement(
    select(
        func.coalesce(func.sum(message_links.c.clickers, type_=Integer()), literal_column("0")).label("people")
    ).where(message_links.c.account_id == _ACCOUNT, message_links.c.message_id == _MESSAGE)
)


def list_of_message(tx: Transaction, message_id: int) -> int | None:
    """Return the list of a message, None where there is no such message."""
    row = tx.first(LIST_OF_MESSAGE, of_message=message_id)
    return None if row is None else int(row.list_id)


def counters(tx: Transaction, message_id: int) -> Counters:
    """Return what came of a message in numbers."""
    return tx.first(COUNTERS, of_message=message_id) or Counters()


def followed_links(tx: Transaction, message_id: int) -> list[FollowedLink]:
    """Return the links of a message that somebody followed."""
    return tx.all(FOLLOWED_LINKS, of_message=message_id)


def count_followers(tx: Transaction, message_id: int) -> int:
    """Return how many people followed links of a message, once for each link."""
    return int(tx.first(CLICKERS, of_message=message_id).people)


def exact_first(addresses: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return the order in which whoever has one of some addresses stands first."""
    if not addresses:
        return []
    wanted = or_(*(recipients.c.email == each.strip().lower() for each in addresses))
    return [case((wanted, literal_column("0")), else_=literal_column("1"))]


def kind_property(words: Mapping[EventKind, str]) -> Property:
    """Return what somebody did as a property whose values are an interface's own words."""
    return Property(in_words(engagements.c.kind, words), Kind.TEXT)


def in_words(column: ColumnElement[Any], words: Mapping[EventKind, str]) -> ColumnElement[str]:
    """Return a kind of event by an interface's word for it."""
    return case(*((column == kind, word) for kind, word in words.items()), else_="")


_D = campaign_deliveries.c
_OF_MESSAGE = (_D.account_id == _ACCOUNT, _D.message_id == _MESSAGE)
_ids = (
    select(_D.recipient_id)
    .distinct()
    .where(*_OF_MESSAGE, _D.recipient_id < bindparam("before", type_=LongInteger))
    .order_by(_D.recipient_id.desc())
    .limit(_MOST)
    .offset(_SKIPPED)
    .subquery("page")
)
RECIPIENTS_PAGE = Statement(
    select(_ids.c.recipient_id, EMAIL_SHOWN)
    .select_from(
        _ids.outerjoin(recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == _ids.c.recipient_id))
    )
    .order_by(_ids.c.recipient_id.desc()),
    row_type=Addressed,
)
_beyond = (
    select(_D.recipient_id)
    .distinct()
    .where(*_OF_MESSAGE, _D.recipient_id > bindparam("after", type_=LongInteger))
    .order_by(_D.recipient_id)
    .limit(_MOST)
    .subquery("beyond")
)
# The last of the next so many recipients, and how many there are of them.
NEXT_RECIPIENTS = Statement(
    select(func.max(_beyond.c.recipient_id).label("last_id"), func.count().label("people")).select_from(_beyond)
)


def recipients_page(tx: Transaction, message_id: int, *, before: int, skipped: int, most: int) -> list[Addressed]:
    """Return who got a message, of those below an id the newest first."""
    return tx.all(RECIPIENTS_PAGE, of_message=message_id, before=before, skipped=skipped, most=most)


def next_recipients(tx: Transaction, message_id: int, *, after: int, most: int) -> tuple[int, int]:
    """Return the last of the next recipients of a message by rising id, and how many they are."""
    row = tx.first(NEXT_RECIPIENTS, of_message=message_id, after=after, most=most)
    return row.last_id or after, row.people


_E = engagements.c


def is_one_of(kinds: Sequence[EventKind]) -> ColumnElement[bool]:
    """Return the condition that an engagement is of one of these kinds."""
    return or_(*(_E.kind == literal_column(str(int(kind))) for kind in kinds))


def _engaged_page(kinds: Kinds) -> Statement:
    """Return the statement of a page without a filter: only whom it shows is looked up."""
    chosen = _one_kind(kinds[0]) if len(kinds) == 1 else _several_kinds(kinds)
    page = chosen.limit(_MOST).offset(_SKIPPED).subquery("page")
    return Statement(
        select(page.c.recipient_id, EMAIL_SHOWN, page.c.kind, page.c.times, page.c.last_at)
        .select_from(
            page.outerjoin(recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == page.c.recipient_id))
        )
        .order_by(page.c.recipient_id.desc(), page.c.kind),
        row_type=Engaged,
    )


def _one_kind(kind: EventKind) -> Select[Any]:
    return (
        select(_E.recipient_id, _E.kind, _E.times, _E.last_at)
        .where(_E.account_id == _ACCOUNT, _E.message_id == _MESSAGE, is_one_of((kind,)))
        .order_by(_E.recipient_id.desc())
    )


def _several_kinds(kinds: Kinds) -> Select[Any]:
    """Return people of several kinds, merged: the key has those of each in order."""
    newest = [select(_one_kind(kind).limit(bindparam("reach", type_=LongInteger)).subquery()) for kind in kinds]
    merged = union_all(*newest).subquery("newest")
    return select(merged).order_by(merged.c.recipient_id.desc(), merged.c.kind)


VIEWS: Kinds = (EventKind.VIEW,)
CLICKS: Kinds = (EventKind.CLICK,)
BOUNCES: Kinds = (EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE)
UNSUBSCRIPTIONS: Kinds = (EventKind.UNSUBSCRIPTION,)
ENGAGED_PAGES = {kinds: _engaged_page(kinds) for kinds in (VIEWS, CLICKS, BOUNCES, UNSUBSCRIPTIONS)}


def engaged_page(tx: Transaction, message_id: int, kinds: Kinds, *, skipped: int, most: int) -> list[Engaged]:
    """Return who did something with a message, the newest recipients first."""
    reach = {"reach": skipped + most} if len(kinds) > 1 else {}
    return tx.all(ENGAGED_PAGES[kinds], of_message=message_id, skipped=skipped, most=most, **reach)


_L = link_clicks.c
_links_page = (
    select(_L.recipient_id, _L.link_id, _L.times)
    .where(_L.account_id == _ACCOUNT, _L.message_id == _MESSAGE)
    .order_by(_L.link_id.desc(), _L.recipient_id.desc())
    .limit(_MOST)
    .offset(_SKIPPED)
    .subquery("page")
)
_LINK_OF_PAGE = (
    (message_links.c.account_id == _ACCOUNT)
    & (message_links.c.message_id == _MESSAGE)
    & (message_links.c.id == _links_page.c.link_id)
)
FOLLOWERS_PAGE = Statement(
    select(_links_page.c.recipient_id, EMAIL_SHOWN, message_links.c.url, _links_page.c.times)
    .select_from(
        _links_page.join(message_links, _LINK_OF_PAGE).outerjoin(
            recipients, (recipients.c.account_id == _ACCOUNT) & (recipients.c.id == _links_page.c.recipient_id)
        )
    )
    .order_by(_links_page.c.link_id.desc(), _links_page.c.recipient_id.desc()),
    row_type=Follower,
)


def followers_page(tx: Transaction, message_id: int, *, skipped: int, most: int) -> list[Follower]:
    """Return who followed which link of a message, the newest links first."""
    return tx.all(FOLLOWERS_PAGE, of_message=message_id, skipped=skipped, most=most)
