"""Lists, their groups, and the account's personal data fields."""

from staffetta.lists.catalog import Catalog, UnknownList, catalog, find_groups, get_list, get_lists, list_of
from staffetta.lists.demo import find_demo, make_demo
from staffetta.lists.making import ListExists, add_group, add_list, change_list, furnish, parse_guid, set_field
from staffetta.lists.model import Field, Group, ListSettings, MailingList, OptoutType, Page

__all__ = [
    "Catalog",
    "Field",
    "Group",
    "ListExists",
    "ListSettings",
    "MailingList",
    "OptoutType",
    "Page",
    "UnknownList",
    "add_group",
    "add_list",
    "catalog",
    "change_list",
    "find_demo",
    "find_groups",
    "furnish",
    "get_list",
    "get_lists",
    "list_of",
    "make_demo",
    "parse_guid",
    "set_field",
]
