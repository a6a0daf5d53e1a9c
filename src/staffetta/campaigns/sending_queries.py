"""The SQL of sendings of messages."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Integer, Text, bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same

from staffetta.campaigns.sendings import Audience, CampaignSending
from staffetta.campaigns.tables import campaign_deliveries
from staffetta.db import Statement, Transaction
from staffetta.outbox import DeliveryState, SendingState
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
_DELIVERY = campaign_deliveries.c
CANCEL_DEFERRED = Statement(
    update(campaign_deliveries)
    .where(
        _DELIVERY.account_id == _ACCOUNT,
        _DELIVERY.message_id == bindparam("of_message", type_=Integer()),
        _DELIVERY.sending_id == _OF_SENDING,
        _DELIVERY.state == literal_column(str(int(DeliveryState.DEFERRED))),
    )
    .values(
        state=DeliveryState.CANCELLED,
        changed_at=bindparam("new_changed_at", type_=_DELIVERY.changed_at.type),
        reply="the sending was deleted",
    )
)


def _read(row: Any) -> CampaignSending:
    audience = msgspec.convert(row.audience or {}, Audience, strict=False)
    return CampaignSending(*row)._replace(audience=audience)


def find(tx: Transaction, sending_id: int) -> CampaignSending | None:
    """Return a sending of a message."""
    row = tx.first(FIND, of_sending=sending_id)
    return None if row is None else _read(row)


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


def cancel_deferred(tx: Transaction, sending: CampaignSending, *, now: datetime) -> None:
    """Give up what waits to be tried again."""
    tx.run(CANCEL_DEFERRED, of_message=sending.message_id, of_sending=sending.id, new_changed_at=now)
