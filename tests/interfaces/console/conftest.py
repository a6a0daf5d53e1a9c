"""People at browsers: one who was just given an account, and one who has been there for a while."""

from collections.abc import AsyncIterator

import pytest

from interfaces.console.visitors import Visitor, make_applicant, visit
from staffetta.accounts import AccountState, change_state
from staffetta.db import Database
from staffetta.interfaces.platform import Platform


@pytest.fixture
async def newcomer(platform: Platform, database: Database) -> AsyncIterator[Visitor]:
    """Somebody with a one-time password, who has accepted nothing."""
    async with visit(platform, make_applicant(database)) as visitor:
        yield visitor


@pytest.fixture
async def visitor(platform: Platform, database: Database) -> AsyncIterator[Visitor]:
    """Somebody with a password of their own, whose account is active."""
    account = make_applicant(database)
    with database.transaction(account.id) as tx:
        change_state(tx, AccountState.ACTIVE)
    async with visit(platform, account) as opened:
        opened.settle()
        yield opened
