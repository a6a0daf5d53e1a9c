"""An application and an account with a password, and the door that both come by."""

from collections.abc import AsyncIterator

import pytest

from interfaces.oauth.door import Door, House, make_house, open_door
from staffetta.db import Database
from staffetta.interfaces.platform import Platform


@pytest.fixture(scope="module")
def house(database: Database) -> House:
    return make_house(database)


@pytest.fixture
async def door(platform: Platform, house: House) -> AsyncIterator[Door]:
    async with open_door(platform, house) as opened:
        yield opened


@pytest.fixture
async def other_door(platform: Platform, database: Database) -> AsyncIterator[Door]:
    """A door of an account that the test may close."""
    async with open_door(platform, make_house(database)) as opened:
        yield opened
