"""Ids counted per account: positive 32-bit integers, because clients parse them into such."""

from typing import Any, Protocol

from sqlalchemy import Column, Integer, Table, Text, bindparam, insert, select, update

from staffetta.db.schema import CLUSTERED, metadata
from staffetta.db.statements import Statement
from staffetta.db.types import LongInteger

counters = Table(
    "counters",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("last_id", LongInteger, nullable=False),
    **CLUSTERED,
)

_KEY = (counters.c.account_id == bindparam("account_id"), counters.c.name == bindparam("counter"))
ADVANCE = Statement(
    update(counters).where(*_KEY).values(last_id=counters.c.last_id + bindparam("count")).returning(counters.c.last_id)
)
START = Statement(
    insert(counters)
    .values(account_id=bindparam("account_id"), name=bindparam("counter"), last_id=bindparam("last_id"))
    .returning(counters.c.last_id)
)
LAST = Statement(select(counters.c.last_id).where(*_KEY))

# How many ids a process takes at once: an update of the counter for every 500 sign-ups, 500 ids lost by a crash.
BLOCK = 500


class Cursor(Protocol):
    """What counters need of a driver's cursor."""

    def execute(self, query: str, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> Any: ...


class Counters:
    """The blocks of ids that one connection's owner has taken and not used up.

    A block taken in a transaction that is rolled back was never taken: `forget` drops it.
    """

    def __init__(self, dialect_name: str) -> None:
        self._dialect_name = dialect_name
        self._blocks: dict[tuple[int, str], tuple[int, int]] = {}
        self._fresh: set[tuple[int, str]] = set()

    def take(self, cursor: Cursor, account_id: int, counter: str, count: int) -> range:
        """Return `count` ids that nobody else gets."""
        values = {"account_id": account_id, "counter": counter}
        rows = self._run(cursor, ADVANCE, {**values, "count": count}).fetchall()
        if not rows:
            self._run(cursor, START, {**values, "last_id": count}).fetchall()
            return range(1, count + 1)
        last = int(rows[0][0])
        return range(last - count + 1, last + 1)

    def pooled(self, cursor: Cursor, account_id: int, counter: str) -> int:
        """Return an id of this owner's block."""
        key = (account_id, counter)
        following, last = self._blocks.get(key, (1, 0))
        if following > last:
            block = self.take(cursor, account_id, counter, BLOCK)
            following, last = block[0], block[-1]
            self._fresh.add(key)
        self._blocks[key] = (following + 1, last)
        return following

    def skip(self, cursor: Cursor, account_id: int, counter: str, taken: int) -> None:
        """Never give `taken` or anything below it."""
        rows = self._run(cursor, LAST, {"account_id": account_id, "counter": counter}).fetchall()
        last = rows[0][0] if rows else 0
        if taken > last:
            self.take(cursor, account_id, counter, taken - last)

    def committed(self) -> None:
        """Keep the blocks that the transaction took."""
        self._fresh.clear()

    def forget(self) -> None:
        """Drop the blocks that the transaction took: it was rolled back."""
        for key in self._fresh:
            self._blocks.pop(key, None)
        self._fresh.clear()

    def _run(self, cursor: Cursor, statement: Statement, values: dict[str, Any]) -> Any:
        prepared = statement.prepared_for(self._dialect_name)
        cursor.execute(prepared.sql, prepared.bind(values))
        return cursor
