"""Runs the real application again and again, each life a process of its own that dies where a test says.

`python -m scenarios.crash_driver` reads a line of JSON for each life: `environment`, `words`, `log`, and `armed`, the
file that names the point. It prints the life's process id, then what the application prints, then how it ended.
Modules are loaded once, which is most of the time that a start takes.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from scenarios.crash_points import Deaths, set_all
from staffetta import cli
from staffetta.cli import running


def main() -> None:
    assert running  # what `up` would load
    deaths = Deaths()
    set_all(deaths)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _live(json.loads(line), deaths)
        _, status = os.waitpid(process, 0)
        _say({"ended": os.waitstatus_to_exitcode(status)})


def _live(order: dict[str, Any], deaths: Deaths) -> None:
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)
        os.environ.clear()
        os.environ.update(order["environment"])
        sys.argv = ["staffetta", *order["words"]]
        deaths.armed = Path(order["armed"])
        _say({"pid": os.getpid()})
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _say(said: object) -> None:
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
