"""The SQL of trusted senders."""

from typing import Any

from sqlalchemy import BindParameter, Text, bindparam, insert, select, update

from staffetta.db import Statement, Transaction
from staffetta.senders.model import SenderState, TrustedSender
from staffetta.senders.tables import trusted_senders

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_SENDER = trusted_senders.c
_COLUMNS = ("id", "email", "state", "created_at", "changed_at", "authorized_at")
_MINE = select(*(_SENDER[name] for name in _COLUMNS)).where(_SENDER.account_id == _ACCOUNT)

ALL = Statement(_MINE.order_by(_SENDER.created_at.desc(), _SENDER.id.desc()))
BY_ID = Statement(_MINE.where(_SENDER.id == bindparam("of_id", type_=Text())).with_for_update())
BY_EMAIL = Statement(_MINE.where(_SENDER.email == bindparam("of_email", type_=Text())).with_for_update())
STATE = Statement(
    select(_SENDER.state).where(_SENDER.account_id == _ACCOUNT, _SENDER.email == bindparam("of_email", type_=Text()))
)
INSERT = Statement(insert(trusted_senders).values(account_id=_ACCOUNT, **{name: bindparam(name) for name in _COLUMNS}))
UPDATE = Statement(
    update(trusted_senders)
    .where(_SENDER.account_id == _ACCOUNT, _SENDER.id == bindparam("of_id", type_=Text()))
    .values(
        state=bindparam("new_state"), changed_at=bindparam("new_changed_at"), authorized_at=bindparam("new_authorized")
    )
)


def all_senders(tx: Transaction) -> list[TrustedSender]:
    """Return the account's senders, newest first."""
    return [_sender(row) for row in tx.all(ALL)]


def sender_by_id(tx: Transaction, sender_id: str) -> TrustedSender | None:
    """Return a sender by its id, locked for this transaction."""
    row = tx.first(BY_ID, of_id=sender_id)
    return _sender(row) if row else None


def sender_by_email(tx: Transaction, email: str) -> TrustedSender | None:
    """Return the sender of an address, locked for this transaction."""
    row = tx.first(BY_EMAIL, of_email=email)
    return _sender(row) if row else None


def find_state(tx: Transaction, email: str) -> SenderState | None:
    """Return what has become of the sender of an address, None where there is none."""
    row = tx.first(STATE, of_email=email)
    return None if row is None else SenderState(row.state)


def insert_sender(tx: Transaction, sender: TrustedSender) -> None:
    """Add a sender."""
    tx.run(INSERT, **{name: getattr(sender, name) for name in _COLUMNS})


def update_sender(tx: Transaction, sender: TrustedSender) -> None:
    """Change what has become of a sender."""
    tx.run(
        UPDATE,
        of_id=sender.id,
        new_state=sender.state,
        new_changed_at=sender.changed_at,
        new_authorized=sender.authorized_at,
    )


def _sender(row: Any) -> TrustedSender:
    return TrustedSender(**row._asdict())
