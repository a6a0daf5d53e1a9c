"""What a process keeps in memory of rows that rarely change: accounts, lists, groups, fields."""

import time
from collections.abc import Callable, Hashable
from typing import Any


class Snapshots:
    """Values by key, each good for one version of the configuration and, where set, for a time.

    On SQLite the writer sees every change: it makes its own and is told of others by `PRAGMA data_version`. On
    PostgreSQL other processes change rows unseen, so a value is good for `seconds`, and whoever misses a row in it
    reads again (`anew`) before saying that there is none.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self.version = 0
        self._kept: dict[Hashable, tuple[int, float, Any]] = {}
        # What no change of the configuration outdates: whoever keeps it here knows when it is good.
        self.lasting: dict[str, Any] = {}

    def peek(self, key: Hashable) -> Any:
        """Return the value of a key if it is kept and good, or None; never touches the database."""
        kept = self._kept.get(key)
        if kept and kept[0] == self.version and (self._seconds is None or kept[1] > time.monotonic()):
            return kept[2]
        return None

    def get(self, key: Hashable, load: Callable[[], Any], *, version: int, anew: bool = False) -> Any:
        """Return the value of a key, loaded where none is kept.

        `version` is the one at which the caller's transaction began: what it loads may be no newer than that.
        """
        kept = None if anew else self.peek(key)
        if kept is not None:
            return kept
        value = load()
        self._kept[key] = (version, time.monotonic() + (self._seconds or 0), value)
        return value

    def outdate(self) -> None:
        """Read everything anew: the configuration has changed."""
        self.version += 1
