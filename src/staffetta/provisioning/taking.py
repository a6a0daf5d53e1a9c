"""Taking the next activation: from the commit on nobody else works at it, until whoever took it has had time enough."""

from datetime import datetime
from typing import NamedTuple

import structlog

from staffetta.accounts import MAINTENANCE, is_on
from staffetta.db import Connection, brief
from staffetta.provisioning import queries
from staffetta.provisioning.model import LEASE, MOST_ATTEMPTS, Activation
from staffetta.provisioning.requesting import NOBODY

log = structlog.get_logger()


class Taken(NamedTuple):
    """An activation in progress, and the id that its account will have."""

    activation: Activation
    account_id: int


@brief
def is_due(connection: Connection, *, now: datetime) -> bool:
    """Tell whether there is anything to take."""
    return queries.any_due(connection, now=now)


def take(connection: Connection, *, now: datetime) -> Taken | None:
    """Take the activation that is due for the longest time; during maintenance none is, and what is due is MANUAL.

    One that was taken and not settled within the lease is taken again. What that has happened to five times has an
    ERROR: it may be what kills the process.
    """
    if is_on(connection, MAINTENANCE):
        queries.stand_by(connection, now=now)
        return None
    for activation_id in queries.give_up(connection, f"was begun {MOST_ATTEMPTS} times and never ended", now=now):
        log.error("an activation was given up", activation=activation_id)
    activation = queries.claim(connection, until=now + LEASE, now=now)
    return Taken(activation, _account_id(connection)) if activation else None


def _account_id(connection: Connection) -> int:
    """Return an id that no account has; the password is made for it before the account is."""
    counted = connection.for_account(NOBODY)
    counted.id_is_taken("account", queries.largest_account_id(connection))
    return counted.take_id("account")
