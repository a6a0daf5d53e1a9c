"""`group`: the groups of lists."""

from dataclasses import asdict
from typing import Annotated

import typer

from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, show, show_all
from staffetta.kit.clock import utc_now
from staffetta.lists import add_group, catalog, get_list

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="At most 50 characters.")],
    *,
    list_id: Annotated[int, typer.Option("--list", metavar="L", help="List id.")],
    account_id: AccountId = None,
    group_id: Annotated[int | None, typer.Option("--id", help="Its id; default: the next.")] = None,
    notes: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a group on a list."""
    with account_opened(account_id) as (_, tx):
        added = add_group(tx, list_id, name, now=utc_now(), group_id=group_id, notes=notes)
    show(asdict(added), as_json=as_json)


@app.command("list")
def show_groups(
    list_id: Annotated[int | None, typer.Option("--list", metavar="L", help="List id; default: all lists.")] = None,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """List groups."""
    with account_opened(account_id) as (_, tx):
        known = catalog(tx)
        groups = known.groups.values() if list_id is None else known.groups_of(get_list(tx, list_id).id)
    show_all([asdict(group) for group in groups], as_json=as_json, nothing="There are no groups.")
