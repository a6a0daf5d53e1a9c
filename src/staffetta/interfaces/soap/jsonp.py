"""JSONP: lists and messages for scripts of other sites, who hold an access key (contract 8.2)."""

import re
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from starlette.types import Scope

from staffetta.campaigns import Selection, list_all_messages
from staffetta.errors import NotFound, Refusal
from staffetta.interfaces.parameters import Parameters, query_pairs, split_ids
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap.replies import NO_STORE, Reply, nothing_here, wrong_method
from staffetta.lists import catalog_of, list_of

PREFIX = "/1.1/mailupservice.svc/jsonp/"
LISTS, MESSAGES = "listsread", "emailsread"
# A name, or a property of one: nothing that a script could be written with.
CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,100}", re.ASCII)
# One answer holds no more: the newest.
MOST_MESSAGES = 10_000
JSON = b"application/json; charset=utf-8"
JAVASCRIPT = b"application/x-javascript; charset=utf-8"

_encode = msgspec.json.Encoder().encode


class ListItem(msgspec.Struct, frozen=True):
    """A list, as REST has it."""

    idList: int  # noqa: N815 - the name on the wire
    listGuid: str  # noqa: N815 - the name on the wire
    Name: str


class MessageItem(msgspec.Struct, frozen=True):
    """A message, as REST has it."""

    CreationDate: str
    Notes: str
    Subject: str
    idList: int  # noqa: N815 - the name on the wire
    idMessage: int  # noqa: N815 - the name on the wire


class Items(msgspec.Struct, frozen=True):
    """What was asked for."""

    Items: list[ListItem] | list[MessageItem]


class Failure(msgspec.Struct, frozen=True):
    """Why there is nothing; a script sees no status, so it is told in words."""

    ErrorCode: str
    ErrorDescription: str


async def jsonp_reply(platform: Platform, scope: Scope) -> Reply:
    """Answer a call; a refusal is told to the callback, for a script that fails to load tells nobody why."""
    method = scope["path"].rstrip("/ ").rpartition("/")[2].lower()
    if method not in (LISTS, MESSAGES):
        return nothing_here()
    if scope["method"] not in ("GET", "HEAD"):
        return wrong_method(b"GET, HEAD")
    callback = ""
    try:
        query = Parameters(query_pairs(scope))
        callback = query.first("callback")
        callback = callback if CALLBACK.fullmatch(callback) else ""
        items = await _items(platform, query, method)
    except Refusal as refusal:
        status = HTTPStatus.NOT_FOUND if isinstance(refusal, NotFound) else HTTPStatus.FORBIDDEN
        return _reply(Failure(str(status.value), str(refusal)), callback, HTTPStatus.OK if callback else status)
    return _reply(Items(items), callback, HTTPStatus.OK)


async def _items(platform: Platform, query: Parameters, method: str) -> list[ListItem] | list[MessageItem]:
    account_id = (await platform.web_credentials.user_of_key(query.first("token"))).account_id
    list_id = next(iter(split_ids(query.first("idlist")).ids), 0)
    if list_id:
        found = [await list_of(platform.database, account_id, list_id)]
    else:
        found = list((await catalog_of(platform.database, account_id)).lists.values())
    if method == MESSAGES:
        return await _messages(platform, account_id, [each.id for each in found])
    return [ListItem(idList=each.id, listGuid=each.guid, Name=each.name) for each in found]


async def _messages(platform: Platform, account_id: int, lists: Sequence[int]) -> list[MessageItem]:
    """Return messages of lists, newest first."""
    page = await platform.database.read(
        account_id, list_all_messages, lists=lists, selection=Selection(limit=MOST_MESSAGES)
    )
    return [
        MessageItem(f"{each.created_at:%Y-%m-%d %H:%M:%S}Z", each.notes, each.subject, each.list_id, each.id)
        for each in page.messages
    ]


def _reply(value: Items | Failure, callback: str, status: HTTPStatus) -> Reply:
    if not callback:
        return Reply(int(status), _encode(value), JSON)
    # The comment keeps a file that begins with the caller's own octets from being taken for another kind of file;
    # JSON may hold line separators that older engines take for line ends.
    script = _encode(value).replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
    return Reply(int(status), b"/**/%b(%b);" % (callback.encode(), script), JAVASCRIPT, NO_STORE)
