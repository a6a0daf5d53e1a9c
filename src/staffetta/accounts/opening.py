"""Making accounts, and what an operator changes of them: hosts, states, options."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from staffetta.accounts import queries
from staffetta.accounts.directory import find_account, host_only
from staffetta.accounts.model import (
    UNLIMITED,
    Account,
    AccountOptions,
    AccountState,
    Owner,
    UserKind,
    reminder_passed,
)
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
    owner: Owner | None = None,
) -> Account:
    """Make an account with its API user `a<id>` and first console user `m<id>`, both with the password given.

    Without a password nobody logs in until one is set. With an `owner` the account has come about by itself: it is
    bound by the terms of service, which nobody has accepted, and its console user has a one-time password.

    Raises:
        AccountExists: the id or a host is taken; a host of the demo account is not, it moves.
        InvalidArgument: no such time zone, or an id out of range.

    """
    chosen = account_id if account_id is not None else queries.largest_id(connection) + 1
    if not 0 < chosen <= LARGEST_ID:
        raise InvalidArgument("an account's id is a positive 32-bit number")
    if account_id is not None and find_account(connection, chosen, anew=True):
        raise AccountExists(f"account {chosen} exists")
    _check_time_zone(time_zone)
    account = Account(
        id=chosen,
        name=name or f"Account {chosen}",
        language=language,
        time_zone=time_zone,
        state=AccountState.TERMS_NOT_ACCEPTED if owner else AccountState.ACTIVE,
        options=AccountOptions(demo=demo),
        hosts=hosts,
        plan=owner.plan if owner else UNLIMITED,
        expires_at=owner.expires_at if owner else None,
        bound_by_terms=owner is not None,
    )
    tx = connection.for_account(chosen)
    tx.configuration_changed()
    queries.insert_account(tx, account, reminded_days=reminder_passed(account.expires_at, now=now), created_at=now)
    for netloc in hosts:
        add_host(connection, chosen, netloc)
    _add_users(tx, account, password, owner, now=now)
    return account


def _add_users(tx: Transaction, account: Account, password: str | None, owner: Owner | None, *, now: datetime) -> None:
    password_hash = NO_PASSWORD if password is None else hash_password(password)
    queries.insert_user(tx, account.api_user, UserKind.API, password_hash, now=now)
    queries.insert_user(
        tx,
        account.console_user,
        UserKind.CONSOLE,
        owner.one_time_hash if owner else password_hash,
        email=owner.email if owner else "",
        name=owner.name if owner else "",
        one_time=owner is not None,
        now=now,
    )


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
    owner = queries.owner_of_host(connection, host)
    if owner == account_id:
        return
    if owner is not None:
        _take_from_demo(connection, host, owner)
    queries.add_host(connection.for_account(account_id), host, netloc.strip().lower())


def _take_from_demo(connection: Connection, host: str, owner: int) -> None:
    tx = connection.for_account(owner)
    if not queries.options_of(tx).demo:
        raise AccountExists(f"{host} leads to account {owner}")
    queries.delete_host(tx, host)


def change_state(tx: Transaction, state: AccountState) -> None:
    """Suspend, expire or reactivate the account; every interface refuses all but active ones."""
    tx.configuration_changed()
    queries.set_state(tx, state)


def change_options(tx: Transaction, options: AccountOptions) -> None:
    """Set the account's switches."""
    tx.configuration_changed()
    queries.set_options(tx, options)
