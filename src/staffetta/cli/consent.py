"""`consent`: the ledger of who agreed to what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from staffetta.accounts import directory, get_account
from staffetta.cli.opening import AccountId, PiecewiseTransaction, account_opened, opened
from staffetta.cli.output import Json, Record, console, print_json, show_all
from staffetta.db import Database
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import Fault, UnknownRecipient, head, history
from staffetta.recipients import verify as verify_chain

app = typer.Typer(no_args_is_help=True)


@app.command()
def verify(account_id: AccountId = None, as_json: Json = False) -> None:
    """Recompute the chain of every account, or of one; exit with 1 where it does not hold."""
    with opened() as database:
        chains = [_verified(database, each) for each in _accounts(database, account_id)]
    holds = not any(chain["faults"] for chain in chains)
    if as_json:
        print_json({"holds": holds, "accounts": chains})
    else:
        for chain in chains:
            _tell(chain)
    raise typer.Exit(0 if holds else 1)


@app.command("show")
def show_history(
    email: Annotated[str, typer.Argument(help="An email address, or a mobile number with its country code.")],
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Print a person's history, oldest first."""
    address = EmailAddress.parse(email).text if "@" in email else email.removeprefix("+")
    with account_opened(account_id) as (account, tx):
        entries = history(tx, address)
    if not entries:
        raise UnknownRecipient(f"the ledger of account {account.id} knows nobody of this address")
    show_all([_entry(each) for each in entries], as_json=as_json, nothing="")


def _accounts(database: Database, account_id: int | None) -> list[int]:
    with database.connection() as connection:
        if account_id is None:
            return list(directory(connection, anew=True).by_id)
        return [get_account(connection, account_id).id]


def _verified(database: Database, account_id: int) -> Record:
    """Verify one chain; entries are sealed for good, so that reading them batch by batch sees one chain."""
    entries = 0
    faults = []
    with _progress(account_id) as progress:
        for found in verify_chain(PiecewiseTransaction(database, account_id)):
            match found:
                case Fault():
                    faults.append({"position": found.position, "reason": found.reason})
                case int():
                    entries = found
                    progress(entries)
    with database.transaction(account_id) as tx:
        last = head(tx)
    return {"account_id": account_id, "entries": entries, "faults": faults, "head": last}


@contextmanager
def _progress(account_id: int) -> Iterator[Any]:
    """Show people at a terminal how far it is, on standard error."""
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda _entries: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - rarely shown

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as progress:
        task = progress.add_task(f"account {account_id}", total=None)
        yield lambda entries: progress.update(task, completed=entries)


def _tell(chain: Record) -> None:
    verdict = f"{len(chain['faults'])} faults" if chain["faults"] else "the chain holds"
    typer.echo(f"account {chain['account_id']}: {chain['entries']:,} entries, {verdict}; head {chain['head'] or '-'}")
    for fault in chain["faults"]:
        typer.echo(f"  entry {fault['position']}: {fault['reason']}")


def _entry(row: Any) -> Record:
    return {
        "happened_at": row.happened_at,
        "address": row.address,
        "list_id": row.list_id,
        "channel": row.channel.name.lower(),
        "old_status": row.old_status.name.lower(),
        "new_status": row.new_status.name.lower(),
        "cause": row.cause.name.lower() if row.cause is not None else None,
        "source": row.source.name.lower(),
        "ip": row.ip,
        "user_agent": row.user_agent,
        "wording": row.wording,
        "position": row.position,
        "chain": bytes(row.chain).hex() if row.chain else None,
    }
