"""From the command to the first answer, and the memory of a server that has nothing to do."""

import http.client
import re
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter, sleep

from measuring.command import main
from measuring.figures import Fault, Figure
from measuring.installations import COMMAND, install
from measuring.plans import Plan
from measuring.processes import HERE, running

START_SECONDS = 1.5
IDLE_MEBIOCTETS = 120
# After this time a server that was only started has nothing left to do.
SETTLE_SECONDS = 3.0
MOST_SECONDS = 30


def measure(plan: Plan) -> Iterator[Figure]:
    """Measure with a database that exists, beside the bare server's start."""
    installation = install(plan, "start")
    bare_command = [sys.executable, str(HERE / "bare_answer.py"), "--port"]
    ours, bare = [], []
    for run in range(plan.starts):
        is_last = run + 1 == plan.starts
        port = _free_port()
        bare.append(_start([*bare_command, str(port)], port, plan.folder / "bare_answer.log"))
        port = _free_port()
        settings = installation.settings(bind=f"127.0.0.1:{port}")
        ours.append(_start(COMMAND, port, installation.log, settings, settle_seconds=SETTLE_SECONDS * is_last))
    yield Figure(
        name="start",
        unit="s",
        values=[seconds for seconds, _ in ours],
        budget=START_SECONDS,
        at_most=True,
        limits=[seconds for seconds, _ in bare],
        limit_is="the bare server",
        note="from the command to the first answer",
    )
    yield Figure(
        name="idle_memory",
        unit="MiB",
        values=[ours[-1][1]],
        budget=IDLE_MEBIOCTETS,
        at_most=True,
        limits=[bare[-1][1]],
        limit_is="the bare server",
        note=f"resident, {SETTLE_SECONDS:.0f} s after the start",
    )


def _start(
    command: Sequence[str],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    settle_seconds: float = 0,
) -> tuple[float, float]:
    """Return the seconds up to the first answer, and the memory when all is quiet."""
    begun = perf_counter()
    with running(command, log, environment) as process:
        while not _answers(port):
            if process.poll() is not None or perf_counter() > begun + MOST_SECONDS:
                raise Fault(f"{command[0]} gave no answer")
            sleep(0.002)
        seconds = perf_counter() - begun
        sleep(settle_seconds)
        return seconds, _resident_mebioctets(process.pid)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ConnectionError:
        return False
    finally:
        connection.close()


def _resident_mebioctets(process_id: int) -> float:
    found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{process_id}/status").read_text("ascii"))
    assert found
    return int(found[1]) / 1024


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main({"start": measure})
