"""Messages: writing, reading, listing and publishing them (contract 7.6)."""

from datetime import datetime
from typing import Any

from staffetta import campaigns
from staffetta.campaigns import Draft, GivenTag, GivenTracking, MessageHead, MessagesPage, Selection, WrittenMessage
from staffetta.campaigns import listing as properties
from staffetta.db import Transaction, filtering
from staffetta.errors import InvalidArgument
from staffetta.interfaces.library import preview_url
from staffetta.interfaces.parameters import FALSE_WORDS, TRUE_WORDS
from staffetta.interfaces.rest.attachments import shown_attachment
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.interfaces.rest.paging import Paged, filter_of, order_of, page_request
from staffetta.interfaces.rest.recipients import given_fields
from staffetta.interfaces.rest.tags import shown_tag
from staffetta.interfaces.rest.wire.messages import (
    ArchivedItem,
    FieldDefault,
    MessageDetail,
    MessageInput,
    MessageItem,
    PublishedItem,
    SavedMessage,
    TrackingInfo,
    TrackingInput,
)
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.kit.clock import utc_now
from staffetta.lists import catalog

# Contract 2.3: a date that is not there yet.
NEVER = "0001-01-01 00:00:00Z"
MOST_TAGS = 100
PROPERTIES = {
    "idMessage": properties.ID,
    "idList": properties.LIST,
    "Subject": properties.SUBJECT,
    "Notes": properties.NOTES,
    "CreationDate": properties.CREATED_AT,
    "ServiceType": properties.SERVICE_TYPE,
}
LIBRARY_PROPERTIES = {
    **{name: each for name, each in PROPERTIES.items() if name != "ServiceType"},
    "LastSendDate": properties.LAST_SENT_AT,
}


async def create_message(call: Call) -> SavedMessage:
    """Write a message."""
    mailing_list = await call.mailing_list()
    made = await call.write(campaigns.add_message, mailing_list.id, _draft(call.body), now=utc_now())
    return _saved(made.head)


async def read_message(call: Call) -> MessageDetail:
    """Return a message with all that belongs to it."""
    mailing_list = await call.mailing_list()
    return await call.read(_detail, call, mailing_list.id, call.ids["message_id"])


async def update_message(call: Call) -> SavedMessage:
    """Change what is given of a message."""
    mailing_list = await call.mailing_list()
    changed = await call.write(
        campaigns.change_message, mailing_list.id, call.ids["message_id"], _draft(call.body), now=utc_now()
    )
    return _saved(changed.head)


async def delete_message(call: Call) -> None:
    """Delete a message."""
    mailing_list = await call.mailing_list()
    await call.write(campaigns.delete_message, mailing_list.id, call.ids["message_id"])


async def clone_message(call: Call) -> SavedMessage:
    """Write a message anew as another one is."""
    mailing_list = await call.mailing_list()
    copy = await call.write(campaigns.clone_message, mailing_list.id, call.ids["message_id"], now=utc_now())
    return _saved(copy.head)


async def create_from_template(call: Call) -> SavedMessage:
    """Write a message that begins as a template does."""
    mailing_list = await call.mailing_list()
    made = await call.write(campaigns.write_from_template, mailing_list.id, call.ids["template_id"], now=utc_now())
    return _saved(made.head)


async def read_messages(call: Call) -> Paged:
    """Return the messages of a list."""
    mailing_list = await call.mailing_list()
    found = await call.read(
        campaigns.list_messages, mailing_list.id, tags=_tag_names(call), selection=_selection(call, PROPERTIES)
    )
    return _paged(call, found)


async def read_all_messages(call: Call) -> Paged:
    """Return the messages of all lists that the user sees."""
    found = await call.read(
        campaigns.list_all_messages, lists=call.user.visible_lists, selection=_selection(call, PROPERTIES)
    )
    return _paged(call, found)


async def read_published(call: Call) -> Paged:
    """Return the messages of a list that everybody may read online."""
    mailing_list = await call.mailing_list()
    found = await call.read(campaigns.list_published, mailing_list.id, selection=_selection(call, LIBRARY_PROPERTIES))
    items = [PublishedItem(**_of_library(each), Url=preview_url(call.base_url, each.id)) for each in found.messages]
    return Paged(items, found.total, page_request(call.query))


async def read_archived(call: Call) -> Paged:
    """Return the messages of a list that were sent and are not online."""
    mailing_list = await call.mailing_list()
    found = await call.read(campaigns.list_archived, mailing_list.id, selection=_selection(call, LIBRARY_PROPERTIES))
    return Paged([ArchivedItem(**_of_library(each)) for each in found.messages], found.total, page_request(call.query))


async def set_visibility(call: Call) -> None:
    """Let everybody read a message online, or nobody any more."""
    mailing_list = await call.mailing_list()
    # One client leaves a body of `false` out.
    visible = bool(call.body)
    await call.write(campaigns.set_visibility, mailing_list.id, call.ids["message_id"], visible=visible, now=utc_now())


async def enable_fields(call: Call) -> MessageDetail:
    """Say whether the fields of recipients are filled into a message."""
    word = call.texts["enabled"].strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise InvalidArgument("EnableDynamicFields: true or false.")
    mailing_list = await call.mailing_list()
    return await call.write(_enable_fields, call, mailing_list.id, call.ids["message_id"], enabled=word in TRUE_WORDS)


def _enable_fields(tx: Transaction, call: Call, list_id: int, message_id: int, *, enabled: bool) -> MessageDetail:
    campaigns.enable_fields(tx, list_id, message_id, enabled=enabled, now=utc_now())
    return _detail(tx, call, list_id, message_id)


def _draft(body: MessageInput) -> Draft:
    return Draft(
        subject=body.Subject,
        content=body.Content,
        notes=body.Notes,
        pre_header=body.PreHeader,
        structure=body.Structure,
        embeds_images=body.Embed,
        is_confirmation=body.IsConfirmation,
        uses_fields=body.UseDynamicField,
        default_values=None if body.Fields is None else given_fields(body.Fields),
        tracking=_tracking(body.TrackingInfo),
        tags=None if body.Tags is None else [GivenTag(each.Id, each.Name or "") for each in body.Tags if each],
    )


def _tracking(given: TrackingInput | None) -> GivenTracking | None:
    if given is None:
        return None
    protocols = None if given.Protocols is None else tuple(given.Protocols)
    return GivenTracking(enabled=given.Enabled, protocols=protocols, custom_params=given.CustomParams)


def _selection(call: Call, known: dict[str, filtering.Property]) -> Selection:
    request, condition = page_request(call.query), filter_of(call.query)
    return Selection(
        where=None if condition is None else filtering.where(condition, known),
        order=filtering.ordering(order_of(call.query), known),
        offset=request.offset,
        limit=request.size,
    )


def _tag_names(call: Call) -> list[str]:
    """Return the names that the query asks for; an empty one, which one client always sends, asks for none."""
    names = (each.strip("\"'[] ") for each in call.query.get("tags").split(","))
    found = list(dict.fromkeys(each for each in names if each))
    if len(found) > MOST_TAGS:
        raise InvalidArgument(f"tags: at most {MOST_TAGS}.")
    return found


def _paged(call: Call, found: MessagesPage) -> Paged:
    items = [MessageItem(**_head(each), ServiceType=each.service_type) for each in found.messages]
    return Paged(items, found.total, page_request(call.query))


def _detail(tx: Transaction, call: Call, list_id: int, message_id: int) -> MessageDetail:
    written = campaigns.get_message(tx, list_id, message_id)
    message = written.message
    return MessageDetail(
        **_head(message.head),
        Attachments=[shown_attachment(call, each) for each in written.attachments],
        Content=message.content,
        Embed=message.embeds_images,
        Fields=_defaults(tx, written),
        IsConfirmation=message.is_confirmation,
        PreHeader=message.pre_header,
        Structure=message.structure,
        Tags=[shown_tag(each) for each in written.tags],
        TrackingInfo=TrackingInfo(
            CustomParams=message.tracking.custom_params,
            Enabled=message.tracking.enabled,
            Protocols=list(message.tracking.protocols),
        ),
        UseDynamicField=message.uses_fields,
    )


def _defaults(tx: Transaction, written: WrittenMessage) -> list[FieldDefault]:
    values = written.message.default_values
    return [FieldDefault(each.name, each.id, values.get(each.id, "")) for each in catalog(tx).fields.values()]


def _saved(head: MessageHead) -> SavedMessage:
    return SavedMessage(**_head(head))


def _head(head: MessageHead) -> dict[str, Any]:
    return {
        "CreationDate": _date(head.created_at),
        "Notes": head.notes,
        "Subject": head.subject,
        "idList": head.list_id,
        "idMessage": head.id,
    }


def _of_library(head: MessageHead) -> dict[str, Any]:
    return {**_head(head), "LastSendDate": _date(head.last_sent_at) if head.last_sent_at else NEVER}


def _date(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z"


TAGS = QueryParameter("tags", str, "Only messages with one of these tags, by name, separated by comma")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="M1",
        method="POST",
        path="Console/List/{list_id}/Email",
        summary="Write a message",
        handler=create_message,
        body=MessageInput,
        answer=SavedMessage,
    ),
    Endpoint(
        id="M2",
        method="GET",
        path="Console/List/{list_id}/Email/{message_id}",
        summary="Read a message with all that belongs to it",
        handler=read_message,
        answer=MessageDetail,
    ),
    Endpoint(
        id="M3",
        method="PUT",
        path="Console/List/{list_id}/Email/{message_id}",
        summary="Change what is given of a message",
        handler=update_message,
        body=MessageInput,
        answer=SavedMessage,
    ),
    Endpoint(
        id="M4",
        method="DELETE",
        path="Console/List/{list_id}/Email/{message_id}",
        summary="Delete a message",
        handler=delete_message,
    ),
    Endpoint(
        id="M5",
        method="POST",
        path="Console/List/{list_id}/Email/{message_id}",
        summary="Clone a message",
        handler=clone_message,
        answer=SavedMessage,
    ),
    Endpoint(
        id="M6",
        method="POST",
        path="Console/List/{list_id}/Email/Template/{template_id}",
        summary="Write a message that begins as a template does",
        handler=create_from_template,
        answer=SavedMessage,
    ),
    Endpoint(
        id="M7",
        method="GET",
        path="Console/List/{list_id}/Emails",
        summary="Read the messages of a list",
        handler=read_messages,
        answer=Page[MessageItem],
        query=(TAGS,),
    ),
    Endpoint(
        id="M8",
        method="GET",
        path="Console/List/{list_id}/Online/Emails",
        summary="Read the messages of a list that everybody may read online",
        handler=read_published,
        answer=Page[PublishedItem],
    ),
    Endpoint(
        id="M9",
        method="GET",
        path="Console/List/{list_id}/Archived/Emails",
        summary="Read the messages of a list that were sent and are not online",
        handler=read_archived,
        answer=Page[ArchivedItem],
    ),
    Endpoint(
        id="M10",
        method="GET",
        path="Console/User/Emails",
        summary="Read the messages of all lists that the user sees",
        handler=read_all_messages,
        answer=Page[MessageItem],
    ),
    Endpoint(
        id="M11",
        method="PUT",
        path="Console/List/{list_id}/Email/{message_id}/Online/Visibility",
        summary="Let everybody read a message online, or nobody",
        handler=set_visibility,
        body=bool | None,
        aliases=("PUT Console/List/{list_id}/Email/{message_id}/OnlineVisibility",),
    ),
    Endpoint(
        id="M12",
        method="PUT",
        path="Console/List/{list_id}/Email/{message_id}/EnableDynamicFields/{enabled:text}",
        summary="Say whether the fields of recipients are filled into a message: true or false",
        handler=enable_fields,
        answer=MessageDetail,
    ),
)
