"""Sending messages to lists, groups and single people, and how a message was sent (contract 7.7, D1 to D4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from staffetta import campaigns
from staffetta.campaigns import Audience, Launched, NotSubscribed, history
from staffetta.campaigns.history import PastSending
from staffetta.db import Transaction, filtering
from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import split_ids
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.interfaces.rest.paging import Paged, page_request
from staffetta.interfaces.rest.recipients import given_fields
from staffetta.interfaces.rest.sendings import NEVER, date_of, read_date
from staffetta.interfaces.rest.statistics import selection_of
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.sendings import SendHistoryItem, SendResponse, SingleSending
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList
from staffetta.recipients import AddressSuppressed, GivenField, field_values, group_of


async def send_to_list(call: Call) -> SendResponse:
    """Send a message to everybody on its list."""
    mailing_list = await call.mailing_list()
    return await _send(call, mailing_list.id, _audience(call))


async def send_to_group(call: Call) -> SendResponse:
    """Send a message to a group of its list."""
    group = await call.read(group_of, call.ids["group_id"])
    mailing_list = await call.mailing_list(group.list_id)
    return await _send(call, mailing_list.id, _audience(call, groups=(group.id,)))


async def send_to_one(call: Call) -> SendResponse:
    """Send a message to one address; one that is none, or that must not be written to, is told and is no failure."""
    body: SingleSending = call.body
    if not body.idMessage:
        raise InvalidArgument("idMessage: mandatory.")
    message = await call.read(campaigns.message_of_account, body.idMessage)
    await call.mailing_list(message.list_id)
    options = _options(call)
    try:
        address = EmailAddress.parse(body.Email)
    except InvalidArgument:
        return _response(message.id, invalid=(body.Email,))
    try:
        launched = await call.write(
            _send_to_one, message.id, address, given_fields(body.Fields or ()), call=call, options=options
        )
    except (AddressSuppressed, NotSubscribed):
        return _response(message.id, unprocessed=(address.text,))
    call.platform.wake_sender()
    return _response(message.id, launched)


async def read_history(call: Call) -> Paged:
    """Return the sendings of a message that have begun."""
    mailing_list = await call.mailing_list()
    message_id, request = call.ids["message_id"], page_request(call.query)
    selection = selection_of(call, history_properties(mailing_list))
    found = await call.read(history.list_history, mailing_list.id, message_id, selection, now=utc_now())
    return Paged([_past(each, message_id, mailing_list) for each in found.rows], found.total, request)


def history_properties(mailing_list: MailingList) -> Mapping[str, filtering.Property]:
    """Return what the sendings of a list's message may be filtered and ordered by."""
    settings = mailing_list.settings
    return {
        "EndDate": history.ENDED_AT,
        "Id": history.ID,
        "Kb_transferred": history.KILOBYTES,
        "Recipients": history.RECIPIENTS,
        "SenderEmail": history.sender_email(settings.sender_email),
        "SenderName": history.sender_name(settings.sender_name),
        "StartDate": history.BEGAN_AT,
        "idMessage": history.MESSAGE,
    }


async def _send(call: Call, list_id: int, audience: Audience) -> SendResponse:
    message_id, options = call.ids["message_id"], _options(call)
    launched = await call.write(
        campaigns.send_message, list_id, message_id, audience=audience, **options, now=utc_now()
    )
    call.platform.wake_sender()
    return _response(message_id, launched)


def _send_to_one(
    tx: Transaction,
    message_id: int,
    address: EmailAddress,
    given: Sequence[GivenField],
    *,
    call: Call,
    options: Mapping[str, Any],
) -> Launched:
    values = field_values(tx, given)
    return campaigns.send_to_one(
        tx, message_id, address, values=values, **options, evidence=call.evidence, now=utc_now()
    )


def _audience(call: Call, *, groups: tuple[int, ...] = ()) -> Audience:
    excluded, reached_by = _ids(call, "excludedGroups"), _ids(call, "notReachedBy")
    if len(reached_by) > 1:
        raise InvalidArgument("notReachedBy: the number of one sending.")
    return Audience(groups=groups, excluded=excluded, not_reached_by=reached_by[0] if reached_by else 0)


def _options(call: Call) -> dict[str, Any]:
    """Return what a query says of a sending, whoever gets it."""
    return {
        "starts_at": _instant(call, "datetime"),
        "not_after": _instant(call, "notAfter"),
        "sender_name": call.query.first("sendername").strip(" \"'"),
        "sender_email": call.query.first("senderaddress").strip(" \"'"),
        "once_key": call.query.first("oncekey") or None,
        "in_doubt": call.query.first("indoubt").strip(" \"'"),
    }


def _instant(call: Call, name: str) -> datetime | None:
    text = call.query.first(name.lower()).strip(" \"'")
    return read_date(text, name) if text else None


def _ids(call: Call, name: str) -> tuple[int, ...]:
    found = split_ids(call.query.first(name.lower()).strip("\"'[] "))
    if found.invalid:
        raise InvalidArgument(f"{name}: numbers, separated by comma.")
    return tuple(found.ids)


def _response(
    message_id: int,
    launched: Launched | None = None,
    *,
    invalid: Sequence[str] = (),
    unprocessed: Sequence[str] = (),
) -> SendResponse:
    return SendResponse(
        Id=launched.sending_id if launched else 0,
        InvalidRecipients=invalid,
        Sent=launched.addressed if launched else 0,
        UnprocessedRecipients=unprocessed,
        idMessage=message_id,
    )


def _past(sending: PastSending, message_id: int, mailing_list: MailingList) -> SendHistoryItem:
    return SendHistoryItem(
        EndDate=date_of(sending.ended_at) if sending.ended_at else NEVER,
        Kb_transferred=-(-sending.octets // 1024),
        Recipients=sending.recipients,
        SenderEmail=sending.sender_email or mailing_list.settings.sender_email,
        SenderName=sending.sender_name or mailing_list.settings.sender_name,
        StartDate=date_of(sending.began_at),
        idMessage=message_id,
        Id=sending.id,
    )


OPTIONS = (
    QueryParameter("datetime", str, "When it begins, in UTC: `2026-01-31 09:00:00Z`; at once if not given, or past"),
    QueryParameter("SenderName", str, "Whom it says it is from, instead of the list's sender"),
    QueryParameter("SenderAddress", str, "The address that it says it is from, likewise"),
    QueryParameter("notAfter", str, "Ours: after this time it does not begin any more"),
    QueryParameter("onceKey", str, "Ours: a text of yours; a call that repeats it is answered with the first sending"),
    QueryParameter("inDoubt", str, "Ours: what happens to mails a crash leaves in doubt: `hold`, `resend` or `drop`"),
)
AUDIENCE = (
    QueryParameter("excludedGroups", str, "Ours: numbers of groups; whoever is in one of them gets nothing"),
    QueryParameter("notReachedBy", int, "Ours: a sending of the message; whoever got it by that gets nothing"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="D1",
        method="POST",
        path="Console/List/{list_id}/Email/{message_id}/Send",
        summary="Send a message to its list",
        handler=send_to_list,
        answer=SendResponse,
        query=OPTIONS + AUDIENCE,
    ),
    Endpoint(
        id="D2",
        method="POST",
        path="Console/Group/{group_id}/Email/{message_id}/Send",
        summary="Send a message to a group of its list",
        handler=send_to_group,
        answer=SendResponse,
        query=OPTIONS + AUDIENCE,
    ),
    Endpoint(
        id="D3",
        method="POST",
        path="Console/Email/Send",
        summary="Send a message to one address, which is put on its list",
        handler=send_to_one,
        body=SingleSending,
        answer=SendResponse,
        query=OPTIONS,
    ),
    Endpoint(
        id="D4",
        method="GET",
        path="Console/List/{list_id}/Email/{message_id}/SendHistory",
        summary="List the sendings of a message that have begun",
        handler=read_history,
        answer=Page[SendHistoryItem],
    ),
)
