"""Making lists and fields, and what a fresh account has of them."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from staffetta.accounts import DEFAULT_FIELDS, Account
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.lists import queries
from staffetta.lists.catalog import UnknownList, catalog
from staffetta.lists.checking import LONGEST_NAME, check_id, check_settings
from staffetta.lists.grouping import add_group, add_standard_groups
from staffetta.lists.model import Field, ListExists, ListSettings, MailingList
from staffetta.lists.naming import named_in

# 39 or 40 by the age of the document; more does no harm.
FIELDS = 40
MOST_FIELDS = 200

DEFAULT_GROUPS = ("Clienti", "Prospect", "Newsletter")


def furnish(tx: Transaction, account: Account, *, now: datetime, list_guid: str | None = None) -> MailingList:
    """Give a fresh account what real clients expect to find: list 1, its groups, forty fields."""
    settings = ListSettings(
        sender_name=account.name, company_name=account.name, language=account.language, multi_optout_list="1"
    )
    first = _insert(tx, account.name[:LONGEST_NAME], now=now, list_id=None, guid=list_guid, settings=settings)
    for name in DEFAULT_GROUPS:
        add_group(tx, first.id, name, now=now)
    add_standard_groups(tx, first.id, now=now)
    for number in range(1, FIELDS + 1):
        known = number <= len(DEFAULT_FIELDS)
        queries.set_field(tx, Field(id=number, name=DEFAULT_FIELDS[number - 1] if known else f"campo{number}"))
    return first


def add_list(
    tx: Transaction,
    name: str,
    *,
    now: datetime,
    list_id: int | None = None,
    guid: str | None = None,
    settings: ListSettings | None = None,
    auto_id: str = "",
) -> MailingList:
    """Make a list with the groups that every list has; without settings it takes those of list 1, the defaults.

    Its unsubscribe page offers the list itself, unless the settings given name lists. `auto_id` marks what another
    system made; it is never inherited.

    Raises:
        InvalidArgument: the name is empty or longer than 50 characters, a setting is none, or id or GUID is malformed.
        ListExists: the id or the GUID is taken.

    """
    made = _insert(tx, name, now=now, list_id=list_id, guid=guid, settings=settings, auto_id=auto_id)
    add_standard_groups(tx, made.id, now=now)
    return made


def _insert(
    tx: Transaction,
    name: str,
    *,
    now: datetime,
    list_id: int | None,
    guid: str | None,
    settings: ListSettings | None,
    auto_id: str = "",
) -> MailingList:
    known = catalog(tx, anew=True).lists
    if list_id is not None:
        check_id(list_id)
        tx.id_is_taken("list", list_id)
    chosen_id = list_id if list_id is not None else tx.take_id("list")
    chosen_guid = parse_guid(guid) if guid else str(uuid.uuid4())
    if chosen_id in known or any(each.guid == chosen_guid for each in known.values()):
        raise ListExists(f"list {chosen_id} or its GUID exists")
    if settings is None:
        inherited = known[1].settings if 1 in known else ListSettings()
        settings = replace(inherited, multi_optout_list="")
    settings = replace(settings, auto_id=auto_id)
    check_settings(settings)
    if not settings.multi_optout_list:
        settings = replace(settings, multi_optout_list=str(chosen_id))
    mailing_list = MailingList(id=chosen_id, guid=chosen_guid, name=named_in(tx, name), settings=settings)
    tx.configuration_changed()
    queries.insert_list(tx, mailing_list, created_at=now)
    return mailing_list


def change_list(tx: Transaction, list_id: int, *, name: str | None = None, settings: ListSettings) -> MailingList:
    """Change a list's name and settings.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: a setting is none.

    """

    def change(mailing_list: MailingList) -> MailingList:
        return replace(mailing_list, name=mailing_list.name if name is None else name, settings=settings)

    return edit_list(tx, list_id, change)


def edit_list(tx: Transaction, list_id: int, change: Callable[[MailingList], MailingList]) -> MailingList:
    """Change a list to what `change` makes of it as it is now: of two edits at once, neither undoes the other.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: a setting is none.

    """
    current = queries.find_list(tx, list_id)
    if current is None:
        raise UnknownList(f"there is no list {list_id}")
    changed = change(current)
    if changed.name != current.name:
        changed = replace(changed, name=named_in(tx, changed.name))
    check_settings(changed.settings)
    tx.configuration_changed()
    queries.update_list(tx, changed)
    return changed


def set_field(tx: Transaction, field_id: int, name: str) -> Field:
    """Name the personal data field `campo<field_id>`, making it where there is none.

    Raises:
        InvalidArgument: the number is not between 1 and 200, or the name is empty.

    """
    if not 1 <= field_id <= MOST_FIELDS:
        raise InvalidArgument(f"a field's number is from 1 to {MOST_FIELDS}")
    field = Field(id=field_id, name=named_in(tx, name))
    tx.configuration_changed()
    queries.set_field(tx, field)
    return field


def parse_guid(text: str) -> str:
    """Return a GUID in lower case with hyphens (8-4-4-4-12).

    Raises:
        InvalidArgument: not a GUID.

    """
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError as error:
        raise InvalidArgument(f"{text[:60]!r} is not a GUID") from error
