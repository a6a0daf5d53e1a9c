"""The SQL of views and clicks that are kept until they are counted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, and_, bindparam, delete, func, insert, select

from staffetta.campaigns.tables import campaign_deliveries, kept_events
from staffetta.db import Connection, Json, Statement, Transaction, json_rows, json_values

_ACCOUNT: BindParameter[int] = bindparam("account_id", type_=Integer())
KEEP = Statement(
    insert(kept_events).values(
        account_id=_ACCOUNT,
        id=bindparam("id"),
        visits=bindparam("visits", type_=Json()),
        happened_at=bindparam("happened_at", type_=kept_events.c.happened_at.type),
    )
)
# Of several processes each takes others.
OLDEST = Statement(
    select(kept_events.c.id, kept_events.c.visits, kept_events.c.happened_at)
    .where(kept_events.c.account_id == _ACCOUNT)
    .order_by(kept_events.c.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True)
)
NEWEST = Statement(
    select(kept_events.c.happened_at)
    .where(kept_events.c.account_id == _ACCOUNT)
    .order_by(kept_events.c.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
DELETE = Statement(
    delete(kept_events).where(
        kept_events.c.account_id == _ACCOUNT,
        kept_events.c.id.in_(select(json_values("ids", kept_events.c.id.type).c.value)),
    )
)
# The account comes with each row: by the bound one alone SQLite, without statistics, reads all of its deliveries.
_asked = json_rows("asked", account_id=Integer, message_id=Integer, recipient_id=Integer, sending_id=Integer)
DELIVERED = Statement(
    select(
        campaign_deliveries.c.message_id,
        campaign_deliveries.c.recipient_id,
        campaign_deliveries.c.sending_id,
        campaign_deliveries.c.changed_at,
    )
    .join(
        _asked,
        and_(*(campaign_deliveries.c[name] == _asked.c[name] for name in _asked.c.keys())),  # noqa: SIM118 - no dict
    )
    .where(
        _asked.c.account_id == _ACCOUNT,
        campaign_deliveries.c.changed_at > bindparam("since", type_=campaign_deliveries.c.changed_at.type),
    )
)
# From one account to the next: DISTINCT reads every row, and in a rush there are many.
_first = select(func.min(kept_events.c.account_id).label("id")).cte("turns", recursive=True)
_next = select(func.min(kept_events.c.account_id)).where(kept_events.c.account_id > _first.c.id).scalar_subquery()
_turns = _first.union_all(select(_next).select_from(_first).where(_first.c.id.is_not(None)))
ACCOUNTS = Statement(select(_turns.c.id).where(_turns.c.id.is_not(None)).order_by(_turns.c.id))


def keep(tx: Transaction, visits: Sequence[Sequence[Any]], *, now: datetime) -> None:
    """Keep what has happened in one moment."""
    tx.run(KEEP, id=tx.pooled_id("event"), visits=visits, happened_at=now)


def oldest(tx: Transaction, *, most: int) -> list[tuple[int, list[list[Any]], datetime]]:
    """Return what was kept first, each with its id and its moment, locked for this transaction."""
    return tx.all(OLDEST, most=most)


def newest_at(tx: Transaction) -> datetime | None:
    """Return when the last of what is kept has happened."""
    row = tx.first(NEWEST, most=1)
    return row.happened_at if row else None


def delivered(
    tx: Transaction, asked: Collection[tuple[int, int, int]], *, since: datetime
) -> dict[tuple[int, int, int], datetime]:
    """Return when mails of (message, recipient, sending) were handed over, of those for which it was since then."""
    rows = tx.all(DELIVERED, asked=[(tx.account_id, *each) for each in sorted(asked)], since=since)
    return {(row.message_id, row.recipient_id, row.sending_id): row.changed_at for row in rows}


def delete_kept(tx: Transaction, ids: Sequence[int]) -> None:
    """Keep no longer what is counted."""
    tx.run(DELETE, ids=list(ids))


def accounts(connection: Connection) -> list[int]:
    """Return the accounts of which something is kept, by their ids."""
    return [row[0] for row in connection.all(ACCOUNTS)]
