"""The processes that are measured and that measure: started here, and ended by their own id whatever happens."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring.figures import Fault

HERE = Path(__file__).parents[1]
STAFFETTA = str(Path(sys.executable).with_name("staffetta"))
# A server may have much to finish when it is told to stop; after this it is killed.
GRACE_SECONDS = 30


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside us, its errors in a file."""
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment_with(environment or {}),
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that we started; a repeat does nothing."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()


def said(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    """Return the JSON line that a process prints when it is ready.

    Raises:
        Fault: it ended instead; its last words are told.

    """
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise Fault(f"{Path(str(process.args[0])).name} did not start: {_last_words(log)}")  # type: ignore[index] # a list
    answer: dict[str, Any] = json.loads(line)
    return answer


def largest_memory(process_id: int) -> float:
    """Return the largest resident memory that a process has had so far, in MiB.

    Raises:
        Fault: the process is gone.

    """
    try:
        status = Path(f"/proc/{process_id}/status").read_text("ascii")
    except OSError as error:
        raise Fault("the process is gone") from error
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise Fault("the process is gone")


def children_of(process_id: int) -> list[int]:
    """Return the processes that a process has started and that run."""
    try:
        return [
            int(child) for child in Path(f"/proc/{process_id}/task/{process_id}/children").read_text("ascii").split()
        ]
    except OSError:
        return []


def environment_with(ours: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the caller's settings of the platform, and with ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STAFFETTA_")} | dict(ours)


@contextmanager
def bare_answers(folder: Path) -> Iterator[str]:
    """Run the bare server; gives its address."""
    log = folder / "bare_answer.log"
    with running([sys.executable, str(HERE / "bare_answer.py")], log) as process:
        yield f"http://127.0.0.1:{said(process, log)['port']}"


class Sink:
    """A mail server that keeps nothing but the count."""

    def __init__(self, port: int, count_file: Path) -> None:
        self.port = port
        self._count_file = count_file

    @property
    def relay(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> int:
        """How many messages it has taken so far."""
        return int(self._count_file.read_text("ascii").split()[0])

    @property
    def first_at(self) -> float:
        """When it took the first one, in seconds since 1970; 0 if it has taken none."""
        return float(self._count_file.read_text("ascii").split()[1])

    @property
    def last_at(self) -> float:
        """When it took the last one, in seconds since 1970."""
        return self._count_file.stat().st_mtime


@contextmanager
def null_sink(folder: Path, *options: str) -> Iterator[Sink]:
    """Run a mail server that takes everything."""
    log, count_file = folder / "null_sink.log", folder / "null_sink.count"
    count_file.write_bytes(b"%20d %20.6f\n" % (0, 0.0))
    command = [sys.executable, str(HERE / "null_sink.py"), "--count-file", str(count_file), *options]
    with running(command, log) as process:
        yield Sink(said(process, log)["port"], count_file)


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it said nothing"
