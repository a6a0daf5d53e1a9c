"""Imports: many recipients at once, stored first and done by a worker."""

from staffetta.imports.listing import list_imports
from staffetta.imports.model import (
    AlreadyLaunched,
    Import,
    ImportOptions,
    ImportRunning,
    ImportState,
    UnknownImport,
    event_of,
)
from staffetta.imports.packing import Packed, pack
from staffetta.imports.queries import lists_of_open
from staffetta.imports.running import Step, fail, open_imports, step
from staffetta.imports.starting import IMPORT_CONFIRMATION, get_import, start
from staffetta.imports.storing import Launched, launch, launch_all, store
from staffetta.imports.worker import Importer

__all__ = [
    "IMPORT_CONFIRMATION",
    "AlreadyLaunched",
    "Import",
    "ImportOptions",
    "ImportRunning",
    "ImportState",
    "Importer",
    "Launched",
    "Packed",
    "Step",
    "UnknownImport",
    "event_of",
    "fail",
    "get_import",
    "launch",
    "launch_all",
    "list_imports",
    "lists_of_open",
    "open_imports",
    "pack",
    "start",
    "step",
    "store",
]
