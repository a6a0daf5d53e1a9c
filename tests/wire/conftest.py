"""What wire cases are played on: the whole application, an importer that runs, and an account for each case."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from interfaces.oauth.door import CHEAP_HASH, PASSWORD, SET_PASSWORD
from interfaces.rest.calling import token_of
from staffetta import __version__
from staffetta.access import add_application
from staffetta.accounts import Account
from staffetta.app import application
from staffetta.db import Database
from staffetta.imports import Importer
from staffetta.interfaces.platform import Platform
from staffetta.kit.clock import utc_now


@pytest.fixture
async def whole(unlimited: Platform, database: Database) -> AsyncIterator[Any]:
    """The application of every interface, with an importer at work."""
    importer = Importer(database)
    work = asyncio.create_task(importer.run())
    yield application(replace(unlimited, wake_importer=importer.wake))
    importer.stop()
    await work


@pytest.fixture
def known(database: Database, account: Account) -> dict[str, str]:
    """What the names in wire cases stand for: a fresh account, its users, and an application."""
    with database.connection() as connection:
        within = connection.for_account(account.id)
        within.run(SET_PASSWORD, hash=CHEAP_HASH)
        new = add_application(
            connection, f"Wire {os.urandom(4).hex()}", client_id=None, client_secret=None, now=utc_now()
        )
    client_id, client_secret = new.application.client_id, new.client_secret
    return {
        "account": str(account.id),
        "api_user": account.api_user,
        "basic": b64encode(f"{client_id}:{client_secret}".encode()).decode(),
        "client": client_id,
        "company": account.name,
        "console_user": f"m{account.id}",
        "host": account.host,
        "password": PASSWORD.replace(" ", "+"),
        "secret": client_secret,
        "token": token_of(database, account),
        "version": __version__,
    }
