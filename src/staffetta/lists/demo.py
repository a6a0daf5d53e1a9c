"""The demo account: made once, so that a newcomer has something to post to."""

from datetime import datetime

from staffetta.accounts import OPERATOR, Account, create_account, directory, host_only, open_import
from staffetta.db import Connection
from staffetta.lists.making import furnish


def find_demo(connection: Connection) -> Account | None:
    """Return the demo account, if there is one."""
    accounts = directory(connection, anew=True).by_id.values()
    return next((account for account in accounts if account.options.demo), None)


def make_demo(connection: Connection, *, hosts: tuple[str, ...], password: str, now: datetime) -> Account:
    """Make the demo account with what a fresh account has; its hosts are those that no other account answers to."""
    taken = directory(connection, anew=True).by_host
    free = tuple(host for host in hosts if host_only(host) not in taken)
    account = create_account(
        connection, account_id=None, name="Demo", hosts=free, password=password, now=now, demo=True
    )
    tx = connection.for_account(account.id)
    furnish(tx, account, now=now)
    open_import(tx, by=OPERATOR, now=now)
    return account
