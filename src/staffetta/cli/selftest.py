"""`selftest`: trying on this machine what the platform promises."""

import csv
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from staffetta.cli.output import Json, show
from staffetta.selftest import CrashReport, crash_again_and_again

app = typer.Typer(no_args_is_help=True)


@app.callback()
def selftest() -> None:
    """Try on this machine what the platform promises."""


@app.command()
def crash(  # noqa: PLR0917 - options of a command
    kills: Annotated[int, typer.Option("--kills", min=1, help="How often the server is killed.")] = 100,
    people: Annotated[int, typer.Option("--people", min=1, help="How many are on the list.")] = 5_000,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="An empty PostgreSQL; default: a SQLite file of its own.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write what became of each message, as CSV.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Kill at the moments of an earlier run.")] = None,
    as_json: Json = False,
) -> None:
    """Kill a real server in mid-campaign again and again, and account for every message.

    Nothing leaves the machine: a mail server of the self-test takes all of it. Exit code 1 where a message was lost, or
    mailed twice outside the deliveries that are listed as in doubt.
    """
    with tempfile.TemporaryDirectory(prefix="staffetta-selftest-") as folder:
        report = crash_again_and_again(
            Path(folder),
            database_url=database,
            kills=kills,
            people=people,
            seed=secrets.randbelow(10**6) if seed is None else seed,
            say=(lambda _: None) if as_json else _say(kills),
        )
    if output:
        _write(output, report)
    record = {name: value for name, value in asdict(report).items() if name != "fates"} | {"holds": report.holds}
    show(record, as_json=as_json)
    raise typer.Exit(0 if report.holds else 1)


def _say(kills: int) -> Callable[[CrashReport], None]:
    def say(report: CrashReport) -> None:
        typer.echo(f"\r{report.kills:,} of {kills:,} kills, at most {report.most_in_talk} in talk", err=True, nl=False)
        if report.kills == kills:
            typer.echo("", err=True)

    return say


def _write(file: Path, report: CrashReport) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("sending", "recipient", "state", "accepted"))
        writer.writerows(report.fates)
