"""An account whose form pages are called, and a second one, so that the host decides."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from interfaces.frontend.calls import Site
from staffetta.accounts import Account, create_account
from staffetta.db import Database
from staffetta.interfaces.platform import Platform
from staffetta.lists import furnish

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def site(platform: Platform, account: Account) -> Site:
    """The form pages of the test's own account."""
    return Site(platform, account)


@pytest.fixture
def other_site(site: Site, database: Database) -> Site:
    """The form pages of another account of the same platform."""
    host = f"beside{site.account.id}-{os.getpid()}.example"
    with database.connection() as connection:
        other = create_account(connection, account_id=None, name="", hosts=(host,), password=None, now=NOW)
        furnish(connection.for_account(other.id), other, now=NOW)
    return replace(site, account=other)


@pytest.fixture
def now() -> datetime:
    """When the test takes place."""
    return NOW
