"""`db`: the database's tables, files and copies."""

from pathlib import Path
from typing import Annotated

import typer

from staffetta.cli.opening import opened
from staffetta.cli.output import Json, show
from staffetta.db import open_database
from staffetta.db.upgrading import HEAD, revision
from staffetta.db.upgrading import upgrade as upgrade_tables
from staffetta.settings import read_settings

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade(*, as_json: Json = False) -> None:
    """Bring the tables to this version, making them where there are none; refused while a server runs on SQLite."""
    settings = read_settings()
    database = open_database(settings)
    try:
        needed = revision(settings.database_url) != HEAD
        if needed:
            database.claim_server()
            upgrade_tables(settings.database_url)
    finally:
        database.close()
    show({"migration": HEAD, "upgraded": needed}, as_json=as_json)


@app.command()
def check(*, as_json: Json = False) -> None:
    """Look for faults in the database's files; exit with 1 where there are some."""
    with opened() as database:
        faults = database.find_faults()
    show({"migration": HEAD, "sound": not faults, "faults": faults}, as_json=as_json)
    raise typer.Exit(1 if faults else 0)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file; it holds personal data and keys: keep it safe.")],
    as_json: Json = False,
) -> None:
    """Write a consistent copy while the database is in use."""
    with opened() as database:
        database.back_up(file)
    show({"file": str(file), "octets": file.stat().st_size}, as_json=as_json)
