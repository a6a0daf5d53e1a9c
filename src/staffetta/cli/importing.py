"""`import`: people from a CSV file, beside a running server or without one."""

import asyncio
import csv
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Annotated, BinaryIO

import msgspec
import typer

from staffetta.accounts import Account, get_account
from staffetta.cli.opening import AccountId, opened, server_runs
from staffetta.cli.output import Json, console, one_line, show
from staffetta.db import Database, Transaction
from staffetta.errors import FailedPrecondition, NotFound, Refusal
from staffetta.imports import IMPORT_CONFIRMATION, event_of
from staffetta.imports.csv_files import guarded
from staffetta.imports.reading_ahead import Batch, FileReader, Look
from staffetta.kit.clock import utc_now
from staffetta.lists import catalog, find_groups, get_list
from staffetta.outbox import add_sending
from staffetta.recipients import Evidence, Imported, ImportPlan, People, Source, Tally, import_people, reading_terms

# The more rows a transaction has, the fewer pages of the address index are written twice.
MOST_ROWS = 10_000
# Beside a server: short transactions, and time between them in which its sign-ups find the file free.
FEWEST_ROWS = 500
AIM_SECONDS = 0.03
REST_SHARE = 0.3
# What shells say of a program that was interrupted.
INTERRUPTED = 130

app = typer.Typer()


class As(StrEnum):
    """What becomes of the people of a file."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    FORCED = "forced"


@app.command("import")
def import_file(  # noqa: PLR0917 - options have names
    file: Annotated[Path, typer.Argument(help="A CSV file; `-` reads standard input.", allow_dash=True)],
    list_id: Annotated[int, typer.Option("--list", metavar="L", help="List id.")],
    group_ids: Annotated[list[int] | None, typer.Option("--group", metavar="ID", help="A group to join.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Make them pending, and prepare requests.")] = False,
    wanted: Annotated[As, typer.Option("--as", help="`forced` brings back who has left.")] = As.SUBSCRIBED,
    clear_missing: Annotated[bool, typer.Option("--clear-missing", help="Blank fields that are empty.")] = False,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=TARGET", help="email, prefix, mobile, name or campoN.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Default: found out.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Default: found out.")] = None,
    skip: Annotated[int, typer.Option(min=0, help="Pass over so many rows: an import was interrupted.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would be.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Write the rows that were not taken, with reasons.")] = None,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Import people from a CSV file.

    Names of columns that are understood: email, prefix, mobile, name, campo1 and so on, and the names of the account's
    fields. Whoever unsubscribed stays so, unless `--as forced`. Doing it twice changes nothing.
    """
    with ExitStack() as stack:
        reader = stack.enter_context(FileReader(stack.enter_context(_file(file))))
        database = stack.enter_context(opened())
        with database.connection() as connection:
            account = get_account(connection, account_id)
            tx = connection.for_account(account.id)
            fields = {field.id: field.name for field in catalog(tx).fields.values()}
            groups = _check(tx, list_id, tuple(group_ids or ()))
            terms = reading_terms(tx, list_id)
        look = reader.look(
            fields=fields, encoding=encoding, delimiter=_delimiter(delimiter), mapping=_mapping(mapping or [])
        )
        _tell_columns(look)
        plan = ImportPlan(
            list_id=list_id,
            event=event_of(confirm=confirm, as_optout=wanted == As.UNSUBSCRIBED, force=wanted == As.FORCED),
            group_ids=groups,
            clear_missing=clear_missing,
            host=account.host,
            base_url="",
            started_at=utc_now(),
        )
        if confirm and wanted != As.UNSUBSCRIBED and not dry_run:
            plan = msgspec.structs.replace(plan, sending_id=_sending(database, account, list_id, file.name))
        reader.begin(terms, skip=skip, keep_cells=rejected is not None)
        run = _Run(database, account, reader, plan, skip=skip, dry_run=dry_run, name=file.name)
        if rejected:
            run.reject = stack.enter_context(_rejecting(rejected, look))
        run.progress = stack.enter_context(_progress(file))
        begun = perf_counter()
        asyncio.run(run.all())
        seconds = perf_counter() - begun
    _tell(run, seconds, as_json=as_json)


class _Run:
    """One import from a file: how far it is, and what came of it."""

    def __init__(
        self,
        database: Database,
        account: Account,
        reader: FileReader,
        plan: ImportPlan,
        *,
        skip: int,
        dry_run: bool,
        name: str,
    ) -> None:
        self.plan = plan
        self.done = skip
        self.tally = Tally()
        self.interrupted = False
        self.dry_run = dry_run
        self.reject: Callable[[list[str], str], None] | None = None
        self.progress: Callable[[int], None] = lambda _rows: None
        self._database = database
        self._account = account
        self._reader = reader
        self._evidence = Evidence(source=Source.IMPORT, wording=f"staffetta import {name}"[:300])

    async def all(self) -> None:
        """Import what is left of the file; an interrupt lets the transaction that is under way end."""
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopping.set)
        size = FEWEST_ROWS
        self._reader.ask(size)
        while not stopping.is_set():
            batch = self._take()
            if not batch.rows:
                return
            self._reader.ask(size)
            seconds = await self._write(batch)
            if not server_runs():
                size = MOST_ROWS
                continue
            size = max(FEWEST_ROWS, min(MOST_ROWS, int(size * AIM_SECONDS / seconds)))
            await asyncio.sleep(seconds * REST_SHARE)
        self.interrupted = True

    def _take(self) -> Batch:
        try:
            return self._reader.take()
        except Refusal as refusal:
            if not self.done:
                raise
            raise FailedPrecondition(
                f"{refusal} The first {self.done} rows are done; once that is mended, go on with --skip {self.done}"
            ) from refusal

    async def _write(self, batch: Batch) -> float:
        begun = perf_counter()
        work = rehearse if self.dry_run else import_people
        try:
            imported = await self._database.write(
                self._account.id, work, batch.people, self.plan, evidence=self._evidence, now=utc_now()
            )
        except RehearsedError as rehearsed:
            imported = rehearsed.imported
        seconds = perf_counter() - begun
        self.tally += imported.tally
        self.done += batch.rows
        if self.reject:
            for refused in imported.refused:
                self.reject(batch.cells[refused.row][:-1], refused.reason.value)
        self.progress(self.done)
        return seconds


class RehearsedError(FailedPrecondition):
    """What an import would come to; raised so that nothing of it stays."""

    def __init__(self, imported: Imported) -> None:
        super().__init__("rehearsed")
        self.imported = imported


def rehearse(tx: Transaction, people: People, plan: ImportPlan, *, evidence: Evidence, now: datetime) -> Imported:
    """Import people and undo it."""
    raise RehearsedError(import_people(tx, people, plan, evidence=evidence, now=now))


def _check(tx: Transaction, list_id: int, group_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Refuse a list or groups that are not there."""
    get_list(tx, list_id)
    found = tuple(group.id for group in find_groups(tx, group_ids, list_ids=(list_id,)))
    missing = set(group_ids) - set(found)
    if missing:
        raise NotFound(f"list {list_id} has no group {', '.join(map(str, sorted(missing)))}")
    return found


def _sending(database: Database, account: Account, list_id: int, name: str) -> int:
    with database.transaction(account.id) as tx:
        subject = f"Confirmation request: {get_list(tx, list_id).name}"
        return add_sending(tx, kind=IMPORT_CONFIRMATION, list_id=list_id, subject=subject, notes=name, now=utc_now())


@contextmanager
def _file(file: Path) -> Iterator[BinaryIO]:
    """Open a file that can be read twice, once to find out how it is written; what is piped is kept for that."""
    if str(file) != "-":
        with file.open("rb") as opened_file:
            yield opened_file
        return
    with tempfile.TemporaryFile() as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        yield kept


def _delimiter(text: str | None) -> str | None:
    found = {"tab": "\t", "\\t": "\t"}.get(text or "", text)
    if found is not None and len(found) != 1:
        raise typer.BadParameter("one character, or `tab`", param_hint="--delimiter")
    return found


def _mapping(texts: list[str]) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in texts]
    if not all(name and target for name, _, target in pairs):
        raise typer.BadParameter('such as "Column=email"', param_hint="--map")
    return {name.strip(): target.strip() for name, _, target in pairs}


@contextmanager
def _rejecting(file: Path, look: Look) -> Iterator[Callable[[list[str], str], None]]:
    """Write rows that were not taken as they came, with the reason in a column of its own."""
    with file.open("w", encoding="utf-8", newline="") as opened_file:
        writer = csv.writer(opened_file, delimiter=look.delimiter)
        writer.writerow(["reason", *look.columns.names])
        yield lambda row, reason: writer.writerow([reason, *map(guarded, row)])


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], None]]:
    """Show people at a terminal how far it is, on standard error."""
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda _rows: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - rarely shown

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, TimeElapsedColumn(), console=terminal, transient=True) as progress:
        task = progress.add_task(one_line(file.name), total=None)
        yield lambda rows: progress.update(task, completed=rows)


def _tell_columns(look: Look) -> None:
    """Say on standard error what each column is taken for."""
    used = ", ".join(f"{one_line(name)} is {target}" for name, target in look.columns.used.items())
    typer.echo(f"{look.encoding}, cells parted by {look.delimiter!r}: {used}", err=True)
    if look.columns.unknown:
        unknown = ", ".join(map(one_line, look.columns.unknown))
        typer.echo(f"not imported: {unknown} (no such field; --map says what a column is)", err=True)


def _tell(run: _Run, seconds: float, *, as_json: bool) -> None:
    tally = run.tally
    record = {
        "rows": tally.rows,
        "created": tally.created,
        "updated": tally.updated,
        "repeated": tally.repeated_email + tally.repeated_number,
        "rejected": tally.rejected,
        "invalid_email": tally.invalid_email,
        "invalid_number": tally.invalid_number + tally.without_prefix,
        "without_address": tally.without_email,
        "sending_id": run.plan.sending_id,
        "dry_run": run.dry_run,
        "interrupted": run.interrupted,
        "skip": run.done,
        "seconds": round(seconds, 3),
    }
    hint = "" if run.plan.sending_id is None else f"Nobody is asked before sending {run.plan.sending_id} is launched."
    show(record, as_json=as_json, hint=hint)
    if run.interrupted:
        typer.echo(f"interrupted: what was done stays; go on with --skip {run.done}", err=True)
        raise typer.Exit(INTERRUPTED)
