"""Making accounts, and what an operator changes of them: hosts, states, options."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from staffetta.accounts import queries
from staffetta.accounts.directory import directory, host_only
from staffetta.accounts.model import Account, AccountOptions, AccountState, UserKind
from staffetta.accounts.passwords import NO_PASSWORD, hash_password
from staffetta.db import Connection, Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.kit.languages import Language

LARGEST_ID = 2**31 - 1


class AccountExists(FailedPrecondition):
    """The account, or a host or login that it asks for, is taken."""


def create_account(
    connection: Connection,
    *,
    account_id: int | None,
    name: str,
    hosts: tuple[str, ...],
    password: str | None,
    now: datetime,
    language: Language = Language.EN,
    time_zone: str = "Europe/Rome",
    demo: bool = False,
) -> Account:
    """Make an account with its API user `a<id>` and first console user `m<id>`, both with the password given.

    Without a password nobody logs in until one is set.

    Raises:
        AccountExists: the id or a host is taken; a host of the demo account is not, it moves.
        InvalidArgument: no such time zone, or an id out of range.

    """
    known = directory(connection, anew=True)
    chosen = account_id if account_id is not None else max(known.by_id, default=0) + 1
    if not 0 < chosen <= LARGEST_ID:
        raise InvalidArgument("an account's id is a positive 32-bit number")
    if chosen in known.by_id:
        raise AccountExists(f"account {chosen} exists")
    _check_time_zone(time_zone)
    account = Account(
        id=chosen,
        name=name or f"Account {chosen}",
        language=language,
        time_zone=time_zone,
        state=AccountState.ACTIVE,
        options=AccountOptions(demo=demo),
        hosts=hosts,
    )
    tx = connection.for_account(chosen)
    tx.configuration_changed()
    queries.insert_account(tx, account, created_at=now)
    for netloc in hosts:
        add_host(connection, chosen, netloc)
    password_hash = hash_password(password) if password is not None else NO_PASSWORD
    queries.insert_user(tx, account.api_user, UserKind.API, password_hash, now=now)
    queries.insert_user(tx, f"m{chosen}", UserKind.CONSOLE, password_hash, now=now)
    return account


def _check_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidArgument(f"{name!r} is not a time zone such as Europe/Rome") from error


def add_host(connection: Connection, account_id: int, netloc: str) -> None:
    """Lead a console host to an account; a host of the demo account moves.

    Raises:
        AccountExists: the host leads to another account.

    """
    host = host_only(netloc)
    if not host or any(character in netloc.strip() for character in " /?#@"):
        raise InvalidArgument(f"{netloc!r} is not a host name such as news.example.com")
    connection.configuration_changed()
    accounts = directory(connection, anew=True)
    owner = accounts.by_host.get(host)
    if owner and owner.id == account_id:
        return
    if owner and not owner.options.demo:
        raise AccountExists(f"{host} leads to account {owner.id}")
    if owner:
        queries.delete_host(connection.for_account(owner.id), host)
    ordinal = len(accounts.by_id[account_id].hosts)
    queries.insert_host(connection.for_account(account_id), host, netloc.strip().lower(), ordinal=ordinal)


def change_state(tx: Transaction, state: AccountState) -> None:
    """Suspend, expire or reactivate the account; every interface refuses all but active ones."""
    tx.configuration_changed()
    queries.set_state(tx, state)


def change_options(tx: Transaction, options: AccountOptions) -> None:
    """Set the account's switches."""
    tx.configuration_changed()
    queries.set_options(tx, options)
