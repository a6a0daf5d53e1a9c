"""Lists: the current resources (seed on lists, contract 7.2)."""

from dataclasses import replace

from msgspec import UNSET

from staffetta.campaigns import clear_list, remove_list
from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.errors import MissingIfMatch, WrongIfMatch
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
from staffetta.interfaces.rest.wire.lists import SETTINGS, ListChange, ListDetails, ListItem
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList, edit_list, parse_guid

MANDATORY = ("Name", "Business", "Customer", "ReplyTo", *SENDER_DETAILS)


async def create_list(call: Call) -> ListDetails:
    """Make a list out of the mandatory sender details and the settings of another list."""
    body: ListChange = call.body
    _require_mandatory(body)
    empty = [member for member in SENDER_DETAILS if not getattr(body, member).strip()]
    if empty:
        raise InvalidArgument(f"{', '.join(empty)}: mandatory sender details cannot be empty")
    settings = await template(call, _template_id(body))
    made = await make(call, body.Name or "", replace(settings, **given_settings(body, SETTINGS)))
    return _details(made, notify_email=made.settings.notify_email)


async def read_lists(call: Call) -> Paged:
    """Return the lists that the user sees."""
    items = [
        ListItem(
            Company=each.settings.company_name,
            Description=each.settings.description,
            IdList=each.id,
            ListGuid=each.guid,
            Name=each.name,
        )
        for each in await visible_lists(call)
    ]
    return page_of(call.query, items, key="IdList", of=ListItem)


async def read_list(call: Call) -> ListDetails:
    """Return a list with its settings."""
    return _details(await call.mailing_list())


async def update_list(call: Call) -> ListDetails:
    """Change a list; the mandatory details must be given, others stay where they are not."""
    await call.mailing_list()
    body: ListChange = call.body
    _require_mandatory(body)
    given = given_settings(body, SETTINGS)

    def change(mailing_list: MailingList) -> MailingList:
        # A list that was made without a detail can be sent back as it was read.
        emptied = [
            member
            for member, setting in SENDER_DETAILS.items()
            if not given[setting].strip() and getattr(mailing_list.settings, setting).strip()
        ]
        if emptied:
            raise InvalidArgument(f"{', '.join(emptied)}: mandatory sender details cannot be emptied")
        return replace(mailing_list, name=body.Name or "", settings=replace(mailing_list.settings, **given))

    return _details(await call.write(edit_list, call.ids["list_id"], change))


async def delete_list(call: Call) -> None:
    """Delete a list, whose GUID the caller must know."""
    mailing_list = await call.mailing_list()
    given = (call.header("if-match") or "").strip().removeprefix("W/").strip('" ')
    if not given:
        raise MissingIfMatch
    try:
        guid = parse_guid(given)
    except InvalidArgument as error:
        raise WrongIfMatch("If-Match header content type must be: System.Guid.") from error
    if guid != mailing_list.guid:
        raise WrongIfMatch("Invalid [listGuid] from If-Match header field.")
    # In slices: a million people on a list would hold every other writer up for half a minute.
    while await call.write(clear_list, mailing_list.id, evidence=call.evidence, now=utc_now()):
        pass
    await call.write(remove_list, mailing_list.id, evidence=call.evidence, now=utc_now())


def _require_mandatory(body: ListChange) -> None:
    missing = [member for member in MANDATORY if getattr(body, member) is UNSET]
    missing += [member for member in MANDATORY if getattr(body, member) is None and member != "ReplyTo"]
    if missing:
        raise InvalidArgument(f"{', '.join(missing)}: mandatory, and missing")


def _template_id(body: ListChange) -> int:
    given = body.IdSettings if body.IdSettings is not None else body.IdSetting
    if body.UseDefaultSettings:
        return DEFAULTS_LIST
    if given is None:
        raise InvalidArgument("IdSettings or UseDefaultSettings: one of them is needed to create a list")
    return given


def _details(mailing_list: MailingList, *, notify_email: str | None = None) -> ListDetails:
    shown = shown_settings(mailing_list.settings, SETTINGS)
    # Where nobody is notified, the seed prints "" after a list was made and null ever after.
    shown["NotifyEmail"] = shown["NotifyEmail"] or notify_email
    return ListDetails(IdList=mailing_list.id, ListGuid=mailing_list.guid, Name=mailing_list.name, **shown)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="L3",
        method="POST",
        path="Console/List",
        summary="Create a list",
        handler=create_list,
        body=ListChange,
        answer=ListDetails,
    ),
    Endpoint(
        id="L4",
        method="GET",
        path="Console/List",
        summary="Read the lists that the user sees",
        handler=read_lists,
        answer=Page[ListItem],
    ),
    Endpoint(
        id="L5",
        method="GET",
        path="Console/List/{list_id}",
        summary="Read a list with its settings",
        handler=read_list,
        answer=ListDetails,
    ),
    Endpoint(
        id="L6",
        method="PUT",
        path="Console/List/{list_id}",
        summary="Change a list",
        handler=update_list,
        body=ListChange,
        answer=ListDetails,
    ),
    Endpoint(
        id="L7",
        method="DELETE",
        path="Console/List/{list_id}",
        summary="Delete a list; If-Match holds its GUID",
        handler=delete_list,
    ),
)
