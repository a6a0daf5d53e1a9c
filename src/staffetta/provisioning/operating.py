"""What the operator sees and does of activations: list, retry, block, maintenance."""

from datetime import datetime

from staffetta.accounts import MAINTENANCE, is_on, switch_off, switch_on
from staffetta.db import Connection
from staffetta.provisioning import queries
from staffetta.provisioning.model import Activation, ActivationState, NotOperable, UnknownActivation

LARGEST_ID = 2**31 - 1


def list_activations(
    connection: Connection, *, state: ActivationState | None = None, before: int = LARGEST_ID, most: int = 50
) -> list[Activation]:
    """Return activations, newest first; `before` is the id that the page before has ended with."""
    return queries.page(connection, state=state, before=before, most=most)


def get_activation(connection: Connection, activation_id: int) -> Activation:
    """Return an activation, or raise UnknownActivation."""
    found = queries.find_activation(connection, activation_id)
    if found is None:
        raise UnknownActivation(f"there is no activation {activation_id}")
    return found


def retry(connection: Connection, activation_id: int, *, now: datetime) -> Activation:
    """Have an activation tried anew, at once and as often as a new one.

    Raises:
        UnknownActivation: there is none of this id.
        NotOperable: it is done, or being done.

    """
    found = get_activation(connection, activation_id)
    if not queries.retry(connection, activation_id, now=now):
        raise NotOperable(f"activation {activation_id} is {_words(found.state)}: there is nothing to try again")
    return get_activation(connection, activation_id)


def block(connection: Connection, activation_id: int, *, reason: str, now: datetime) -> Activation:
    """Let nothing come of an activation; a try that is under way comes to nothing.

    Raises:
        UnknownActivation: there is none of this id.
        NotOperable: it is done: suspend the account.

    """
    found = get_activation(connection, activation_id)
    if not queries.block(connection, activation_id, reason, now=now):
        raise NotOperable(f"activation {activation_id} is processed: suspend account {found.account_id}")
    return get_activation(connection, activation_id)


def begin_maintenance(connection: Connection, *, now: datetime) -> int:
    """Let no account come about; what is asked for waits, as MANUAL. Returns how many begin to wait."""
    switch_on(connection, MAINTENANCE, now=now)
    return queries.stand_by_all(connection, now=now)


def end_maintenance(connection: Connection, *, now: datetime) -> int:
    """Let accounts come about again, those first that have waited. Returns how many they are."""
    switch_off(connection, MAINTENANCE)
    return queries.go_on(connection, now=now)


def in_maintenance(connection: Connection) -> bool:
    """Tell whether no account comes about at the moment."""
    return is_on(connection, MAINTENANCE)


def _words(state: ActivationState) -> str:
    return state.name.lower().replace("_", " ")
