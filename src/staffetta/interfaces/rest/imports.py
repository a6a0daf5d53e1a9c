"""Importing many recipients, and asking what became of them (contract 7.5, R3 to R8)."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from staffetta import imports
from staffetta.db import filtering
from staffetta.errors import InvalidArgument, NotFound, PermissionDenied
from staffetta.imports import Import, ImportOptions, event_of, listing, pack
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.interfaces.rest.paging import Paged, filter_of, order_of, page_request
from staffetta.interfaces.rest.wire.imports import (
    ImportDetail,
    ImportedField,
    ImportedRecipient,
    ImportItem,
    ImportRows,
    ImportSending,
    ImportStatus,
    InvalidRows,
    ValidRows,
)
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.kit.clock import utc_now
from staffetta.lists import Field, catalog_of
from staffetta.recipients import Event, Evidence, ImportRow, Source, group_of

# Rows that are packed on the event loop: a few milliseconds. More are packed in a thread.
MOST_AT_ONCE = 500
IMPORT_TYPES = ("", "asoptin", "asoptout", "aspending")
PROPERTIES = {
    "Filename": listing.FILE_NAME,
    "IdImport": listing.ID,
    "idImport": listing.ID,
    "IdList": listing.LIST,
    "StartDate": listing.STARTED_AT,
    "StatusCode": listing.STATE_CODE,
}


async def import_into_list(call: Call) -> int:
    """Import recipients into a list."""
    return await _start(call, (await call.mailing_list()).id, group_ids=())


async def import_into_group(call: Call) -> int:
    """Import recipients into a group and its list."""
    group = await call.read(group_of, call.ids["group_id"])
    return await _start(call, (await call.mailing_list(group.list_id)).id, group_ids=(group.id,))


async def _start(call: Call, list_id: int, *, group_ids: tuple[int, ...]) -> int:
    options = _options(call, group_ids)
    numbers = _numbers_by_name((await catalog_of(call.platform.database, call.account.id)).fields.values())
    people: Sequence[ImportedRecipient] = call.body or ()
    if len(people) <= MOST_AT_ONCE:
        packed = pack(_rows(people, numbers))
    else:
        packed = await asyncio.to_thread(pack, _rows(people, numbers))
    import_id = await call.write(imports.start, list_id, packed, options, now=utc_now())
    call.platform.wake_importer()
    # Clients read what they have just imported, and do not ask whether it is there.
    if call.platform.import_ended and 0 < packed.rows <= MOST_AT_ONCE:
        await call.platform.import_ended(call.account.id, import_id)
    return import_id


def _options(call: Call, group_ids: tuple[int, ...]) -> ImportOptions:
    confirm = call.flag("ConfirmEmail") or call.flag("confirmMessage")
    kind = call.query.first("importtype").strip(" \"'").lower()
    if kind not in IMPORT_TYPES:
        raise InvalidArgument("importType: asOptin, asOptout or asPending.")
    proof = call.evidence
    return ImportOptions(
        event=event_of(
            confirm=confirm, as_optout=kind == "asoptout", as_pending=kind == "aspending", force=kind == "asoptin"
        ),
        confirm=confirm and kind != "asoptout",
        group_ids=group_ids,
        clear_missing=call.flag("clearMissingOrEmptyFields"),
        replace_groups=bool(group_ids) and call.flag("removeFromPrevGroups"),
        ignore_mobile=call.flag("ignoreMobile"),
        base_url=call.base_url,
        host=call.account.host,
        evidence=Evidence(source=Source.IMPORT, ip=proof.ip, user_agent=proof.user_agent, wording=proof.wording),
    )


def _numbers_by_name(fields: Collection[Field]) -> dict[str, str]:
    by_number = {f"campo{each.id}": str(each.id) for each in fields}
    return by_number | {each.name.casefold(): str(each.id) for each in fields}


def _rows(people: Sequence[ImportedRecipient], numbers: Mapping[str, str]) -> Iterator[ImportRow]:
    for person in people:
        values = {}
        for field in person.Fields or ():
            if field is not None and (number := _number(field, numbers)):
                values[number] = _text(field.Value)
        yield ImportRow(
            person.Email, _text(person.MobilePrefix), _text(person.MobileNumber), person.Name or "", values or None
        )


def _number(field: ImportedField, numbers: Mapping[str, str]) -> str | None:
    """Return the number of a field as text: its `Id` wins (contract 9), without one its name counts."""
    if isinstance(field.Id, int) and field.Id:
        return str(field.Id)
    if isinstance(field.Id, str) and field.Id.strip() not in {"", "0"}:
        return field.Id.strip()
    return numbers.get(field.Description.strip().casefold())


def _text(value: str | float | bool | None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


async def status(call: Call) -> ImportStatus:
    """Return how far an import is."""
    found = await _get(call)
    tally = found.tally
    return ImportStatus(
        Completed=found.has_ended,
        CreatedRecipients=tally.created,
        ImportedRecipients=tally.created + tally.updated,
        NotValidRecipients=tally.rejected,
        UpdatedRecipients=tally.updated,
        ValidRecipients=tally.rows - tally.rejected,
        idImport=found.id,
    )


async def list_imports(call: Call) -> Paged:
    """Return the account's imports, as far as their lists are visible."""
    request, condition = page_request(call.query), filter_of(call.query)
    page = await call.read(
        imports.list_imports,
        list_ids=call.user.visible_lists,
        where=None if condition is None else filtering.where(condition, PROPERTIES),
        order=filtering.ordering(order_of(call.query), PROPERTIES),
        offset=request.offset,
        limit=request.size,
    )
    return Paged([_item(each) for each in page.imports], page.total, request)


async def detail(call: Call) -> ImportDetail:
    """Return an import with its options and all counts."""
    found = await _get(call)
    options = found.options
    return ImportDetail(
        EndDate=_date(found.ended_at),
        FieldSeparator="",
        Filename=found.file_name,
        IdGroups=list(options.group_ids),
        IdImport=found.id,
        IdList=found.list_id,
        IgnoreDoubleQuotes=False,
        IgnoreFirstRow=False,
        ImportAsUnsubscribed=options.event == Event.IMPORT_AS_OPTOUT,
        IncludePendingRecipients=options.event == Event.IMPORT_PENDING_AS_SUBSCRIBED,
        OverwriteEmptyFields=options.clear_missing,
        ReplaceExistingGroup=options.replace_groups,
        Rows=_counts(found),
        SendConfirmationEmail=options.confirm,
        StartDate=_date(found.started_at),
        StatusCode=found.status_code,
        StopDate="",
        TextDelimiter="",
    )


async def sending(call: Call) -> ImportSending:
    """Return the sending that asks an import's recipients to confirm, and waits to be launched."""
    found = await _get(call)
    if found.sending_id is None:
        raise NotFound(f"import {found.id} has no confirmation sending: it was asked for without ConfirmEmail")
    return ImportSending(idSending=found.sending_id)


async def _get(call: Call) -> Import:
    found = await call.read(imports.get_import, call.ids["import_id"])
    if not call.user.sees(found.list_id):
        raise PermissionDenied(f"list {found.list_id} is not visible to this user")
    return found


def _item(found: Import) -> ImportItem:
    return ImportItem(
        Filename=found.file_name,
        IdImport=found.id,
        IdList=found.list_id,
        Rows=found.rows,
        StartDate=_date(found.started_at),
        StatusCode=found.status_code,
    )


def _counts(found: Import) -> ImportRows:
    tally = found.tally
    return ImportRows(
        Invalid=InvalidRows(
            InvalidEmail=tally.invalid_email,
            InvalidNumber=tally.invalid_number,
            Total=tally.refused,
            WithoutEmail=tally.without_email,
            WithoutNumber=tally.without_number,
            WithoutPrefix=tally.without_prefix,
        ),
        Total=found.rows,
        Valid=ValidRows(
            EmailNew=tally.email_new,
            EmailUpdate=tally.email_update,
            NumberNew=tally.number_new,
            NumberUpdate=tally.number_update,
            RepeatedEmail=tally.repeated_email,
            RepeatedNumber=tally.repeated_number,
            Total=tally.rows - tally.rejected,
        ),
    )


def _date(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z" if instant else ""


OPTIONS = (
    QueryParameter("ConfirmEmail", bool, "Make everybody pending, and prepare a sending that asks them (R8)"),
    QueryParameter("confirmMessage", bool, "Another name of ConfirmEmail"),
    QueryParameter("importType", str, "asOptin forces subscription, asOptout unsubscribes, asPending confirms"),
    QueryParameter("ignoreMobile", bool, "Take no mobile numbers"),
    QueryParameter("clearMissingOrEmptyFields", bool, "Blank the fields that are missing or empty"),
)
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="R3",
        method="POST",
        path="Console/List/{list_id}/Recipients",
        summary="Import recipients into a list",
        handler=import_into_list,
        body=list[ImportedRecipient],
        answer=int,
        query=OPTIONS,
    ),
    Endpoint(
        id="R4",
        method="POST",
        path="Console/Group/{group_id}/Recipients",
        summary="Import recipients into a group and its list",
        handler=import_into_group,
        body=list[ImportedRecipient],
        answer=int,
        query=(*OPTIONS, QueryParameter("removeFromPrevGroups", bool, "Take them out of the list's other groups")),
    ),
    Endpoint(
        id="R5",
        method="GET",
        path="Console/Import/{import_id}",
        summary="Ask how far an import is",
        handler=status,
        answer=ImportStatus,
    ),
    Endpoint(
        id="R6",
        method="GET",
        path="Console/Imports",
        summary="List imports",
        handler=list_imports,
        answer=Page[ImportItem],
    ),
    Endpoint(
        id="R7",
        method="GET",
        path="Console/Imports/{import_id}",
        summary="Read an import with all counts",
        handler=detail,
        answer=ImportDetail,
    ),
    Endpoint(
        id="R8",
        method="GET",
        path="Console/Import/{import_id}/Sending",
        summary="Find the sending that asks an import's recipients to confirm",
        handler=sending,
        answer=ImportSending,
    ),
)
