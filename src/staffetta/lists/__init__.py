"""Lists, their groups, and the account's personal data fields."""

from staffetta.lists.catalog import (
    Catalog,
    UnknownGroup,
    UnknownList,
    catalog,
    catalog_of,
    find_groups,
    get_group,
    get_list,
    get_lists,
    list_of,
)
from staffetta.lists.demo import find_demo, make_demo
from staffetta.lists.grouping import (
    GroupNotDeletable,
    add_group,
    change_group,
    obtain_group,
    remove_group,
    require_removable,
)
from staffetta.lists.making import add_list, change_list, edit_list, furnish, parse_guid, set_field
from staffetta.lists.model import Field, Group, ListExists, ListSettings, MailingList, OptoutType, Page
from staffetta.lists.removing import ListNotDeletable, delete_list, require_deletable

__all__ = [
    "Catalog",
    "Field",
    "Group",
    "GroupNotDeletable",
    "ListExists",
    "ListNotDeletable",
    "ListSettings",
    "MailingList",
    "OptoutType",
    "Page",
    "UnknownGroup",
    "UnknownList",
    "add_group",
    "add_list",
    "catalog",
    "catalog_of",
    "change_group",
    "change_list",
    "delete_list",
    "edit_list",
    "find_demo",
    "find_groups",
    "furnish",
    "get_group",
    "get_list",
    "get_lists",
    "list_of",
    "make_demo",
    "obtain_group",
    "parse_guid",
    "remove_group",
    "require_deletable",
    "require_removable",
    "set_field",
]
