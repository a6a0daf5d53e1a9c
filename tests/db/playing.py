"""Operations that the tests of the database run: they put names into a table that takes any, and look for them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from staffetta.db import ALONE, Call, Connection, Database, Statement, Transaction, brief, together
from staffetta.errors import FailedPrecondition, Refusal
from staffetta.recipients.model import Cause
from staffetta.recipients.tables import suppressions

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

PUT = Statement(
    insert(suppressions).values(
        account_id=bindparam("account_id"),
        **{name: bindparam(name) for name in ("address", "cause", "suppressed_at")},
    )
)
NAMES = Statement(select(suppressions.c.address).where(suppressions.c.account_id == bindparam("account_id")))


def put(tx: Transaction, name: str) -> str:
    """Keep a name and return it."""
    tx.run(PUT, address=name, cause=Cause.BOUNCE, suppressed_at=NOON)
    return name


def put_and_refuse(tx: Transaction, name: str) -> None:
    """Keep a name, then find that it may not be kept."""
    put(tx, name)
    raise FailedPrecondition(name)


def put_and_fail(tx: Transaction, name: str) -> None:
    """Keep a name, then fall over a mistake of ours."""
    put(tx, name)
    raise ZeroDivisionError(name)


def refuse(tx: Transaction, name: str) -> None:
    """Refuse before anything has changed."""
    raise FailedPrecondition(name)


def _put_together(calls: Sequence[Call]) -> list[Any]:
    """Put all at once, but for the names that ask to be put alone or fall over."""
    if any(call.args[0] == "falls over" for call in calls):
        calls[0].answer(put)
        raise ZeroDivisionError
    with calls[0].tx.gathering():
        return [ALONE if call.args[0].startswith("alone") else _put_in_company(call) for call in calls]


def _put_in_company(call: Call) -> Any:
    match call.args[0].partition(" ")[0]:
        case "refused":
            return call.answer(refuse)
        case "spoilt":
            return call.answer(put_and_refuse)
        case "read":
            call.tx.all(NAMES)
    answer = call.answer(put)
    return answer if isinstance(answer, Refusal) else f"{answer} in company"


@together(_put_together)
def put_in_company(tx: Transaction, name: str) -> str:
    """Keep a name and return it; where several do so at once, say that they were several."""
    match name.partition(" ")[0]:
        case "refused":
            refuse(tx, name)
        case "spoilt":
            put_and_refuse(tx, name)
        case "falls":
            raise ZeroDivisionError(name)
    return put(tx, name)


def take(tx: Transaction, *, fails: bool) -> int:
    """Keep an id of the connection's block under its own number; `fails` refuses afterwards."""
    number = tx.pooled_id("played")
    put(tx, f"{number}")
    if fails:
        raise FailedPrecondition(str(number))
    return number


def names(tx: Transaction) -> set[str]:
    """Return the names that the account keeps."""
    return {row.address for row in tx.all(NAMES)}


def quickly(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operation as one that was marked as brief."""

    def quick(*args: Any, **kwargs: Any) -> Any:
        return operation(*args, **kwargs)

    return brief(quick)


def execute(connection: Connection, statement: str) -> list[Any]:
    """Run a statement as it stands, past every wall."""
    cursor = connection._session.cursor
    cursor.execute(statement)
    if connection._session.dialect_name == "postgresql" and not cursor.description:
        return []
    return list(cursor.fetchall())


def names_seen_by_others(database: Database, account_id: int) -> set[str]:
    """Return the names that a connection of its own sees."""
    with database.transaction(account_id) as tx:
        return names(tx)
