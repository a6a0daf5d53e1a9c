"""People a second that `staffetta import` takes from a CSV file: into an empty list, again, and beside a server."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

import apsw

from measuring.command import main
from measuring.databases import count
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.loading import Load, load_with_existing, status_path
from measuring.plans import Plan
from measuring.processes import STAFFETTA, children_of, largest_memory, running
from staffetta.recipients import Status

BUDGETS: Mapping[str, float] = {
    "csv_import": 60_000,
    "csv_import_again": 40_000,
    "csv_import_memory": 300,
    "csv_import_status_p99": 50,
}
MOST_RUNS = 3
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Run:
    per_second: float
    mebibytes: float


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure a first import and a second one of the same file alone, and status checks during one beside a server."""
    file = _people(plan.folder / "people.csv", plan.recipients)
    first: list[_Run] = []
    again: list[_Run] = []
    beside: list[_Run] = []
    checks: list[Load] = []
    limits: list[float] = []
    for number in range(min(plan.runs, MOST_RUNS)):
        limits.append(_bare_rows(plan.folder / f"bare{number}.db", plan.recipients))
        alone = install(plan, f"csv-import{number}")
        first.append(_import(alone, file, plan.recipients))
        again.append(_import(alone, file, plan.recipients))
        served = install(plan, f"csv-import-served{number}")
        with served.server() as server, ThreadPoolExecutor() as pool:
            running = pool.submit(_import, served, file, plan.recipients)
            checks.append(_check(served, server.url, plan.seconds))
            beside.append(running.result())
    limit_is = "executemany of addresses and names into one table with the unique index"
    for name, runs in (("csv_import", first), ("csv_import_again", again), ("csv_import_beside", beside)):
        yield _rows(plan, name, [run.per_second for run in runs], budgets, limits=limits, limit_is=limit_is)
    yield Figure(
        name=f"{plan.name_prefix}csv_import_memory",
        unit="MiB",
        values=[run.mebibytes for run in [*first, *again]],
        budget=budgets.get("csv_import_memory"),
        at_most=True,
        note="largest resident memory of the command and of its reading process together",
    )
    yield Figure(
        name=f"{plan.name_prefix}csv_import_status_p99",
        unit="ms",
        values=[load.p99_milliseconds for load in checks],
        budget=budgets.get("csv_import_status_p99"),
        at_most=True,
        note="status checks at one connection while the command imports beside the server",
    )


def measure_alone(
    plan: Plan, budgets: Mapping[str, float], *, bare: Callable[[str, int], float], limit_is: str
) -> Iterator[Figure]:
    """Measure both imports without a server; `bare` returns how many rows a second the plain database takes."""
    file = _people(plan.folder / "people.csv", plan.recipients)
    first, again, limits = [], [], []
    for number in range(min(plan.runs, MOST_RUNS)):
        installation = install(plan, f"csv-import{number}")
        limits.append(bare(installation.database, plan.recipients))
        first.append(_import(installation, file, plan.recipients).per_second)
        again.append(_import(installation, file, plan.recipients).per_second)
    for name, values in (("csv_import", first), ("csv_import_again", again)):
        yield _rows(plan, name, values, budgets, limits=limits, limit_is=limit_is)


def _rows(
    plan: Plan,
    name: str,
    values: Sequence[float],
    budgets: Mapping[str, float],
    *,
    limits: Sequence[float],
    limit_is: str,
) -> Figure:
    return Figure(
        name=f"{plan.name_prefix}{name}",
        unit="rows/s",
        values=values,
        budget=budgets.get(name),
        limits=limits,
        limit_is=limit_is,
        note=f"{plan.recipients:,} rows in random order of addresses, with two fields",
    )


def _people(file: Path, people: int) -> Path:
    """Write a file of people whose addresses are in no order, as real ones are."""
    chance = random.Random(7132)
    with file.open("w", encoding="utf-8") as written:
        written.write("email,name,campo1,campo2\n")
        for number in range(people):
            tag = chance.randrange(16**6)
            written.write(f"{tag:06x}.{number}@example{number % 50}.com,Person {number},First{number},Last{number}\n")
    return file


def _import(installation: Installation, file: Path, people: int) -> _Run:
    words = [STAFFETTA, "import", str(file), "--list", str(installation.list_id), "--json"]
    memory: dict[int, float] = {}
    with running(words, installation.home / "import.log", installation.settings()) as process:
        while process.poll() is None:
            for process_id in (process.pid, *children_of(process.pid)):
                with suppress(Fault):
                    memory[process_id] = largest_memory(process_id)
            sleep(SAMPLE_SECONDS)
        assert process.stdout
        answer = process.stdout.read()
    if process.returncode:
        raise Fault(f"the import ended with {process.returncode}: see import.log")
    done = json.loads(answer)
    if not done["rows"] == people == count(installation, "recipients"):
        raise Fault(f"{people} rows were given, {done['rows']} are said to be done")
    return _Run(people / done["seconds"], sum(memory.values()))


def _check(installation: Installation, url: str, seconds: int) -> Load:
    return load_with_existing(
        url,
        status_path(installation),
        people=1_000,
        answer=Status.NOT_REGISTERED,
        connections=1,
        seconds=seconds,
    )


def _bare_rows(file: Path, people: int) -> float:
    """Return how fast SQLite takes so many addresses and names, by the same driver with the same commits."""
    chance = random.Random(7132)
    rows = [(number, f"{chance.randrange(16**6):06x}.{number}@example.com", "Person") for number in range(people)]
    connection = apsw.Connection(str(file))
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-65536"):
        connection.execute(statement)
    connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT) STRICT")
    connection.execute("CREATE UNIQUE INDEX people_email ON people (email)")
    begun = perf_counter()
    for start in range(0, people, 10_000):
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows[start : start + 10_000])
        connection.execute("COMMIT")
    seconds = perf_counter() - begun
    connection.close()
    return people / seconds


if __name__ == "__main__":
    main({"csv_import": measure})
