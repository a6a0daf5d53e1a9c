"""The SQL of sendings of messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Integer, Text, and_, bindparam, case, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same

from staffetta.campaigns.sendings import Audience, CampaignSending
from staffetta.campaigns.tables import message_links, message_versions, messages
from staffetta.db import Connection, Statement, Transaction
from staffetta.outbox import SendingState
from staffetta.outbox.tables import sendings

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_OF_SENDING = bindparam("of_sending", type_=Integer())
_NAMES = CampaignSending._fields
_COLUMNS = tuple(sendings.c[name] for name in _NAMES)
_THIS = (sendings.c.account_id == _ACCOUNT, sendings.c.id == _OF_SENDING)
_OF_MESSAGES = (sendings.c.account_id == _ACCOUNT, sendings.c.message_id.is_not(None))
# The others have defaults, or come when it begins.
_GIVEN = (
    "id",
    "list_id",
    "message_id",
    "subject",
    "notes",
    "state",
    "starts_at",
    "created_at",
    "audience",
    "sender_name",
    "sender_email",
    "not_after",
    "once_key",
    "in_doubt",
    "addressed",
)
FIND = Statement(select(*_COLUMNS).where(*_THIS, sendings.c.message_id.is_not(None)))
LOCK = Statement(select(*_COLUMNS).where(*_THIS, sendings.c.message_id.is_not(None)).with_for_update())
BY_KEY = Statement(select(*_COLUMNS).where(*_OF_MESSAGES, sendings.c.once_key == bindparam("of_key", type_=Text())))
OF_MESSAGE = Statement(
    select(*_COLUMNS)
    .where(sendings.c.account_id == _ACCOUNT, sendings.c.message_id == bindparam("of_message", type_=Integer()))
    .order_by(sendings.c.id.desc())
)
NEWEST = Statement(
    select(*_COLUMNS).where(*_OF_MESSAGES).order_by(sendings.c.id.desc()).limit(bindparam("most", type_=Integer()))
)
INSERT = Statement(
    insert(sendings)
    .values(
        account_id=_ACCOUNT, kind="campaign", **{name: bindparam(name, type_=sendings.c[name].type) for name in _GIVEN}
    )
    .on_conflict_do_nothing()
)
SET_STATE = Statement(update(sendings).where(*_THIS).values(state=bindparam("new_state", type_=sendings.c.state.type)))
END = Statement(
    update(sendings)
    .where(*_THIS)
    .values(
        state=bindparam("new_state", type_=sendings.c.state.type),
        ended_at=bindparam("new_ended_at", type_=sendings.c.ended_at.type),
    )
)
BEGIN = Statement(
    update(sendings)
    .where(*_THIS)
    .values(
        version=bindparam("new_version", type_=Integer()),
        subject=bindparam("new_subject", type_=Text()),
        begun_at=bindparam("new_begun_at", type_=sendings.c.begun_at.type),
        last_id=bindparam("new_last_id", type_=Integer()),
    )
)
END_BY_ITSELF = Statement(
    update(sendings)
    .where(*_THIS, sendings.c.ended_at.is_(None), sendings.c.begun_at.is_not(None))
    .values(ended_at=bindparam("new_ended_at", type_=sendings.c.ended_at.type))
)
REOPEN = Statement(
    update(sendings).where(*_THIS, sendings.c.state != SendingState.DELETED).values(ended_at=literal_column("NULL"))
)
# What has not ended may still come to as many as it was launched for.
_COMES_TO = case(
    (and_(sendings.c.ended_at.is_(None), sendings.c.addressed > sendings.c.claimed), sendings.c.addressed),
    else_=sendings.c.claimed,
)
MAILS_SINCE = Statement(
    select(func.coalesce(func.sum(_COMES_TO), literal_column("0"), type_=Integer()).label("mails")).where(
        *_OF_MESSAGES,
        func.coalesce(sendings.c.begun_at, sendings.c.created_at) >= bindparam("since", type_=sendings.c.begun_at.type),
    )
)
_OF_MESSAGE = bindparam("of_message", type_=Integer())
LOCK_OF_MESSAGE = Statement(
    select(sendings.c.id)
    .where(sendings.c.account_id == _ACCOUNT, sendings.c.message_id == _OF_MESSAGE, sendings.c.ended_at.is_(None))
    .order_by(sendings.c.id)
    .with_for_update()
)
MESSAGE_SENT = Statement(
    update(messages)
    .where(messages.c.account_id == _ACCOUNT, messages.c.id == _OF_MESSAGE)
    .values(last_sent_at=bindparam("new_last_sent_at", type_=messages.c.last_sent_at.type))
)
_VERSIONS = (message_versions.c.account_id == _ACCOUNT, message_versions.c.message_id == _OF_MESSAGE)
NEWEST_VERSION = Statement(
    select(message_versions.c.number, message_versions.c.document)
    .where(*_VERSIONS)
    .order_by(message_versions.c.number.desc())
    .limit(literal_column("1"))
)
VERSION = Statement(
    select(message_versions.c.document).where(
        *_VERSIONS, message_versions.c.number == bindparam("of_number", type_=Integer())
    )
)
ADD_VERSION = Statement(
    insert(message_versions).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name, type_=message_versions.c[name].type) for name in ("message_id", "number")},
        **{name: bindparam(name, type_=message_versions.c[name].type) for name in ("document", "changed_at")},
    )
)
LINKS = Statement(
    select(message_links.c.id, message_links.c.url)
    .where(message_links.c.account_id == _ACCOUNT, message_links.c.message_id == _OF_MESSAGE)
    .order_by(message_links.c.id)
)
ADD_LINK = Statement(
    insert(message_links).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name, type_=message_links.c[name].type) for name in ("message_id", "id", "url")},
        clicks=0,
        clickers=0,
    )
)
# In the words of the partial index, so that what has ended costs nothing.
OPEN = Statement(
    select(sendings.c.account_id, sendings.c.id)
    .where(
        sendings.c.message_id.is_not(None),
        sendings.c.ended_at.is_(None),
        sendings.c.starts_at.is_not(None),
        sendings.c.starts_at <= bindparam("now", type_=sendings.c.starts_at.type),
        or_(sendings.c.state == SendingState.IMMEDIATE, sendings.c.state == SendingState.DEFERRED),
        or_(sendings.c.begun_at.is_(None), sendings.c.reached_id < sendings.c.last_id),
    )
    .order_by(sendings.c.starts_at, sendings.c.account_id, sendings.c.id)
    .limit(bindparam("most", type_=Integer()))
)


def _read(row: Any) -> CampaignSending:
    audience = msgspec.convert(row.audience or {}, Audience, strict=False)
    return CampaignSending(*row)._replace(audience=audience)


def find(tx: Transaction, sending_id: int) -> CampaignSending | None:
    """Return a sending of a message."""
    row = tx.first(FIND, of_sending=sending_id)
    return None if row is None else _read(row)


def lock_of_message(tx: Transaction, message_id: int) -> None:
    """Lock all sendings of a message that have not ended: nobody claims for them until this transaction ends."""
    tx.all(LOCK_OF_MESSAGE, of_message=message_id)


def lock(tx: Transaction, sending_id: int) -> CampaignSending | None:
    """Return a sending of a message, locked for this transaction."""
    row = tx.first(LOCK, of_sending=sending_id)
    return None if row is None else _read(row)


def by_key(tx: Transaction, key: str) -> CampaignSending | None:
    """Return the sending that was asked for under a key."""
    row = tx.first(BY_KEY, of_key=key)
    return None if row is None else _read(row)


def of_message(tx: Transaction, message_id: int) -> list[CampaignSending]:
    """Return the sendings of a message, the newest first."""
    return [_read(row) for row in tx.all(OF_MESSAGE, of_message=message_id)]


def newest(tx: Transaction, *, most: int) -> list[CampaignSending]:
    """Return the account's newest sendings of messages."""
    return [_read(row) for row in tx.all(NEWEST, most=most)]


def insert_sending(tx: Transaction, sending: CampaignSending) -> bool:
    """Add a sending; False when its key is taken."""
    return tx.changed(INSERT, **{name: getattr(sending, name) for name in _GIVEN}) == 1


def set_state(tx: Transaction, sending_id: int, state: SendingState) -> None:
    """Say what a sending is to do from now on."""
    tx.run(SET_STATE, of_sending=sending_id, new_state=state)


def end(tx: Transaction, sending_id: int, state: SendingState, *, now: datetime) -> None:
    """Say that nothing more comes of a sending."""
    tx.run(END, of_sending=sending_id, new_state=state, new_ended_at=now)


def end_by_itself(tx: Transaction, sending_id: int, *, now: datetime) -> None:
    """Say that a sending has come to its end."""
    tx.run(END_BY_ITSELF, of_sending=sending_id, new_ended_at=now)


def reopen(tx: Transaction, sending_id: int) -> None:
    """Say that a sending has something to do again, unless it was deleted."""
    tx.run(REOPEN, of_sending=sending_id)


def mails_since(tx: Transaction, since: datetime) -> int:
    """Return how many mails the account's sendings since an instant come to, launched ones that have not ended too."""
    return int(tx.first(MAILS_SINCE, since=since).mails)


def begin(tx: Transaction, sending: CampaignSending) -> None:
    """Keep what is fixed when a sending begins."""
    tx.run(
        BEGIN,
        of_sending=sending.id,
        new_version=sending.version,
        new_subject=sending.subject,
        new_begun_at=sending.begun_at,
        new_last_id=sending.last_id,
    )


def message_sent(tx: Transaction, message_id: int, *, now: datetime) -> None:
    """Keep when a message was last sent."""
    tx.run(MESSAGE_SENT, of_message=message_id, new_last_sent_at=now)


def newest_version(tx: Transaction, message_id: int) -> tuple[int, Any]:
    """Return the number and the document of the last version of a message that is kept; 0 and None if none is."""
    row = tx.first(NEWEST_VERSION, of_message=message_id)
    return (0, None) if row is None else (row.number, row.document)


def add_version(tx: Transaction, message_id: int, number: int, document: Any, *, changed_at: datetime) -> None:
    """Keep a version of a message."""
    tx.run(ADD_VERSION, message_id=message_id, number=number, document=document, changed_at=changed_at)


def version(tx: Transaction, message_id: int, number: int) -> Any:
    """Return the document of a version, or None."""
    row = tx.first(VERSION, of_message=message_id, of_number=number)
    return None if row is None else row.document


def links(tx: Transaction, message_id: int) -> list[Any]:
    """Return numbers and addresses of the links of a message."""
    return tx.all(LINKS, of_message=message_id)


def add_links(tx: Transaction, message_id: int, urls: Mapping[int, str]) -> None:
    """Add links to a message, by number."""
    tx.run_many(ADD_LINK, [{"message_id": message_id, "id": number, "url": url} for number, url in urls.items()])


def open_sendings(connection: Connection, *, most: int, now: datetime) -> list[Any]:
    """Return account and id of the sendings that have people left to write to, the one that waits longest first."""
    return connection.all(OPEN, now=now, most=most)
