"""Imports: many recipients at once, done by a worker while whoever asked goes on."""

from collections.abc import Collection
from datetime import datetime
from enum import IntEnum

import msgspec

from staffetta.errors import FailedPrecondition, NotFound
from staffetta.recipients import Event, Evidence, Tally


class ImportState(IntEnum):
    """Where an import is; what is below DONE is done by the worker, what is STORED waits to be launched."""

    QUEUED = 0
    RUNNING = 1
    DONE = 2
    FAILED = 3
    STORED = 4


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an import was asked for, kept with it.

    `confirm` asks everybody by a sending that somebody launches, and `request` is the message that asks; 0 is the
    list's own request.
    """

    event: Event = Event.IMPORT
    confirm: bool = False
    request: int = 0
    group_ids: tuple[int, ...] = ()
    clear_missing: bool = False
    replace_groups: bool = False
    ignore_mobile: bool = False
    base_url: str = ""
    host: str = ""
    evidence: Evidence


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """An import and what came of it so far; `rows` is how many it has in all."""

    id: int
    list_id: int
    state: ImportState
    options: ImportOptions
    tally: Tally
    rows: int
    file_name: str
    sending_id: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in (ImportState.DONE, ImportState.FAILED)

    @property
    def status_code(self) -> int:
        """The state as every wire counts it: 1 to be executed, 2 running, 3 completed, 4 failed (contract 3.2)."""
        return ImportState.QUEUED + 1 if self.state == ImportState.STORED else self.state + 1


class UnknownImport(NotFound):
    """The account has no such import."""


class ImportRunning(FailedPrecondition):
    """Another import of the account has not ended; `list_ids` are the lists of those that have not."""

    def __init__(self, list_ids: Collection[int]) -> None:
        super().__init__("another import is running; start this one when it has ended")
        self.list_ids = frozenset(list_ids)


class AlreadyLaunched(FailedPrecondition):
    """The import was launched before."""


# The flags of contract soap-http-smtp.md 3.3 and rest.md 7.5: force, confirm, unsubscribe, and what is pending.
def event_of(*, confirm: bool = False, as_optout: bool = False, as_pending: bool = False, force: bool = False) -> Event:
    """Return what an import's flags mean; to unsubscribe wins over all, to confirm over making subscribed."""
    if as_optout:
        return Event.IMPORT_AS_OPTOUT
    if confirm:
        return Event.IMPORT_FORCED_TO_CONFIRM if force else Event.IMPORT_TO_CONFIRM
    if force:
        return Event.IMPORT_FORCED
    return Event.IMPORT_PENDING_AS_SUBSCRIBED if as_pending else Event.IMPORT
