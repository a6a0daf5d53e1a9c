"""Files of the database hold addresses and signing keys: nobody but their owner reads them."""

from contextlib import suppress
from pathlib import Path


def make_private(file: Path) -> None:
    """Make an empty file for its owner alone, unless it is there; SQLite's log beside it gets the same mode."""
    with suppress(OSError):  # whoever opens it next says what is wrong
        file.touch(mode=0o600, exist_ok=True)
