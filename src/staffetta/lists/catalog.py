"""An account's lists, groups and fields, all of them, kept in memory: every sign-up looks into them."""

from dataclasses import dataclass
from types import MappingProxyType

from staffetta.db import Database, Transaction, brief
from staffetta.errors import NotFound
from staffetta.lists import queries
from staffetta.lists.model import Field, Group, MailingList

CATALOG = "catalog"


class UnknownList(NotFound):
    """The account has no such list."""


class UnknownGroup(NotFound):
    """The list has no such group."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What an account's lists are; by id, in the order of the ids."""

    lists: MappingProxyType[int, MailingList]
    groups: MappingProxyType[int, Group]
    fields: MappingProxyType[int, Field]

    def groups_of(self, list_id: int) -> tuple[Group, ...]:
        """Return the groups of a list."""
        return tuple(group for group in self.groups.values() if group.list_id == list_id)


def catalog(tx: Transaction, *, anew: bool = False) -> Catalog:
    """Return the account's lists, groups and fields as they are now."""
    return tx.cached(CATALOG, _load, anew=anew)


def _load(tx: Transaction) -> Catalog:
    return Catalog(
        MappingProxyType({each.id: each for each in queries.all_lists(tx)}),
        MappingProxyType({each.id: each for each in queries.all_groups(tx)}),
        MappingProxyType({each.id: each for each in queries.all_fields(tx)}),
    )


def get_lists(tx: Transaction, list_ids: tuple[int, ...]) -> list[MailingList]:
    """Return lists by their ids, in the order asked for.

    Raises:
        UnknownList: the account has not all of them.

    """
    known = catalog(tx).lists
    if not all(list_id in known for list_id in list_ids):
        known = catalog(tx, anew=True).lists
    try:
        return [known[list_id] for list_id in list_ids]
    except KeyError as missing:
        raise UnknownList(f"there is no list {missing.args[0]}") from missing


async def catalog_of(database: Database, account_id: int) -> Catalog:
    """Return the account's lists, groups and fields, from memory in most cases."""
    return await database.cached_of(account_id, CATALOG, _load)


async def list_of(database: Database, account_id: int, list_id: int) -> MailingList:
    """Return a list by its id, from memory in most cases, or raise UnknownList."""
    found = (await catalog_of(database, account_id)).lists.get(list_id)
    if found is None:
        found = await database.read(account_id, get_list, list_id)
    return found


@brief
def get_list(tx: Transaction, list_id: int) -> MailingList:
    """Return a list by its id, or raise UnknownList."""
    return get_lists(tx, (list_id,))[0]


def get_group(tx: Transaction, list_id: int, group_id: int) -> Group:
    """Return a group of a list.

    Raises:
        UnknownList: the account has no such list.
        UnknownGroup: the list has no such group.

    """
    mailing_list = get_list(tx, list_id)
    found = find_groups(tx, (group_id,), list_ids=(mailing_list.id,))
    if not found:
        raise UnknownGroup(f"list {list_id} has no group {group_id}")
    return found[0]


def find_groups(tx: Transaction, group_ids: tuple[int, ...], *, list_ids: tuple[int, ...]) -> list[Group]:
    """Return the groups that exist and belong to one of the lists; others are passed over (contract 9.2)."""
    if not group_ids:
        return []
    known = catalog(tx).groups
    if not all(group_id in known for group_id in group_ids):
        known = catalog(tx, anew=True).groups
    found = (known[group_id] for group_id in group_ids if group_id in known)
    return [group for group in found if group.list_id in list_ids]
