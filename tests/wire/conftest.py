"""What wire cases are played on: the whole application, workers that run, and an account for each case."""

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
from staffetta.access import PROVISIONING, NewApplication, add_application
from staffetta.accounts import Account
from staffetta.app import application
from staffetta.db import Database
from staffetta.imports import Importer
from staffetta.interfaces.platform import Platform
from staffetta.kit.clock import utc_now
from staffetta.provisioning import Provisioner


@pytest.fixture
async def whole(unlimited: Platform, database: Database) -> AsyncIterator[Any]:
    """The application of every interface, with the workers of imports and of activations."""
    importer = Importer(database)
    provisioner = Provisioner(unlimited.settings, database, unlimited.signer)
    work = [asyncio.create_task(each.run()) for each in (importer, provisioner)]
    yield application(replace(unlimited, wake_importer=importer.wake, wake_provisioner=provisioner.wake))
    importer.stop()
    provisioner.stop()
    await asyncio.gather(*work)


@pytest.fixture
def known(database: Database, account: Account) -> dict[str, str]:
    """What the names in wire cases stand for: a fresh account, its users, and an application."""
    with database.connection() as connection:
        within = connection.for_account(account.id)
        within.run(SET_PASSWORD, hash=CHEAP_HASH)
        new = add_application(
            connection, f"Wire {os.urandom(4).hex()}", client_id=None, client_secret=None, now=utc_now()
        )
        provisioning = add_application(
            connection, f"Provisioning {os.urandom(4).hex()}", features=(PROVISIONING,), now=utc_now()
        )
    client_id, client_secret = new.application.client_id, new.client_secret
    return {
        "account": str(account.id),
        "api_user": account.api_user,
        "applicant_ip": _address_of(account),
        "basic": _basic(new),
        "basic_provisioning": _basic(provisioning),
        "client": client_id,
        "company": account.name,
        "console_user": f"m{account.id}",
        "host": account.host,
        "password": PASSWORD.replace(" ", "+"),
        "secret": client_secret,
        "token": token_of(database, account),
        "version": __version__,
    }


def _basic(new: NewApplication) -> str:
    return b64encode(f"{new.application.client_id}:{new.client_secret}".encode()).decode()


def _address_of(account: Account) -> str:
    """Return an address that no other case has; a digit at its end makes it another one."""
    high, low = divmod(account.id, 0x1000)
    return f"2001:db8:{os.getpid() & 0xFFFF:x}::{high >> 16:x}:{high & 0xFFFF:x}:{low:x}"
