"""The command line of all benchmarks: which figures, how long, printed for whom."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from measuring.figures import Fault, Figure, as_json, as_line, as_row, table_head
from measuring.plans import Measure, Plan, long_plan, quick_plan

# Whatever hangs, an invocation ends.
QUICK_SECONDS, LONG_SECONDS = 240, 1_200


class Overdue(Exception):  # noqa: N818 - what went wrong is the message
    """The invocation has taken all the time it may."""


def main(measures: Mapping[str, Measure]) -> None:
    """Measure what is named, all without names, and print each figure as soon as it is known.

    Ends with exit code 1 when something failed or was miscounted, never because a budget was missed.
    """
    options = _options(measures)
    written: Callable[[Figure], str] = as_json if options.json else as_row if options.markdown else as_line
    if options.markdown:
        print(table_head(), flush=True)
    failed = False
    with _bounded(QUICK_SECONDS if options.quick else LONG_SECONDS), _folder(options.folder) as folder:
        plan = quick_plan(folder) if options.quick else long_plan(folder)
        for name in options.names or measures:
            failed = not _measured(name, measures[name], plan, written) or failed
    if failed:
        raise SystemExit(1)


def _measured(name: str, measure: Measure, plan: Plan, written: Callable[[Figure], str]) -> bool:
    try:
        for figure in measure(plan):
            print(written(figure), flush=True)
    except Fault as fault:
        print(f"{name}: {fault}", file=sys.stderr)
        return False
    return True


def _options(measures: Mapping[str, Measure]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure, and hold each figure to its budget and to a limit measured in the same run."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(measures)}; default: all")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that all works")
    parser.add_argument("--folder", type=Path, help="where databases are made; default: the system's temporary folder")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--json", action="store_true", help="one JSON object a line")
    ways.add_argument("--markdown", action="store_true", help="the table of docs/reference/benchmarks.md")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in measures]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(measures)}")
    return options


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="staffetta-bench-", dir=parent) as folder:
        yield Path(folder).resolve()


@contextmanager
def _bounded(seconds: int) -> Iterator[None]:
    """Turn the end of the time, and SIGTERM, into exceptions: what was started is ended on the way out."""
    signal.signal(signal.SIGALRM, _raise_overdue)
    signal.signal(signal.SIGTERM, _raise_exit)
    signal.alarm(seconds)
    try:
        yield
    except Overdue:
        print(f"not finished within {seconds} seconds", file=sys.stderr)
        raise SystemExit(1) from None
    finally:
        signal.alarm(0)


def _raise_overdue(*_: Any) -> NoReturn:
    raise Overdue


def _raise_exit(number: int, *_: Any) -> NoReturn:
    raise SystemExit(128 + number)
