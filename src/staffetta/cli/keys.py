"""`key`: the keys that sign links in mail."""

import typer

from staffetta.cli.opening import opened
from staffetta.cli.output import Json, show
from staffetta.kit.clock import utc_now
from staffetta.tracking import rotate_key

app = typer.Typer(no_args_is_help=True)


@app.callback()
def key() -> None:
    """Change the key that signs links."""


@app.command()
def rotate(*, as_json: Json = False) -> None:
    """Add a key that signs from the next start on; links signed before go on working."""
    with opened() as database, database.connection() as connection:
        key_id = rotate_key(connection, now=utc_now())
    show({"key_id": key_id}, as_json=as_json, hint="It signs once every process was started again.")
