"""Lists: the deprecated resources, which most clients still call (seed on lists, contract 7.2)."""

from dataclasses import replace
from typing import Any

from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.errors import DocumentedFailure
from staffetta.interfaces.rest.list_settings import (
    DEFAULTS_LIST,
    SENDER_DETAILS,
    given_settings,
    make,
    shown_settings,
    template,
    visible_lists,
)
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.deprecated_lists import SCOPES, SETTINGS, OldList, OldListChange, OldListItem
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.lists import ListSettings, MailingList, edit_list

SCOPE_CODES = {word.lower(): code for code, word in enumerate(SCOPES)}


async def read_lists(call: Call) -> Paged:
    """Return the lists that the user sees."""
    items = [
        OldListItem(
            Company=each.settings.company_name,
            Description=each.settings.description,
            Name=each.name,
            idList=each.id,
            listGuid=each.guid,
        )
        for each in await visible_lists(call)
    ]
    return page_of(call.query, items, key="idList", of=OldListItem)


async def create_list(call: Call) -> int:
    """Make a list with the settings of another, and return its id."""
    body: OldListChange = call.body
    if body.Name is None:
        raise InvalidArgument("Name: mandatory, and missing")
    # No list is number 0: clients that do not know which to copy write that.
    copied = DEFAULTS_LIST if body.useDefaultSettings else body.idSettings or DEFAULTS_LIST
    settings = await template(call, copied)
    settings = replace(settings, **_given(body))
    _require_sender(settings)
    made = await make(call, body.Name, settings)
    return made.id


async def update_list(call: Call) -> OldList:
    """Change what is given of a list."""
    await call.mailing_list()
    body: OldListChange = call.body
    given = _given(body)

    def change(mailing_list: MailingList) -> MailingList:
        name = mailing_list.name if body.Name is None else body.Name
        return replace(mailing_list, name=name, settings=replace(mailing_list.settings, **given))

    return _shown(await call.write(edit_list, call.ids["list_id"], change))


def _given(body: OldListChange) -> dict[str, Any]:
    given = given_settings(body, SETTINGS)
    if body.scope is not None:
        word = body.scope.strip().lower().replace(" ", "_")
        if word not in SCOPE_CODES:
            raise InvalidArgument(f"scope: {', '.join(SCOPES[:-1])} or {SCOPES[-1]}")
        given["scope_code"] = SCOPE_CODES[word]
    return given


def _require_sender(settings: ListSettings) -> None:
    """Refuse a list that would have no sender at all, with the answer that the seed documents.

    A fresh account's first list names its owner and no more; that is enough, for older clients send a name alone.
    """
    if not any(getattr(settings, setting).strip() for setting in SENDER_DETAILS.values()):
        raise DocumentedFailure(
            f"the list to copy from has none of {', '.join(SENDER_DETAILS)}: give them, or set them there first"
        )


def _shown(mailing_list: MailingList) -> OldList:
    settings = mailing_list.settings
    shown = shown_settings(settings, SETTINGS)
    shown["notifyemail"] = shown["notifyemail"] or None
    return OldList(
        IdList=mailing_list.id,
        Name=mailing_list.name,
        scope=SCOPES[settings.scope_code],
        senderfax="",
        senderfaxname="",
        **shown,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="L8",
        method="GET",
        path="Console/User/Lists",
        summary="Read the lists that the user sees (deprecated)",
        handler=read_lists,
        answer=Page[OldListItem],
        aliases=("GET Console/Lists",),
    ),
    Endpoint(
        id="L9",
        method="POST",
        path="Console/User/Lists",
        summary="Create a list and return its id (deprecated)",
        handler=create_list,
        body=OldListChange,
        answer=int,
        aliases=("POST Console/Lists",),
    ),
    Endpoint(
        id="L10",
        method="PUT",
        path="Console/User/List/{list_id}",
        summary="Change a list (deprecated)",
        handler=update_list,
        body=OldListChange,
        answer=OldList,
        aliases=("POST Console/Lists/{list_id}",),
    ),
)
