"""`field`: the personal data fields of an account."""

from dataclasses import asdict
from typing import Annotated

import typer

from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, show, show_all
from staffetta.lists import catalog
from staffetta.lists import set_field as set_field_of

app = typer.Typer(no_args_is_help=True)


@app.command("set")
def set_field(
    number: Annotated[int, typer.Argument(help="From 1 to 200: the field is `campo` and this number.")],
    name: Annotated[str, typer.Argument(help="At most 50 characters.")],
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Name a field, making it where there is none."""
    with account_opened(account_id) as (_, tx):
        field = set_field_of(tx, number, name)
    show(asdict(field), as_json=as_json)


@app.command("list")
def show_fields(account_id: AccountId = None, as_json: Json = False) -> None:
    """List fields."""
    with account_opened(account_id) as (_, tx):
        fields = [asdict(field) for field in catalog(tx).fields.values()]
    show_all(fields, as_json=as_json, nothing="There are no fields.")
