"""What an operator has switched on for the whole installation, such as maintenance."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from staffetta.accounts.tables import platform_switches
from staffetta.db import Connection, Statement, brief

# While it lasts no account comes about by itself.
MAINTENANCE: Final = "maintenance"

_NAMED = platform_switches.c.name == bindparam("switch")

SWITCH = Statement(select(platform_switches.c.since).where(_NAMED))
INSERT_SWITCH = Statement(insert(platform_switches).values(name=bindparam("switch"), since=bindparam("since")))
DELETE_SWITCH = Statement(delete(platform_switches).where(_NAMED))


@brief
def is_on(connection: Connection, name: str) -> bool:
    """Tell whether a switch of the installation is on."""
    return connection.first(SWITCH, switch=name) is not None


def switch_on(connection: Connection, name: str, *, now: datetime) -> None:
    """Switch something on; a repeat changes nothing."""
    if not is_on(connection, name):
        connection.run(INSERT_SWITCH, switch=name, since=now)


def switch_off(connection: Connection, name: str) -> None:
    """Switch something off; a repeat changes nothing."""
    connection.run(DELETE_SWITCH, switch=name)
