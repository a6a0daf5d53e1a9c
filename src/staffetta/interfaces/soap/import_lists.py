"""Import's lists, groups and users: what a plugin asks for before it imports (contract 3.2)."""

from staffetta.access import UnknownUser, list_users
from staffetta.accounts import Account, options_of
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.import_answers import Code, Coded, lists, message
from staffetta.interfaces.soap.inner import element
from staffetta.interfaces.soap.naming import legacy_name, spelling
from staffetta.interfaces.soap.user_numbers import user_number, users_numbered
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList, UnknownList, catalog, catalog_of, list_of, obtain_group, parse_guid

ALL_LISTS = "soap import lists"


async def get_id_ws_user(call: Call, account: Account) -> str:
    """Return the number of the account's API user."""
    del call
    return _number(user_number(account.api_user))


async def get_id_user(call: Call, account: Account) -> str:
    """Return the number of one of the account's users."""
    wanted = call.text("userName").strip().lower()
    users = await call.read(account.id, list_users)
    found = next((each for each in users if each.login == wanted), None)
    if found is None:
        raise Coded(Code.UNKNOWN_USER)
    return _number(user_number(found.login))


async def get_nl_lists(call: Call, account: Account) -> str:
    """Return all lists with their groups; kept as text, for plugins ask for it on every page that they show."""
    return await call.platform.database.cached_of(account.id, ALL_LISTS, _all_lists)


async def get_nl_lists_user(call: Call, account: Account) -> str:
    """Return the lists that a user sees in the console."""
    try:
        users = users_numbered(await call.read(account.id, list_users), call.number("userId"))
    except UnknownUser as error:
        raise Coded(Code.NOT_SHOWN) from error
    if any(each.visible_lists is None for each in users):
        return await get_nl_lists(call, account)
    visible = {list_id for each in users for list_id in each.visible_lists or ()}
    shown = await spelling(call.platform.database, account.id)
    known = await catalog_of(call.platform.database, account.id)
    return message(Code.DONE, lists(known, shown, visible))


async def create_group(call: Call, account: Account) -> str:
    """Make a group, or find the one that has the name; the code is its id (contract 15.2)."""
    if not call.number("idList"):
        raise Coded(Code.LIST_MISSING)
    name = call.text("newGroupName")
    if not name.strip():
        raise Coded(Code.NAME_MISSING)
    mailing_list = await list_of_call(call, account)
    try:
        group = await call.write(account.id, obtain_group, mailing_list.id, name, now=utc_now())
    except InvalidArgument as error:
        raise Coded(Code.GROUP_NOT_MADE) from error
    return message(group.id)


async def list_of_call(call: Call, account: Account) -> MailingList:
    """Return the list of a call that names it by id and GUID."""
    return await list_of_pair(call, account, call.number("idList"), call.text("listGUID"))


async def list_of_pair(call: Call, account: Account, list_id: int, guid: str) -> MailingList:
    """Return the list that has both this id and this GUID, in any spelling that GUIDs have."""
    wanted = guid_of(guid)
    try:
        found = await list_of(call.platform.database, account.id, list_id)
    except UnknownList as error:
        raise Coded(Code.LIST_MISMATCH) from error
    if found.guid != wanted:
        raise Coded(Code.LIST_MISMATCH)
    return found


def guid_of(text: str) -> str:
    """Return a GUID as it is kept."""
    try:
        return parse_guid(text)
    except InvalidArgument as error:
        raise Coded(Code.NO_GUID) from error


def _all_lists(tx: Transaction) -> str:
    return message(Code.DONE, lists(catalog(tx), legacy_name if options_of(tx).soap_legacy_names else str))


def _number(number: int) -> str:
    return message(Code.DONE, element("IdUser", str(number)))
