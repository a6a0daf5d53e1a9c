"""Which account a request belongs to: by its host, falling back to the only account there is."""

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from staffetta.accounts import queries
from staffetta.accounts.model import Account, AccountOptions
from staffetta.db import Connection, Database, Transaction, brief
from staffetta.errors import NotFound

ACCOUNT = "account"
DIRECTORY = "directory"
ONLY = "the only account"
OPTIONS = "options"


class UnknownAccount(NotFound):
    """No account answers to this host or id."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Every account of the installation; hosts are without port and in lower case."""

    by_id: MappingProxyType[int, Account]
    by_host: MappingProxyType[str, Account]


def directory(connection: Connection, *, anew: bool = False) -> Directory:
    """Return all accounts, for those few who list them: it costs by their number, a look-up of one does not."""
    return connection.cached(DIRECTORY, _load, anew=anew)


def _load(connection: Connection) -> Directory:
    accounts = {account.id: account for account in queries.all_accounts(connection)}
    hosts = {host_only(netloc): account for account in accounts.values() for netloc in account.hosts}
    return Directory(MappingProxyType(accounts), MappingProxyType(hosts))


async def account_of_host(database: Database, host: str) -> Account | None:
    """Return the account that a request for `host` (no port, lower case) belongs to; from memory in most cases.

    Only hosts that lead somewhere stay in memory: strangers make up as many others as they like.
    """
    for account in await database.cached(ONLY, _load_only):
        return account
    try:
        return await database.cached(f"account of {host}", brief(partial(_account_of_host, host=host)))
    except UnknownAccount:
        return await database.read_across(_only_now)


@brief
def _load_only(connection: Connection) -> tuple[Account, ...]:
    """Return the only account there is, which answers to every host; nothing where there are none or several."""
    only = queries.only_id(connection)
    return (get_account(connection, only),) if only else ()


def _account_of_host(connection: Connection, *, host: str) -> Account:
    owner = queries.owner_of_host(connection, host)
    if owner is None:
        raise UnknownAccount("no account answers to this host")
    return get_account(connection, owner)


@brief
def _only_now(connection: Connection) -> Account | None:
    return next(iter(connection.cached(ONLY, _load_only, anew=True)), None)


async def account_of_id(database: Database, account_id: int) -> Account:
    """Return an account by its id; from memory in most cases.

    Raises:
        UnknownAccount: there is none of this id.

    """
    return await database.cached_of(account_id, ACCOUNT, _load_account)


def get_account(connection: Connection, account_id: int | None = None) -> Account:
    """Return an account as it is now, by its id; without one, the only account there is.

    Raises:
        UnknownAccount: there is none of this id, or several to choose from.

    """
    chosen = queries.only_id(connection) if account_id is None else account_id
    if account_id is None and not chosen:
        raise UnknownAccount("name an account with --account: there is not exactly one")
    return connection.for_account(chosen).cached(ACCOUNT, _load_account, anew=True)


def find_account(connection: Connection, account_id: int, *, anew: bool = False) -> Account | None:
    """Return an account by its id, from memory in most cases, or None."""
    try:
        return connection.for_account(account_id).cached(ACCOUNT, _load_account, anew=anew)
    except UnknownAccount:
        return None


@brief
def _load_account(tx: Transaction) -> Account:
    found = queries.find_account(tx)
    if found is None:
        raise UnknownAccount(f"there is no account {tx.account_id}")
    return found


def options_of(tx: Transaction) -> AccountOptions:
    """Return the account's switches, from memory in most cases."""
    return tx.cached(OPTIONS, queries.options_of)


def host_only(netloc: str) -> str:
    """Return a host without its port, in lower case; an IPv6 address keeps its brackets."""
    name = netloc.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]
