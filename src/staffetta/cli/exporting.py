"""`export`: the people of a list as a CSV file."""

import asyncio
import csv
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from staffetta.accounts import get_account
from staffetta.cli.opening import AccountId, opened
from staffetta.db import Database
from staffetta.imports.csv_files import find_target, guarded
from staffetta.lists import catalog, get_list
from staffetta.recipients import Channel, Status, export_page

# Kept in memory at once: about ten megabytes of people with many fields.
ROWS_IN_PAGE = 5_000
ANY = (Status.SUBSCRIBED, Status.PENDING, Status.UNSUBSCRIBED)

app = typer.Typer()


class Wanted(StrEnum):
    """Whom to export."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    PENDING = "pending"
    ALL = "all"

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses that this means."""
        return ANY if self == Wanted.ALL else (Status[self.name],)


class By(StrEnum):
    """The channel whose statuses count."""

    EMAIL = "email"
    SMS = "sms"


@app.command("export")
def export_list(
    list_id: Annotated[int, typer.Option("--list", metavar="L", help="List id.")],
    wanted: Annotated[Wanted, typer.Option("--status", help="Whom.")] = Wanted.SUBSCRIBED,
    by: Annotated[By, typer.Option("--channel", help="By which channel they are on the list.")] = By.EMAIL,
    output: Annotated[Path | None, typer.Option(help="A file; default: standard output.")] = None,
    account_id: AccountId = None,
) -> None:
    """Write the people of a list as CSV, with all fields: what `staffetta import` reads.

    A cell that a spreadsheet would run as a formula begins with an apostrophe, which the import takes off again.
    """
    with opened() as database:
        with database.connection() as connection:
            account = get_account(connection, account_id)
            tx = connection.for_account(account.id)
            get_list(tx, list_id)
            fields = {str(field.id): field.name for field in catalog(tx).fields.values()}
        pages = _pages(database, account.id, list_id, wanted.statuses, Channel[by.name])
        with _output(output) as file:
            asyncio.run(_write(file, fields, pages))


async def _write(file: TextIO, fields: dict[str, str], pages: AsyncIterator[list[Any]]) -> None:
    writer = csv.writer(file)
    writer.writerow(["email", "mobile", "name", "status", "since", *_headings(fields)])
    async for page in pages:
        writer.writerows(
            [
                guarded(row.email or ""),
                f"00{row.mobile}" if row.mobile else "",
                guarded(row.name),
                row.status.name.lower(),
                f"{row.changed_at:%Y-%m-%d %H:%M:%SZ}",
                *(guarded(row.fields.get(number, "")) for number in fields),
            ]
            for row in page
        )


def _headings(fields: dict[str, str]) -> Iterator[str]:
    """Return the fields' names, and `campoN` for those that an import would take for something else."""
    by_number = {int(number): name for number, name in fields.items()}
    for number, name in fields.items():
        yield guarded(name) if find_target(name, by_number) == number else f"campo{number}"


async def _pages(
    database: Database, account_id: int, list_id: int, statuses: tuple[Status, ...], channel: Channel
) -> AsyncIterator[list[Any]]:
    for status in statuses:
        after = 0
        while page := await database.read(
            account_id, export_page, list_id, status, channel=channel, after=after, most=ROWS_IN_PAGE
        ):
            yield page
            after = page[-1].id


@contextmanager
def _output(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        yield file
