"""An installation of the product in a folder of its own, and its server as a real process."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from measuring.plans import Plan, sqlite_in
from measuring.processes import STAFFETTA, running, said


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    process_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A data folder, its database with the demo account, and what one needs to call it."""

    home: Path
    database: str
    account_id: int = 0
    list_id: int = 0
    list_guid: str = ""

    def settings(self, *, relay: str = "", window: int = 0, bind: str = "127.0.0.1:0") -> dict[str, str]:
        """Return the environment that its server is started with."""
        ours = {
            "STAFFETTA_HOME": str(self.home),
            "STAFFETTA_DATABASE": self.database,
            "STAFFETTA_BIND": bind,
            "STAFFETTA_LIMITS": "off",
            "STAFFETTA_RELAYS": relay,
        }
        return ours | ({"STAFFETTA_IN_DOUBT_WINDOW": str(window)} if window else {})

    @contextmanager
    def server(self, *, relay: str = "", window: int = 0) -> Iterator[Server]:
        """Run its server, on a port of its own choice."""
        with running(COMMAND, self.log, self.settings(relay=relay, window=window)) as process:
            yield Server(said(process, self.log)["url"], process.pid)

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def copied(self, name: str) -> "Installation":
        """Return a copy in a folder beside it; of SQLite, and while nothing runs."""
        home = self.home.with_name(name)
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.home, home)
        with (home / "staffetta.db").open("rb") as file:
            os.fsync(file.fileno())  # else the first commits wait for all of this copy to reach the disk
        return replace(self, home=home, database=sqlite_in(home))


COMMAND = (STAFFETTA, "up", "--demo", "--json")


def install(plan: Plan, name: str) -> Installation:
    """Make an installation with the demo account."""
    home = plan.folder / f"{plan.name_prefix}{name}"
    home.mkdir()
    empty = Installation(home=home, database=plan.database_of(home))
    with running(COMMAND, empty.log, empty.settings()) as process:
        ready = said(process, empty.log)
    return replace(empty, **{name: ready[name] for name in ("account_id", "list_id", "list_guid")})
