"""What Import answers: a code first, then what was asked for (contract 3.1 and 3.2)."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from staffetta.accounts import ImportPrologue
from staffetta.errors import Refusal
from staffetta.imports import Import, ImportState
from staffetta.interfaces.soap.inner import element, text
from staffetta.lists import Catalog

# Its readers take the times for Italian ones, whatever the account's zone (contract 15.21).
ZONE = ZoneInfo("Europe/Rome")

# The characters are UTF-8 whatever it says, as those of the envelope are (contract 15.5).
PROLOGUES = {
    ImportPrologue.UTF_8: '<?xml version="1.0" encoding="utf-8" ?>',
    ImportPrologue.WINDOWS_1252: '<?xml version="1.0" encoding="windows-1252" ?>',
    ImportPrologue.NONE: "",
}


class Code(IntEnum):
    """The values of `ReturnCode` besides ids; those of signing in come with `ServiceRefused`."""

    DONE = 0
    LISTS_UNRECOGNISED = -100
    LIST_MISMATCH = -101
    NO_GUID = -102
    NOT_SHOWN = -200
    GROUP_NOT_MADE = -300
    LIST_MISSING = -301
    NAME_MISSING = -302
    NOT_IMPORTED = -400
    DOCUMENT_EMPTY = -401
    DOCUMENT_UNREADABLE = -402
    NOT_CREATED = -403
    NO_CONFIRMATION = -410
    UNEQUAL_COUNTS = -450
    NO_DETAILS = -500
    UNKNOWN_PROCESS = -501
    NOT_STARTED = -600
    LIST_BUSY = -601
    ACCOUNT_BUSY = -602
    STATUS_UNKNOWN = -603
    NOT_STARTABLE = -604
    UNRECOGNISED = -1000
    UNKNOWN_USER = -1001


class Coded(Refusal):
    """A refusal that has a number of its own."""

    def __init__(self, code: Code) -> None:
        super().__init__(f"ReturnCode {int(code)}")
        self.code = code


class Process(NamedTuple):
    """What became of an import that was to be started; its id is 0 where there is none."""

    id: int
    list_id: int
    code: int


def message(code: int, payload: str = "") -> str:
    """Return an answer; clients read the first `ReturnCode` in it."""
    return element("mailupMessage", element("mailupBody", element("ReturnCode", str(int(code))), payload))


def lists(catalog: Catalog, shown: Callable[[str], str], list_ids: Collection[int] | None = None) -> str:
    """Write lists with their groups, all of them unless some are named."""
    groups: dict[int, list[str]] = {list_id: [] for list_id in catalog.lists}
    for group in catalog.groups.values():
        if group.list_id in groups:
            groups[group.list_id].append(element("Group", idGroup=group.id, groupName=shown(group.name)))
    return element(
        "Lists",
        *(
            element(
                "List",
                element("Groups", *groups[each.id]),
                idList=each.id,
                listGUID=each.guid,
                listName=shown(each.name),
            )
            for each in catalog.lists.values()
            if list_ids is None or each.id in list_ids
        ),
    )


def processes(started: Iterable[Process]) -> str:
    """Write what became of several imports; each has a `ReturnCode` of its own."""
    return element(
        "processes",
        *(
            element(
                "process",
                element("processID", str(each.id)),
                element("listID", str(each.list_id)),
                element("ReturnCode", str(int(each.code))),
            )
            for each in started
        ),
    )


def details(found: Import, *, confirmation_sent: bool) -> str:
    """Write how far an import is: of whom it has found, who was new, who was not, and who had unsubscribed."""
    tally = found.tally
    values = {
        "StartDate": _date(found.started_at),
        "EndDate": _date(found.ended_at),
        "TotalContacts": found.rows,
        "NewMobile": tally.number_new,
        "NewEmail": tally.email_new,
        "OptOutMobile": tally.optout_number,
        "OptOutEmail": tally.optout_email,
        "ExistingMobile": tally.number_update - tally.optout_number,
        "ExistingEmail": tally.email_update - tally.optout_email,
        "StatusCode": found.status_code,
        "IsRunning": found.state == ImportState.RUNNING,
        "ConfirmationEmail": found.options.confirm,
        "ConfirmationSent": confirmation_sent if found.options.confirm else "",
    }
    written = (element(name, text(value)) for name, value in values.items())
    return element("ImportProcess", *written, idProcess=found.id)


def _date(instant: datetime | None) -> str:
    return f"{instant.astimezone(ZONE):%d/%m/%Y %H.%M.%S}" if instant else ""
