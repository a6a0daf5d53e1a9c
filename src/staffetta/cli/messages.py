"""`message`: what came of messages."""

from typing import Annotated

import typer

from staffetta.campaigns import message_of_account
from staffetta.campaigns.statistics import counters_of
from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, show

app = typer.Typer(no_args_is_help=True)


@app.callback()
def message() -> None:
    """Show what came of messages."""


@app.command()
def stats(
    message_id: Annotated[int, typer.Argument(metavar="MESSAGE", min=1, max=2**31 - 1, help="Message id.")],
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Show all that is counted of a message, over all its sendings.

    From `recipients` to `complaints` people are counted, each once; below, times: by people, by programs (`machine`),
    and by people who are not to be followed (`untracked`).
    """
    with account_opened(account_id) as (_, tx):
        found = message_of_account(tx, message_id)
        counters = counters_of(tx, message_id)
    counted = {"message_id": message_id, "list_id": found.list_id, "subject": found.subject, **counters._asdict()}
    show(counted, as_json=as_json)
