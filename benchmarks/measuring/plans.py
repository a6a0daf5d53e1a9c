"""How much is measured: long runs for figures that are kept, short ones to see that all works."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from measuring.figures import Figure


def sqlite_in(home: Path) -> str:
    """Return the URL of the SQLite file of a data folder."""
    return f"sqlite:///{home}/staffetta.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The size of each measurement, and the folder and database that it happens in."""

    folder: Path
    runs: int
    seconds: int
    starts: int
    recipients: int
    messages: int
    peer_messages: int
    name_prefix: str = ""
    database_of: Callable[[Path], str] = sqlite_in

    @property
    def is_sqlite(self) -> bool:
        return self.database_of is sqlite_in


Measure = Callable[[Plan], Iterator[Figure]]


def long_plan(folder: Path) -> Plan:
    """Return what figures that are kept come from: about twelve minutes."""
    return Plan(
        folder=folder,
        runs=5,
        seconds=4,
        starts=5,
        recipients=1_000_000,
        messages=100_000,
        peer_messages=20_000,
    )


def quick_plan(folder: Path) -> Plan:
    """Return a look at everything in under four minutes, with a smaller list and fewer messages."""
    return Plan(
        folder=folder,
        runs=3,
        seconds=1,
        starts=3,
        recipients=100_000,
        messages=10_000,
        peer_messages=1_000,
    )
