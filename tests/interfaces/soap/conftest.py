"""A small service of the tests' own, behind the whole SOAP layer."""

from dataclasses import replace

import pytest

from interfaces.soap.asking import Asker
from interfaces.soap.programs import account_beside, program_of
from interfaces.soap.small_service import PATH, Heard, small_service
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap import Soap


@pytest.fixture
def heard() -> Heard:
    """What reached the operations of the small service."""
    return Heard()


@pytest.fixture
def small(unlimited: Platform, heard: Heard) -> Asker:
    """`await small.call("<GetLists/>")`: calls of the small service, which asks no database."""
    return Asker(Soap(unlimited, [small_service(heard)]), PATH, "console.example")


@pytest.fixture
def woken() -> list[bool]:
    """An entry for each time the sender was woken."""
    return []


@pytest.fixture
def program(unlimited, account, woken):
    """A program that calls the platform with a session of the account."""
    return program_of(replace(unlimited, wake_sender=lambda: woken.append(True)), account)


@pytest.fixture
def theirs(unlimited, account):
    """A program of another account."""
    return program_of(unlimited, account_beside(unlimited.database, account))


@pytest.fixture
def changing(database, account):
    """`changing(operation, …)`: an operation on the account, committed."""

    def change(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return change
