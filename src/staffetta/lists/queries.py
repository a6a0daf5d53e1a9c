"""The SQL of lists, groups and personal data fields."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from staffetta.db import Statement, Transaction
from staffetta.lists.model import Field, Group, ListSettings, MailingList
from staffetta.lists.tables import fields, groups, lists

_ACCOUNT: BindParameter[int] = bindparam("account_id")

LISTS = Statement(select(lists).where(lists.c.account_id == _ACCOUNT).order_by(lists.c.id))
LIST = Statement(
    select(lists).where(lists.c.account_id == _ACCOUNT, lists.c.id == bindparam("list_id")).with_for_update()
)
GROUPS = Statement(select(groups).where(groups.c.account_id == _ACCOUNT).order_by(groups.c.id))
FIELDS = Statement(select(fields).where(fields.c.account_id == _ACCOUNT).order_by(fields.c.id))
INSERT_LIST = Statement(
    insert(lists).values(
        account_id=_ACCOUNT, **{name: bindparam(name) for name in ("id", "guid", "name", "settings", "created_at")}
    )
)
UPDATE_LIST = Statement(
    update(lists)
    .where(lists.c.account_id == _ACCOUNT, lists.c.id == bindparam("list_id"))
    .values(name=bindparam("new_name"), settings=bindparam("new_settings"))
)
INSERT_GROUP = Statement(
    insert(groups).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("id", "list_id", "name", "notes", "deletable", "created_at")},
    )
)
UPDATE_GROUP = Statement(
    update(groups)
    .where(groups.c.account_id == _ACCOUNT, groups.c.id == bindparam("group_id"))
    .values(name=bindparam("new_name"), notes=bindparam("new_notes"))
)
# What hangs on them goes with them: the groups of a list, the memberships of a group.
DELETE_LIST = Statement(delete(lists).where(lists.c.account_id == _ACCOUNT, lists.c.id == bindparam("list_id")))
DELETE_GROUP = Statement(delete(groups).where(groups.c.account_id == _ACCOUNT, groups.c.id == bindparam("group_id")))
DELETE_FIELD = Statement(delete(fields).where(fields.c.account_id == _ACCOUNT, fields.c.id == bindparam("field_id")))
INSERT_FIELD = Statement(insert(fields).values(account_id=_ACCOUNT, id=bindparam("field_id"), name=bindparam("name")))


def all_lists(tx: Transaction) -> list[MailingList]:
    """Return the account's lists in the order of their ids."""
    return [_mailing_list(row) for row in tx.all(LISTS)]


def find_list(tx: Transaction, list_id: int) -> MailingList | None:
    """Return a list as it is now, locked for this transaction."""
    row = tx.first(LIST, list_id=list_id)
    return _mailing_list(row) if row else None


def _mailing_list(row: Any) -> MailingList:
    return MailingList(id=row.id, guid=row.guid, name=row.name, settings=msgspec.convert(row.settings, ListSettings))


def all_groups(tx: Transaction) -> list[Group]:
    """Return the groups of all lists in the order of their ids."""
    return [
        Group(id=row.id, list_id=row.list_id, name=row.name, notes=row.notes, deletable=row.deletable)
        for row in tx.all(GROUPS)
    ]


def all_fields(tx: Transaction) -> list[Field]:
    """Return the personal data fields in the order of their ids."""
    return [Field(id=row.id, name=row.name) for row in tx.all(FIELDS)]


def insert_list(tx: Transaction, mailing_list: MailingList, *, created_at: datetime) -> None:
    """Add a list."""
    tx.run(
        INSERT_LIST,
        id=mailing_list.id,
        guid=mailing_list.guid,
        name=mailing_list.name,
        settings=mailing_list.settings,
        created_at=created_at,
    )


def update_list(tx: Transaction, mailing_list: MailingList) -> None:
    """Change a list's name and settings."""
    tx.run(UPDATE_LIST, list_id=mailing_list.id, new_name=mailing_list.name, new_settings=mailing_list.settings)


def insert_group(tx: Transaction, group: Group, *, created_at: datetime) -> None:
    """Add a group."""
    tx.run(
        INSERT_GROUP,
        id=group.id,
        list_id=group.list_id,
        name=group.name,
        notes=group.notes,
        deletable=group.deletable,
        created_at=created_at,
    )


def update_group(tx: Transaction, group: Group) -> None:
    """Change a group's name and notes."""
    tx.run(UPDATE_GROUP, group_id=group.id, new_name=group.name, new_notes=group.notes)


def delete_list(tx: Transaction, list_id: int) -> None:
    """Delete a list with its groups and their memberships."""
    tx.run(DELETE_LIST, list_id=list_id)


def delete_group(tx: Transaction, group_id: int) -> None:
    """Delete a group with its memberships."""
    tx.run(DELETE_GROUP, group_id=group_id)


def set_field(tx: Transaction, field: Field) -> None:
    """Name a personal data field."""
    tx.run(DELETE_FIELD, field_id=field.id)
    tx.run(INSERT_FIELD, field_id=field.id, name=field.name)
