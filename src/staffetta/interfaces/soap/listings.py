"""Lists, groups and fields as Send and Manage show them, and removing a list; SOAP sees all lists (seed 004)."""

from collections.abc import Callable, Iterable

from staffetta.access import User, list_users
from staffetta.campaigns import clear_list, remove_list
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.evidence import evidence_of
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.naming import spelling
from staffetta.interfaces.soap.user_numbers import users_numbered
from staffetta.kit.clock import utc_now
from staffetta.lists import Group, MailingList, catalog_of, list_of

Shown = Callable[[str], str]


async def get_lists(call: Call, user: User) -> str:
    """Return the account's lists."""
    return await _lists(call, user, lambda _: True)


async def get_lists_of_user(call: Call, user: User) -> str:
    """Return the lists that a user of this number sees in the console."""
    users = users_numbered(await call.read(user.account_id, list_users), call.number("idUser"))
    return await _lists(call, user, lambda mailing_list: any(each.sees(mailing_list.id) for each in users))


async def get_groups(call: Call, user: User) -> str:
    """Return a list with its groups."""
    mailing_list = await list_of(call.platform.database, user.account_id, call.number("listID"))
    groups = (await catalog_of(call.platform.database, user.account_id)).groups_of(mailing_list.id)
    return await list_with(call, user, mailing_list, groups)


async def list_with(call: Call, user: User, mailing_list: MailingList, groups: Iterable[Group]) -> str:
    """Write a list with groups."""
    shown = await spelling(call.platform.database, user.account_id)
    written = (
        element(
            "group",
            element("groupID", text(group.id)),
            element("groupName", text(shown(group.name))),
            element("groupNotes", text(shown(group.notes))),
        )
        for group in groups
    )
    return element("list", *_head(mailing_list, shown), element("groups", *written))


async def identities(call: Call, user: User, lists: Iterable[MailingList]) -> str:
    """Write lists by GUID, number and name."""
    shown = await spelling(call.platform.database, user.account_id)
    return element("Lists", *(element("List", Guid=each.guid, Id=each.id, Name=shown(each.name)) for each in lists))


async def remove(call: Call, user: User, list_id: int) -> None:
    """Remove a list.

    Raises:
        UnknownList: the account has no such list.
        ListNotDeletable: it is list 1.

    """
    evidence = evidence_of(call)
    # In slices: a million people on a list would hold every other writer up for half a minute.
    while await call.write(user.account_id, clear_list, list_id, evidence=evidence, now=utc_now()):
        pass
    await call.write(user.account_id, remove_list, list_id, evidence=evidence, now=utc_now())


async def _lists(call: Call, user: User, wanted: Callable[[MailingList], bool]) -> str:
    shown = await spelling(call.platform.database, user.account_id)
    known = (await catalog_of(call.platform.database, user.account_id)).lists.values()
    return element("lists", *(element("list", *_head(each, shown)) for each in known if wanted(each)))


def _head(mailing_list: MailingList, shown: Shown) -> tuple[str, str]:
    return element("listID", text(mailing_list.id)), element("listName", text(shown(mailing_list.name)))
