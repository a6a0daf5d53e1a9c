"""Import's processes: stored, started one at a time, and asked about (contract 3.2 and 3.3)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from staffetta.accounts import Account
from staffetta.campaigns import AsksNobody, UnknownMessage, require_request
from staffetta.db import Transaction
from staffetta.imports import (
    AlreadyLaunched,
    Import,
    ImportOptions,
    ImportRunning,
    Launched,
    UnknownImport,
    event_of,
    get_import,
    launch,
    launch_all,
    store,
)
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.evidence import evidence_of
from staffetta.interfaces.soap.import_answers import Code, Coded, Process, details, message, processes
from staffetta.interfaces.soap.import_documents import (
    IMPORT_TYPES,
    EmptyDocument,
    UnreadableDocument,
    read_document,
)
from staffetta.interfaces.soap.import_lists import guid_of, list_of_call, list_of_pair
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList, catalog_of
from staffetta.outbox import has_gone
from staffetta.recipients import Source

DEFAULT_IMPORT_TYPE = 3
# 1 has the prefix in the number, 2 beside it; a number says itself which it is.
MOBILE_INPUT_TYPES = (0, 1, 2)
# Of one call, which stores its document for each.
MOST_LISTS = 100
MOST_DIGITS = 9


class Target(NamedTuple):
    """A list to import into, and the groups in it."""

    mailing_list: MailingList
    group_ids: tuple[int, ...] = ()


async def new_import_process(call: Call, account: Account) -> str:
    """Store an import; the code is its id."""
    mailing_list = await list_of_call(call, account)
    _require_document(call)
    options = _options(call, account, _group_ids(call.text("idGroups")))
    # 0 is the list's own request, which every list has.
    if options.confirm and (request := call.number("idConfirmNL")):
        await _require_request(call, account, mailing_list, request)
        options = msgspec.structs.replace(options, request=request)
    (process_id,) = await _store(call, account, [Target(mailing_list, options.group_ids)], options)
    return message(process_id)


async def start_process(call: Call, account: Account) -> str:
    """Start an import that was stored."""
    mailing_list = await list_of_call(call, account)
    try:
        await call.write(
            account.id,
            _launch_of_list,
            mailing_list.id,
            call.number("idProcess"),
            sends_at_once=account.options.import_confirmation_autosend,
        )
    except UnknownImport as error:
        raise Coded(Code.STATUS_UNKNOWN) from error
    except ImportRunning as error:
        raise Coded(_code_of_running(error, mailing_list.id)) from error
    except AlreadyLaunched as error:
        raise Coded(Code.NOT_STARTABLE) from error
    call.platform.wake_importer()
    return message(Code.DONE)


async def start_import_processes(call: Call, account: Account) -> str:
    """Store an import for each list and start them; without a document start what was stored before.

    What cannot be started because another import runs stays stored.
    """
    targets = await _targets(call, account)
    if call.text("xmlDoc").strip():
        if not targets:
            raise Coded(Code.LISTS_UNRECOGNISED)
        process_ids = await _store(call, account, targets, _options(call, account, ()))
        found = await _launch(call, account, process_ids)
        codes = {each.import_id: _code_of(each) for each in found}
        started = [
            Process(process_id, target.mailing_list.id, codes.get(process_id, Code.DONE))
            for process_id, target in zip(process_ids, targets, strict=True)
        ]
    else:
        found = await _launch(call, account, None)
        started = [Process(each.import_id, each.list_id, _code_of(each)) for each in found]
    if not started:
        raise Coded(Code.DOCUMENT_EMPTY)
    return message(Code.DONE, processes(started))


async def get_process_details(call: Call, account: Account) -> str:
    """Return how far an import is."""
    mailing_list = await list_of_call(call, account)
    try:
        found, confirmation_sent = await call.read(
            account.id, _import_of_list, mailing_list.id, call.number("idProcess")
        )
    except UnknownImport as error:
        raise Coded(Code.UNKNOWN_PROCESS) from error
    return message(Code.DONE, details(found, confirmation_sent=confirmation_sent))


async def _require_request(call: Call, account: Account, mailing_list: MailingList, message_id: int) -> None:
    try:
        await call.read(account.id, require_request, mailing_list.id, message_id)
    except (UnknownMessage, AsksNobody) as error:
        raise Coded(Code.NO_CONFIRMATION) from error


async def _store(call: Call, account: Account, targets: Iterable[Target], options: ImportOptions) -> list[int]:
    try:
        packed = await read_document(call.text("xmlDoc"), import_type=_import_type(call))
    except EmptyDocument as error:
        raise Coded(Code.DOCUMENT_EMPTY) from error
    except UnreadableDocument as error:
        raise Coded(Code.DOCUMENT_UNREADABLE) from error
    # Each list in a transaction of its own: a large document for many lists would hold other writers up.
    return [
        await call.write(
            account.id,
            store,
            target.mailing_list.id,
            packed,
            msgspec.structs.replace(options, group_ids=target.group_ids),
            now=utc_now(),
        )
        for target in targets
    ]


async def _launch(call: Call, account: Account, process_ids: Sequence[int] | None) -> list[Launched]:
    launched = await call.write(
        account.id,
        launch_all,
        process_ids,
        sends_at_once=account.options.import_confirmation_autosend,
        now=utc_now(),
    )
    call.platform.wake_importer()
    return launched


def _launch_of_list(tx: Transaction, list_id: int, process_id: int, *, sends_at_once: bool) -> None:
    _of_list(tx, list_id, process_id)
    launch(tx, process_id, sends_at_once=sends_at_once, now=utc_now())


def _import_of_list(tx: Transaction, list_id: int, process_id: int) -> tuple[Import, bool]:
    found = _of_list(tx, list_id, process_id)
    sent = found.has_ended and found.sending_id is not None and has_gone(tx, found.sending_id)
    return found, sent


def _of_list(tx: Transaction, list_id: int, process_id: int) -> Import:
    found = get_import(tx, process_id)
    if found.list_id != list_id:
        raise UnknownImport(f"list {list_id} has no import {process_id}")
    return found


def _code_of(launched: Launched) -> Code:
    return Code.DONE if launched.refusal is None else _code_of_running(launched.refusal, launched.list_id)


def _code_of_running(refusal: ImportRunning, list_id: int) -> Code:
    return Code.LIST_BUSY if list_id in refusal.list_ids else Code.ACCOUNT_BUSY


def _require_document(call: Call) -> None:
    if not call.text("xmlDoc").strip():
        raise Coded(Code.DOCUMENT_EMPTY)


def _options(call: Call, account: Account, group_ids: tuple[int, ...]) -> ImportOptions:
    if _import_type(call) not in IMPORT_TYPES or call.number("mobileInputType") not in MOBILE_INPUT_TYPES:
        raise Coded(Code.NOT_IMPORTED)
    as_optout = call.flag("asOptOut")
    confirm = call.flag("ConfirmEmail") and not as_optout
    return ImportOptions(
        event=event_of(
            confirm=confirm, as_optout=as_optout, as_pending=call.flag("asPending"), force=call.flag("forceOptIn")
        ),
        confirm=confirm,
        group_ids=group_ids,
        replace_groups=call.flag("replaceGroups"),
        base_url=call.platform.base_url(account, call.scope),
        host=account.host,
        evidence=msgspec.structs.replace(evidence_of(call), source=Source.IMPORT),
    )


def _import_type(call: Call) -> int:
    return call.number("importType") or DEFAULT_IMPORT_TYPE


async def _targets(call: Call, account: Account) -> list[Target]:
    """Return the lists of a call that names several, by ids, by GUIDs or by both; all are right or none is."""
    ids, guids, groups = (_items(call.text(name)) for name in ("listsIDs", "listsGUIDs", "groupsIDs"))
    count = len(ids or guids)
    if any(len(items) not in (0, count) for items in (ids, guids, groups)):
        raise Coded(Code.UNEQUAL_COUNTS)
    if count > MOST_LISTS:
        raise Coded(Code.NOT_CREATED)
    blank = [""] * count
    found = [
        await _list_of(call, account, list_id, guid) for list_id, guid in zip(ids or blank, guids or blank, strict=True)
    ]
    return [Target(each, _group_ids(items)) for each, items in zip(found, groups or blank, strict=True)]


async def _list_of(call: Call, account: Account, list_id: str, guid: str) -> MailingList:
    number = _number(list_id, Code.LISTS_UNRECOGNISED) if list_id else 0
    if number and guid:
        return await list_of_pair(call, account, number, guid)
    if not (number or guid):
        raise Coded(Code.LISTS_UNRECOGNISED)
    wanted = guid_of(guid) if guid else None
    known = (await catalog_of(call.platform.database, account.id)).lists.values()
    found = next((each for each in known if each.guid == wanted or each.id == number), None)
    if found is None:
        raise Coded(Code.LIST_MISMATCH)
    return found


def _group_ids(text: str) -> tuple[int, ...]:
    """Return the groups of a list, by commas; those that the list does not have are passed over."""
    numbers = (_number(item.strip(), Code.NOT_CREATED) for item in text.split(",") if item.strip())
    return tuple(dict.fromkeys(number for number in numbers if number))


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";")] if text.strip() else []


def _number(text: str, otherwise: Code) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Coded(otherwise)
    return int(text)
