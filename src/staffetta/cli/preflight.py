"""`preflight`: a look at a message before it is sent."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from staffetta.accounts import get_account
from staffetta.campaigns import Finding, Level, blocks, message_of_account
from staffetta.cli.opening import AccountId, opened
from staffetta.cli.output import Json, Record, console, one_line, print_json
from staffetta.sending import preflight_of
from staffetta.settings import read_settings

STYLES = {Level.RED: "bold red", Level.AMBER: "yellow", Level.GREEN: "green"}

app = typer.Typer()


@app.command()
def preflight(
    message_id: Annotated[int, typer.Argument(metavar="MESSAGE", help="Message id.")],
    list_id: Annotated[
        int | None, typer.Option("--list", metavar="L", help="Its list; default: the one it has.")
    ] = None,
    sender: Annotated[str, typer.Option(metavar="ADDRESS", help="Sender; default: the list's own.")] = "",
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Look at a message before it is sent: what blocks (red), what asks (amber), what is well (green).

    DNS is asked about the sender's domain, and nobody else about anything. Exit code 1 says that something is red.
    """
    settings = read_settings()
    with opened() as database:
        with database.connection() as connection:
            account = get_account(connection, account_id)
            tx = connection.for_account(account.id)
            found_list = list_id if list_id is not None else message_of_account(tx, message_id).list_id
        findings = asyncio.run(preflight_of(database, settings, account, found_list, message_id, sender_email=sender))
    if as_json:
        print_json({"message_id": message_id, "list_id": found_list, **described(findings)})
    else:
        show_findings(findings)
    if blocks(findings):
        raise typer.Exit(1)


def described(findings: Sequence[Finding]) -> Record:
    """Return findings as programs read them."""
    return {"blocks": blocks(findings), "findings": [msgspec.to_builtins(each) for each in findings]}


def show_findings(findings: Sequence[Finding], *, stderr: bool = False) -> None:
    """Show people what was found, what weighs most first, and what follows from it."""
    from rich.table import Table  # noqa: PLC0415 - a tenth of a second that `--json` need not spend
    from rich.text import Text  # noqa: PLC0415 - likewise

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("", "check", "finding"):
        table.add_column(name, overflow="fold")
    for each in findings:
        words = Text(one_line(each.text))
        if each.detail:
            words.append(f"  {one_line(each.detail)}", style="dim")
        table.add_row(Text(each.level.value, style=STYLES[each.level]), Text(each.code), words)
    terminal = console(stderr=stderr)
    terminal.print(table)
    terminal.print(Text(f"\n{_sum(findings)}"))


def _sum(findings: Sequence[Finding]) -> str:
    counts = Counter(each.level for each in findings)
    if counts[Level.RED]:
        return f"{counts[Level.RED]} red: mend that first. `staffetta send` sends it only with --force."
    if counts[Level.AMBER]:
        return f"Nothing stands in the way; {counts[Level.AMBER]} amber: look at that before you send."
    return "All is well."
