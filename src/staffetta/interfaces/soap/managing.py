"""MailUpManage: making, changing and removing lists and groups (contract 6)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from staffetta import campaigns
from staffetta.access import User
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import operation, service_of
from staffetta.interfaces.soap.evidence import evidence_of
from staffetta.interfaces.soap.list_options import given_settings
from staffetta.interfaces.soap.listings import (
    get_groups,
    get_lists,
    get_lists_of_user,
    identities,
    list_with,
    remove,
)
from staffetta.interfaces.soap.sessions import SESSIONS, get_id_user, keyed
from staffetta.kit.clock import utc_now
from staffetta.lists import (
    MailingList,
    add_list,
    change_group,
    edit_list,
    get_list,
    list_of,
    obtain_group,
    remove_group,
)
from staffetta.recipients import group_of

DEFAULTS = "default"
DEFAULTS_LIST = 1


async def create_group(call: Call, user: User) -> str:
    """Make a group, or return the one that has the name (contract 6)."""
    list_id = call.number("listID")
    group = await call.write(
        user.account_id, obtain_group, list_id, call.text("groupName"), notes=call.text("groupNotes"), now=utc_now()
    )
    mailing_list = await list_of(call.platform.database, user.account_id, list_id)
    return await list_with(call, user, mailing_list, [group])


async def update_group(call: Call, user: User) -> str:
    """Change what is given of a group's name and notes."""
    options = call.options("options")
    await call.write(
        user.account_id,
        _change_group,
        call.number("groupID"),
        name=options.get("groupname"),
        notes=options.get("groupnotes"),
    )
    return ""


def _change_group(tx: Transaction, group_id: int, *, name: str | None, notes: str | None) -> None:
    change_group(tx, group_of(tx, group_id).list_id, group_id, name=name, notes=notes)


async def delete_group(call: Call, user: User) -> str:
    """Remove a group; its members stay on the list, or leave it too."""
    list_id, group_id = call.number("listID"), call.number("groupID")
    if call.flag("deleteUsers"):
        evidence = evidence_of(call)
        # In slices, as lists are removed.
        while await call.write(
            user.account_id, campaigns.take_members_off_list, list_id, group_id, evidence=evidence, now=utc_now()
        ):
            pass
    await call.write(user.account_id, remove_group, list_id, group_id)
    return ""


async def create_list(call: Call, user: User) -> str:
    """Make a list with the settings of another, and what the options say otherwise; no list has templates yet."""
    made = await call.write(
        user.account_id,
        _make_list,
        call.text("name"),
        template_id=_template_id(call.text("defaultSettings")),
        given=given_settings(call.options("options")),
        now=utc_now(),
    )
    return await identities(call, user, [made])


def _template_id(default_settings: str) -> int:
    word = default_settings.strip().lower()
    if word in ("", DEFAULTS):
        return DEFAULTS_LIST
    if not (word.isascii() and word.isdigit()):
        raise InvalidArgument(f"defaultSettings: {DEFAULTS}, or the number of a list whose settings are copied")
    return int(word)


def _make_list(tx: Transaction, name: str, *, template_id: int, given: Mapping[str, Any], now: datetime) -> MailingList:
    inherited = replace(get_list(tx, template_id).settings, multi_optout_list="")
    return add_list(tx, name, settings=replace(inherited, **given), now=now)


async def update_list(call: Call, user: User) -> str:
    """Change the settings that the options name."""
    given = given_settings(call.options("options"))

    def change(mailing_list: MailingList) -> MailingList:
        return replace(mailing_list, settings=replace(mailing_list.settings, **given))

    await call.write(user.account_id, edit_list, call.number("listID"), change)
    return ""


async def delete_list(call: Call, user: User) -> str:
    """Remove a list."""
    await remove(call, user, call.number("listID"))
    return ""


MANAGE = service_of(
    "MailupManage",
    *SESSIONS,
    operation("GetLists", keyed(get_lists), "accessKey"),
    operation("GetListsUser", keyed(get_lists_of_user), "accessKey, idUser int"),
    operation("GetIdUser", keyed(get_id_user), "accessKey"),
    operation("GetGroups", keyed(get_groups), "accessKey, listID int"),
    operation("CreateGroup", keyed(create_group), "accessKey, listID int, groupName, groupNotes"),
    operation("UpdateGroup", keyed(update_group), "accessKey, groupID int, options"),
    operation("DeleteGroup", keyed(delete_group), "accessKey, listID int, groupID int, deleteUsers bool"),
    operation("CreateList", keyed(create_list), "accessKey, name, defaultSettings, copyTemplate bool, options"),
    operation("UpdateList", keyed(update_list), "accessKey, listID int, options"),
    operation("DeleteList", keyed(delete_list), "accessKey, listID int"),
    documentation="Making, changing and removing lists and groups.",
)
