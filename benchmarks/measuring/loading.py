"""HTTP load by wrk: a load generator in Python would eat the core that it measures."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from measuring.databases import BEFORE_FIRST
from measuring.figures import Fault
from measuring.installations import Installation
from measuring.processes import HERE

TOOL_MISSING = 3
BARE_ANSWER = "a bare answer of the same server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk counted: answers, how long half of them took at most, and how long all but the slowest hundredth."""

    requests: int
    seconds: float
    p50_milliseconds: float
    p99_milliseconds: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def sign_up_path(installation: Installation, *, confirm: bool) -> str:
    """Return the sign-up page's address up to the person's."""
    return f"/frontend/xmlSubscribe.aspx?confirm={int(confirm)}&retCode=1&list={installation.list_id}&email="


def status_path(installation: Installation) -> str:
    """Return the status page's address up to the person's."""
    about = f"list={installation.list_id}&ListGuid={installation.list_guid}"
    return f"/frontend/xmlChkSubscriber.aspx?{about}&email="


def load_with_new(url: str, path: str, *, tag: str, connections: int, seconds: int) -> Load:
    """Ask with addresses never used before: the tag and a number; each must be answered 0.

    Raises:
        Fault: some were not.

    """
    return load("load.lua", url, [path, "0", tag, "0", "0"], connections=connections, seconds=seconds)


def load_with_existing(url: str, path: str, *, people: int, answer: int, connections: int, seconds: int) -> Load:
    """Ask with addresses of people on the list, picked at random; raises Fault as above."""
    arguments = [path, str(answer), "", str(BEFORE_FIRST), str(people)]
    return load("load.lua", url, arguments, connections=connections, seconds=seconds)


def load_with_paths(url: str, paths: Path, *, status: int, due: str, connections: int, seconds: int) -> Load:
    """Ask for the paths of a file, picked at random; each must be answered with a status and what its head or body has.

    Raises:
        Fault: some were not.

    """
    return load("tracked.lua", url, [str(paths), str(status), due], connections=connections, seconds=seconds)


def load(
    script: str, url: str, arguments: Sequence[str], *, connections: int, seconds: int, headers: Sequence[str] = ()
) -> Load:
    """Let wrk run a script of this folder for a while.

    Raises:
        Fault: some answers were not what the script expects, or there were none.

    """
    options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "30s"]
    options += [word for header in headers for word in ("--header", header)]
    done = subprocess.run(
        [find_wrk(), *options, "--script", str(HERE / script), url, "--", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last.startswith("{"):
        raise Fault(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    counted = json.loads(last)
    if counted["failures"] or counted["broken"] or not counted["requests"]:
        raise Fault(
            f"of {counted['requests']} requests {counted['failures']} were answered wrongly (such as"
            f" {counted['example']!r}) and {counted['broken']} not at all"
        )
    return Load(**{field.name: counted[field.name] for field in fields(Load)})


def find_wrk() -> Path:
    """Return where wrk is, or end with exit code 3 and say how to get it."""
    found = shutil.which("wrk")
    if found is None:
        print("wrk is missing: the load of this benchmark comes from it (Debian: apt install wrk)", file=sys.stderr)
        raise SystemExit(TOOL_MISSING)
    return Path(found)
