"""Imports: many recipients at once, done by a worker while whoever asked goes on."""

from enum import IntEnum


class ImportState(IntEnum):
    """Where an import is; what is below DONE has rows left."""

    QUEUED = 0
    RUNNING = 1
    DONE = 2
    FAILED = 3
