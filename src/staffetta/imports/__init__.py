"""Imports: many recipients at once, stored first and done by a worker."""

from staffetta.imports.listing import list_imports
from staffetta.imports.model import Import, ImportOptions, ImportState, UnknownImport, event_of
from staffetta.imports.packing import Packed, pack
from staffetta.imports.running import Step, fail, open_imports, step
from staffetta.imports.starting import IMPORT_CONFIRMATION, get_import, start
from staffetta.imports.worker import Importer

__all__ = [
    "IMPORT_CONFIRMATION",
    "Import",
    "ImportOptions",
    "ImportState",
    "Importer",
    "Packed",
    "Step",
    "UnknownImport",
    "event_of",
    "fail",
    "get_import",
    "list_imports",
    "open_imports",
    "pack",
    "start",
    "step",
]
