from datetime import timedelta

import pytest

from staffetta.accounts import MAINTENANCE, is_on, switch_off, switch_on
from trying import NOON, undone


@pytest.fixture
def connection(own_database):
    yield from undone(own_database)


def test_maintenance_is_switched_on_and_off_and_a_repeat_is_harmless(connection):
    assert not is_on(connection, MAINTENANCE)

    switch_on(connection, MAINTENANCE, now=NOON)
    switch_on(connection, MAINTENANCE, now=NOON + timedelta(hours=1))

    assert is_on(connection, MAINTENANCE)
    assert not is_on(connection, "another")

    switch_off(connection, MAINTENANCE)
    switch_off(connection, MAINTENANCE)

    assert not is_on(connection, MAINTENANCE)
