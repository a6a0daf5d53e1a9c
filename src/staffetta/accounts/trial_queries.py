"""The SQL of trials: whose end is near or past, and how far they are. To find them crosses accounts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select, update

from staffetta.accounts.model import REMINDERS, AccountState
from staffetta.accounts.tables import accounts
from staffetta.db import Connection, Statement, Transaction

# A state in which there is a trial to end: a suspended account is looked at when it is reactivated.
RUNNING = (AccountState.ACTIVE, AccountState.TERMS_NOT_ACCEPTED)

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_EXPIRES = accounts.c.expires_at
_NEVER = max(REMINDERS) + 1


def _at(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=_EXPIRES.type)


# The first condition is the one that the index on `expires_at` answers.
DUE = Statement(
    select(accounts.c.id)
    .where(
        _at(f"within_{max(REMINDERS)}") >= _EXPIRES,
        or_(*(accounts.c.state == state for state in RUNNING)),
        or_(
            _at("now") >= _EXPIRES,
            *(
                and_(_at(f"within_{days}") >= _EXPIRES, func.coalesce(accounts.c.reminded_days, _NEVER) > days)
                for days in REMINDERS
            ),
        ),
    )
    .order_by(_EXPIRES)
    .limit(bindparam("most"))
)
TRIAL = Statement(
    select(accounts.c.state, _EXPIRES, accounts.c.reminded_days).where(accounts.c.id == _ACCOUNT).with_for_update()
)
SET_END = Statement(
    update(accounts)
    .where(accounts.c.id == _ACCOUNT)
    .values(expires_at=bindparam("new_end"), reminded_days=bindparam("new_reminded_days"))
)
SET_REMINDED = Statement(
    update(accounts).where(accounts.c.id == _ACCOUNT).values(reminded_days=bindparam("new_reminded_days"))
)


def due_accounts(connection: Connection, *, most: int, now: datetime) -> list[int]:
    """Return the ids of accounts in use whose trial is over, or near its end without a reminder of that."""
    within = {f"within_{days}": now + timedelta(days=days) for days in REMINDERS}
    return [row.id for row in connection.all(DUE, now=now, most=most, **within)]


def trial_of(tx: Transaction) -> Any:
    """Return the account's state, its end and the last reminder; on PostgreSQL they do not change meanwhile."""
    return tx.first(TRIAL)


def set_end(tx: Transaction, expires_at: datetime, *, reminded_days: int | None) -> None:
    """Set when the account's time is over, and which reminder of that is the last that needs none any more."""
    tx.run(SET_END, new_end=expires_at, new_reminded_days=reminded_days)


def set_reminded(tx: Transaction, days: int) -> None:
    """Note of how many days to go somebody is reminded."""
    tx.run(SET_REMINDED, new_reminded_days=days)
