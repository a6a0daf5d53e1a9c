"""Starting an import: its rows are stored, and the answer is given, before any of them is looked at."""

from datetime import datetime

from staffetta.db import Transaction
from staffetta.imports import queries
from staffetta.imports.model import Import, ImportOptions, ImportState, UnknownImport
from staffetta.imports.packing import Packed
from staffetta.lists import MailingList, get_list
from staffetta.outbox import add_sending
from staffetta.recipients import ImportPlan, Tally

IMPORT_CONFIRMATION = "import_confirmation"


def start(
    tx: Transaction, list_id: int, packed: Packed, options: ImportOptions, *, file_name: str = "", now: datetime
) -> int:
    """Store an import to be done after those before it, and return its id; one without rows is done at once.

    With `confirm` a sending is made, which holds the requests to confirm until somebody launches it.

    Raises:
        UnknownList: the account has no such list.

    """
    mailing_list = get_list(tx, list_id)
    import_id = tx.take_id("import")
    is_empty = not packed.rows
    queries.insert_import(
        tx,
        Import(
            id=import_id,
            list_id=list_id,
            state=ImportState.DONE if is_empty else ImportState.QUEUED,
            options=options,
            tally=Tally(),
            rows=packed.rows,
            file_name=file_name,
            sending_id=prepare_confirmation(tx, mailing_list, import_id, now=now) if options.confirm else None,
            created_at=now,
            started_at=now if is_empty else None,
            ended_at=now if is_empty else None,
        ),
    )
    queries.insert_chunks(tx, import_id, packed.chunks)
    return import_id


def prepare_confirmation(tx: Transaction, mailing_list: MailingList, import_id: int, *, now: datetime) -> int:
    """Make the sending that asks an import's people to confirm, and return its id."""
    return add_sending(
        tx,
        kind=IMPORT_CONFIRMATION,
        list_id=mailing_list.id,
        subject=f"Confirmation request: {mailing_list.name}",
        notes=f"Import {import_id}",
        now=now,
    )


def get_import(tx: Transaction, import_id: int) -> Import:
    """Return an import, or raise UnknownImport."""
    found = queries.find_import(tx, import_id)
    if found is None:
        raise UnknownImport(f"there is no import {import_id}")
    return found


def plan_of(started: Import) -> ImportPlan:
    """Return what an import's options ask of each of its rows."""
    options = started.options
    return ImportPlan(
        list_id=started.list_id,
        event=options.event,
        group_ids=options.group_ids,
        clear_missing=options.clear_missing,
        replace_groups=options.replace_groups,
        ignore_mobile=options.ignore_mobile,
        sending_id=started.sending_id,
        request=options.request,
        base_url=options.base_url,
        host=options.host,
        started_at=started.started_at,
    )
