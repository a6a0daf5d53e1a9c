"""A small service of the tests' own, behind the whole SOAP layer."""

import pytest

from interfaces.soap.asking import Asker
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
