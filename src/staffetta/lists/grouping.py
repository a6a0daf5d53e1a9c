"""Making, changing and removing groups, and those that every list has."""

from dataclasses import replace
from datetime import datetime

from staffetta.db import Transaction
from staffetta.errors import PermissionDenied
from staffetta.lists import queries
from staffetta.lists.catalog import UnknownList, catalog, get_group, get_list
from staffetta.lists.checking import LONGEST_NAME, check_id, check_text
from staffetta.lists.model import Group, ListExists
from staffetta.lists.naming import named_in

# Contract rest.md 7.4, in the order of the seed's numbers.
STANDARD_GROUPS = {
    "TEST": "Used for test sending.",
    "Subscribed from social network": "Subscribed with their social network account.",
    "Autoprofile": "Subscribers that changed their profile",
}


class GroupNotDeletable(PermissionDenied):
    """Every list keeps this group."""


def add_group(
    tx: Transaction,
    list_id: int,
    name: str,
    *,
    now: datetime,
    group_id: int | None = None,
    notes: str = "",
    deletable: bool = True,
) -> Group:
    """Make a group on a list.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: the name is empty or longer than 50 characters, or the notes are no text.
        ListExists: the id is taken.

    """
    mailing_list = get_list(tx, list_id)
    check_text("notes", notes)
    if group_id is not None:
        check_id(group_id)
        if group_id in catalog(tx, anew=True).groups:
            raise ListExists(f"group {group_id} exists")
        tx.id_is_taken("group", group_id)
    chosen = group_id if group_id is not None else tx.take_id("group")
    group = Group(id=chosen, list_id=mailing_list.id, name=named_in(tx, name), notes=notes, deletable=deletable)
    tx.configuration_changed()
    queries.insert_group(tx, group, created_at=now)
    return group


def obtain_group(tx: Transaction, list_id: int, name: str, *, now: datetime, notes: str = "") -> Group:
    """Return the group that a list has under a name, in any case of letters; without one, make it.

    A name longer than 50 characters is cut (contract 3.2). Of two callers at once one makes it.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: the name is empty or not printable, or the notes are no text.

    """
    # Locked, or two callers at once would each find no such group.
    if queries.find_list(tx, list_id) is None:
        raise UnknownList(f"there is no list {list_id}")
    wanted = " ".join(name.split())[:LONGEST_NAME].strip()
    for group in catalog(tx, anew=True).groups_of(list_id):
        if group.name.casefold() == wanted.casefold():
            return group
    return add_group(tx, list_id, wanted, notes=notes, now=now)


def add_standard_groups(tx: Transaction, list_id: int, *, now: datetime) -> None:
    """Give a new list the groups that no list is without."""
    for name, notes in STANDARD_GROUPS.items():
        add_group(tx, list_id, name, now=now, notes=notes, deletable=False)


def change_group(
    tx: Transaction, list_id: int, group_id: int, *, name: str | None = None, notes: str | None = None
) -> Group:
    """Change a group's name, its notes, or both; None leaves what there is.

    Raises:
        UnknownList, UnknownGroup: the account has no such list, or the list no such group.
        InvalidArgument: the name is empty or longer than 50 characters, or the notes are no text.

    """
    group = get_group(tx, list_id, group_id)
    if name is not None and name != group.name:
        group = replace(group, name=named_in(tx, name))
    if notes is not None:
        check_text("notes", notes)
        group = replace(group, notes=notes)
    tx.configuration_changed()
    queries.update_group(tx, group)
    return group


def remove_group(tx: Transaction, list_id: int, group_id: int) -> None:
    """Remove a group; its members stay on the list.

    Raises:
        UnknownList, UnknownGroup: the account has no such list, or the list no such group.
        GroupNotDeletable: every list keeps it.

    """
    require_removable(tx, list_id, group_id)
    tx.configuration_changed()
    queries.delete_group(tx, group_id)


def require_removable(tx: Transaction, list_id: int, group_id: int) -> None:
    """Refuse what would not be removed, as `remove_group` does."""
    group = get_group(tx, list_id, group_id)
    if not group.deletable:
        raise GroupNotDeletable(f"the group {group.name} belongs to every list and cannot be deleted")
