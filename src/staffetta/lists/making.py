"""Making lists, groups and fields, and what a fresh account has of them."""

import uuid
from dataclasses import replace
from datetime import datetime

from staffetta.accounts import DEFAULT_FIELDS, Account
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import queries
from staffetta.lists.catalog import catalog, get_list
from staffetta.lists.model import Field, Group, ListSettings, MailingList

# Seed on lists: at most 50 characters. Field ids: 39 or 40 by the age of the document; more does no harm.
LONGEST_NAME = 50
FIELDS = 40
MOST_FIELDS = 200
# A client that brings its own ids must leave room below the 32-bit limit for those that follow.
LARGEST_GIVEN_ID = 2**30

DEFAULT_GROUPS = ("Clienti", "Prospect", "Newsletter")


class ListExists(FailedPrecondition):
    """The id or the GUID is taken."""


def furnish(tx: Transaction, account: Account, *, now: datetime, list_guid: str | None = None) -> MailingList:
    """Give a fresh account what real clients expect to find: list 1, three groups, forty fields."""
    settings = ListSettings(
        sender_name=account.name, company_name=account.name, language=account.language, multi_optout_list="1"
    )
    first = add_list(tx, account.name[:LONGEST_NAME], now=now, guid=list_guid, settings=settings)
    for name in DEFAULT_GROUPS:
        add_group(tx, first.id, name, now=now)
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
) -> MailingList:
    """Make a list; without settings it takes those of list 1, the account's defaults.

    Raises:
        InvalidArgument: the name is empty or longer than 50 characters, or id or GUID is malformed.
        ListExists: the id or the GUID is taken.

    """
    known = catalog(tx, anew=True).lists
    if list_id is not None:
        _check_id(list_id)
        tx.id_is_taken("list", list_id)
    chosen_id = list_id if list_id is not None else tx.take_id("list")
    chosen_guid = parse_guid(guid) if guid else str(uuid.uuid4())
    if chosen_id in known or any(each.guid == chosen_guid for each in known.values()):
        raise ListExists(f"list {chosen_id} or its GUID exists")
    inherited = known[1].settings if settings is None and 1 in known else settings or ListSettings()
    mailing_list = MailingList(
        id=chosen_id,
        guid=chosen_guid,
        name=_named(name),
        settings=inherited if settings else replace(inherited, multi_optout_list=str(chosen_id)),
    )
    tx.configuration_changed()
    queries.insert_list(tx, mailing_list, created_at=now)
    return mailing_list


def change_list(tx: Transaction, list_id: int, *, name: str | None = None, settings: ListSettings) -> MailingList:
    """Change a list's name and settings.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: an address among the settings is malformed.

    """
    changed = replace(get_list(tx, list_id), settings=settings)
    if name is not None:
        changed = replace(changed, name=_named(name))
    for address in (settings.sender_email, settings.reply_to, settings.notify_email, settings.bounced_email):
        if address:
            EmailAddress.parse(address)
    tx.configuration_changed()
    queries.update_list(tx, changed)
    return changed


def add_group(
    tx: Transaction, list_id: int, name: str, *, now: datetime, group_id: int | None = None, notes: str = ""
) -> Group:
    """Make a group on a list.

    Raises:
        UnknownList: the account has no such list.
        ListExists: the id is taken.

    """
    mailing_list = get_list(tx, list_id)
    if group_id is not None:
        _check_id(group_id)
        if group_id in catalog(tx, anew=True).groups:
            raise ListExists(f"group {group_id} exists")
        tx.id_is_taken("group", group_id)
    chosen = group_id if group_id is not None else tx.take_id("group")
    group = Group(id=chosen, list_id=mailing_list.id, name=_named(name), notes=notes)
    tx.configuration_changed()
    queries.insert_group(tx, group, created_at=now)
    return group


def set_field(tx: Transaction, field_id: int, name: str) -> Field:
    """Name the personal data field `campo<field_id>`, making it where there is none.

    Raises:
        InvalidArgument: the number is not between 1 and 200, or the name is empty.

    """
    if not 1 <= field_id <= MOST_FIELDS:
        raise InvalidArgument(f"a field's number is from 1 to {MOST_FIELDS}")
    field = Field(id=field_id, name=_named(name))
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


def _named(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
        raise InvalidArgument(f"a name has 1 to {LONGEST_NAME} printable characters")
    return cleaned


def _check_id(number: int) -> None:
    if not 0 < number <= LARGEST_GIVEN_ID:
        raise InvalidArgument(f"an id is a number from 1 to {LARGEST_GIVEN_ID}")
