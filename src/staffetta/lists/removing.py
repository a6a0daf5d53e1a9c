"""Removing a list itself; those who were on it are for `recipients` to see to."""

from staffetta.db import Transaction
from staffetta.errors import PermissionDenied
from staffetta.lists import queries
from staffetta.lists.catalog import get_list

FIRST_LIST = 1


class ListNotDeletable(PermissionDenied):
    """List 1 holds the account's defaults."""


def delete_list(tx: Transaction, list_id: int) -> None:
    """Delete a list with its groups and their memberships, and nothing else that is about it.

    Raises:
        UnknownList: the account has no such list.
        ListNotDeletable: it is list 1.

    """
    require_deletable(tx, list_id)
    tx.configuration_changed()
    queries.delete_list(tx, list_id)


def require_deletable(tx: Transaction, list_id: int) -> None:
    """Refuse what would not be deleted, as `delete_list` does."""
    get_list(tx, list_id)
    if list_id == FIRST_LIST:
        raise ListNotDeletable("list 1 cannot be deleted: it holds the account's default settings")
