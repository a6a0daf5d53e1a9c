"""Who calls the REST services: the API user of the test's own account, and those of others."""

import os
from collections.abc import Callable

import pytest

from interfaces.rest.calling import Caller, caller
from staffetta.accounts import Account, create_account
from staffetta.db import Database
from staffetta.interfaces.platform import Platform
from staffetta.kit.clock import utc_now
from staffetta.lists import furnish


@pytest.fixture
def rest(unlimited: Platform, account: Account) -> Caller:
    """`await rest.get("List/1/Groups")`: calls of the account's API user, below ConsoleService.svc/."""
    return caller(unlimited, account)


@pytest.fixture
def rest_of(unlimited: Platform) -> Callable[..., Caller]:
    """`rest_of(account)` or `rest_of(account, login)`: calls of another account's or another user."""
    return lambda account, login="": caller(unlimited, account, login)


@pytest.fixture
def other_account(database: Database, account: Account) -> Account:
    """A second account, with a list 1 of its own, for `rest_of`."""
    now, host = utc_now(), f"beside{account.id}-{os.getpid()}.rest.example"
    with database.connection() as connection:
        other = create_account(connection, account_id=None, name="Other", hosts=(host,), password=None, now=now)
        furnish(connection.for_account(other.id), other, now=now)
    return other
