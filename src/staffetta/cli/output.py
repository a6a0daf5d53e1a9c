"""What commands print: one JSON document for programs, or tables for people."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Record: TypeAlias = Mapping[str, Any]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

# A table that goes to a file or a pipe keeps each row on a line, however long.
WIDTH_OF_PIPES = 10_000


def show(record: Record, *, as_json: bool, hint: str = "") -> None:
    """Print one thing; `hint` says to people what they can do next."""
    if as_json:
        print_json(record)
        return
    from rich.table import Table  # noqa: PLC0415 - a tenth of a second that `--json` need not spend

    grid = Table.grid(padding=(0, 2))
    for name, value in record.items():
        grid.add_row(_cell(name), _cell(value))
    _print(grid)
    if hint:
        typer.echo(f"\n{hint}")


def show_all(records: Sequence[Record], *, as_json: bool, nothing: str) -> None:
    """Print things of a kind, one a row; `nothing` is said to people where there are none."""
    if as_json:
        print_json(records)
        return
    if not records:
        typer.echo(nothing)
        return
    from rich.table import Table  # noqa: PLC0415 - a tenth of a second that `--json` need not spend

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in records[0]:
        table.add_column(name)
    for record in records:
        table.add_row(*(_cell(value) for value in record.values()))
    _print(table)


def print_json(document: object) -> None:
    """Print a JSON document on a line of its own, at once."""
    typer.echo(msgspec.json.encode(document) + b"\n", nl=False)
    sys.stdout.flush()


def one_line(text: str) -> str:
    """Return a text that does nothing to a terminal: on one line, with what does not print spelt out.

    Names and user agents come from strangers.
    """
    joined = " ".join(text.split())
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in joined)


def console(*, stderr: bool = False) -> "Console":
    """Return where people read; colours follow NO_COLOR and whether it is a terminal."""
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second that `--json` need not spend

    found = Console(stderr=stderr, highlight=False)
    if not found.is_terminal:
        found.width = WIDTH_OF_PIPES
    return found


def _print(renderable: "RenderableType") -> None:
    console().print(renderable)


def _cell(value: object) -> Any:
    from rich.text import Text  # noqa: PLC0415 - a tenth of a second that `--json` need not spend

    # Not a str, in which rich would look for markup: `[listunsubscribe]` is text of ours.
    return Text(one_line(_words(value)), overflow="fold")


def _words(value: object) -> str:
    match value:
        case None | "" | list() | tuple() | dict() if not value:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case list() | tuple():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{key}={each}" for key, each in value.items())
        case _:
            return str(value)
