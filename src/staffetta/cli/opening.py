"""How commands come to the database: beside a running server, in a transaction of their own."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from staffetta.accounts import Account, get_account
from staffetta.db import Database, Statement, Transaction, open_database
from staffetta.db.upgrading import require_current, revision, upgrade
from staffetta.errors import FailedPrecondition
from staffetta.kit.clock import utc_now
from staffetta.outbox import count_senders
from staffetta.settings import read_settings

AccountId = Annotated[int | None, typer.Option("--account", metavar="N", help="Account id; default: the only one.")]


@contextmanager
def opened(*, making: bool = False) -> Iterator[Database]:
    """Open the database, whose tables must be this version's; `making` makes them where there are none at all.

    Raises:
        FailedPrecondition: there is no database, or its tables are of another version.

    """
    settings = read_settings()
    if not making:
        _require_file(settings.database_url)
    database = open_database(settings)
    try:
        if making and revision(settings.database_url) is None:
            upgrade(settings.database_url)
        require_current(settings.database_url)
        yield database
    finally:
        database.close()


@contextmanager
def account_opened(account_id: int | None) -> Iterator[tuple[Account, Transaction]]:
    """Open a transaction of one account, of the only one where none is named; it commits unless refused.

    Raises:
        UnknownAccount: there is none of this id, or several to choose from.

    """
    with opened() as database, database.connection() as connection:
        account = get_account(connection, account_id)
        yield account, connection.for_account(account.id)


def server_runs() -> bool:
    """Tell whether a server has the SQLite file: then others wait while we write."""
    url = read_settings().database_url
    if not url.startswith("sqlite:///"):
        return False
    lock = Path(url.removeprefix("sqlite:///") + ".lock").expanduser()
    try:
        with lock.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def somebody_sends(database: Database) -> bool:
    """Tell whether a process runs that hands mail over: on SQLite the server, on PostgreSQL any sender."""
    if read_settings().database_url.startswith("sqlite:///"):
        return server_runs()
    with database.connection() as connection:
        return count_senders(connection, now=utc_now()) > 0


class PiecewiseTransaction(Transaction):
    """Reads each batch in a transaction of its own, so that a long reading holds no running server up."""

    def __init__(self, database: Database, account_id: int) -> None:  # the session is that of each batch
        self._database = database
        self.account_id = account_id

    def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run a statement and return its rows."""
        with self._database.transaction(self.account_id) as tx:
            return tx.all(statement, **values)

    def first(self, statement: Statement, **values: Any) -> Any:
        """Run a statement and return its first row, or None."""
        with self._database.transaction(self.account_id) as tx:
            return tx.first(statement, **values)


def _require_file(url: str) -> None:
    """Refuse a missing SQLite file, which opening it would make."""
    if url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///")).expanduser()
        if not file.exists():
            raise FailedPrecondition(
                f"there is no database at {file} yet: run `staffetta account add`, or `staffetta up --demo`"
            )
