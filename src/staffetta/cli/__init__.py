"""The command line: each command reads its words, calls one operation and prints what came of it."""

import gc
import io
import sys
from typing import Annotated

import typer

from staffetta import __version__
from staffetta.cli.loading import Parts

app = typer.Typer(cls=Parts, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"staffetta {__version__}")
        raise typer.Exit


@app.callback(epilog="Settings come from the environment and from staffetta.toml: see `staffetta settings`.")
def staffetta(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Self-hosted email marketing that speaks the MailUp API family."""


def main() -> None:
    """Run a command; the entry point of `staffetta`."""
    # Looking for cycles while modules load takes a tenth of a command's time; whoever runs longer turns it on again.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="staffetta")
