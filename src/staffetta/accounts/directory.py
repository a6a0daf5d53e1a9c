"""Which account a request belongs to: by its host, falling back to the only account there is."""

from dataclasses import dataclass
from types import MappingProxyType

from staffetta.accounts import queries
from staffetta.accounts.model import Account, AccountOptions
from staffetta.db import Connection, Database, Transaction
from staffetta.errors import NotFound

DIRECTORY = "directory"
OPTIONS = "options"


class UnknownAccount(NotFound):
    """No account answers to this host or id."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Every account of the installation, kept in memory; hosts are without port and in lower case."""

    by_id: MappingProxyType[int, Account]
    by_host: MappingProxyType[str, Account]

    def find(self, host: str) -> Account | None:
        """Return the account of a host, or the only account whatever the host."""
        found = self.by_host.get(host)
        if found is None and len(self.by_id) == 1:
            return next(iter(self.by_id.values()))
        return found


def directory(connection: Connection, *, anew: bool = False) -> Directory:
    """Return the accounts as they are now."""
    return connection.cached(DIRECTORY, _load, anew=anew)


def _load(connection: Connection) -> Directory:
    accounts = {account.id: account for account in queries.all_accounts(connection)}
    hosts = {host_only(netloc): account for account in accounts.values() for netloc in account.hosts}
    return Directory(MappingProxyType(accounts), MappingProxyType(hosts))


async def account_of_host(database: Database, host: str) -> Account | None:
    """Return the account that a request for `host` (no port, lower case) belongs to; from memory in most cases."""
    found = (await database.cached(DIRECTORY, _load)).find(host)
    return found or (await database.read_across(directory, anew=True)).find(host)


async def account_of_id(database: Database, account_id: int) -> Account:
    """Return an account by its id; from memory in most cases.

    Raises:
        UnknownAccount: there is none of this id.

    """
    found = (await database.cached(DIRECTORY, _load)).by_id.get(account_id)
    return await database.read_across(get_account, account_id) if found is None else found


def get_account(connection: Connection, account_id: int | None = None) -> Account:
    """Return an account by its id; without one, the only account there is.

    Raises:
        UnknownAccount: there is none of this id, or several to choose from.

    """
    accounts = directory(connection, anew=True).by_id
    if account_id is None:
        if len(accounts) != 1:
            raise UnknownAccount("name an account with --account: there is not exactly one")
        return next(iter(accounts.values()))
    if account_id not in accounts:
        raise UnknownAccount(f"there is no account {account_id}")
    return accounts[account_id]


def options_of(tx: Transaction) -> AccountOptions:
    """Return the account's switches, from memory in most cases."""
    return tx.cached(OPTIONS, queries.options_of)


def host_only(netloc: str) -> str:
    """Return a host without its port, in lower case; an IPv6 address keeps its brackets."""
    name = netloc.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]
