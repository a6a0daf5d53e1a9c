"""`recipient`: what is known of one person."""

from typing import Annotated

import typer

from staffetta.campaigns import Event, actor_of, time_line
from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, Record, show_all
from staffetta.db import Transaction
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import Sought, UnknownRecipient, search

LARGEST_ID = 2**31 - 1
LARGEST_EVENT = 2**62
MOST_EVENTS = 1_000

app = typer.Typer(no_args_is_help=True)


@app.callback()
def recipient() -> None:
    """Show what is known of one person."""


@app.command()
def timeline(
    who: Annotated[str, typer.Argument(metavar="EMAIL|ID", help="An email address, or the id of a recipient.")],
    most: Annotated[int, typer.Option(min=1, max=MOST_EVENTS, help="At most so many.")] = 50,
    before: Annotated[
        int | None, typer.Option(min=1, max=LARGEST_EVENT, metavar="ID", help="Only what came before this event.")
    ] = None,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Show what somebody, and programs with their mail, did with messages, newest first, and what came back."""
    with account_opened(account_id) as (_, tx):
        events = time_line(tx, _recipient_id(tx, who), most=most, before=before)
    show_all([_described(each) for each in events], as_json=as_json, nothing="Nothing is known of them.")
    if len(events) == most and not as_json:
        typer.echo(f"\n`--before {events[-1].id}` shows what came before.")


def _recipient_id(tx: Transaction, who: str) -> int:
    """Return whom an address or an id names, or raise UnknownRecipient."""
    if "@" in who:
        found = search(tx, Sought(emails=[EmailAddress.parse(who).text]))
    elif who.isascii() and who.isdigit() and int(who) <= LARGEST_ID:
        found = search(tx, Sought(ids=[int(who)]))
    else:
        raise typer.BadParameter(f"{who!r} is neither an email address nor an id", param_hint="EMAIL|ID")
    if not found:
        raise UnknownRecipient(f"account {tx.account_id} knows no recipient {who}")
    return found[0].recipient.id


def _described(event: Event) -> Record:
    actor = actor_of(event)
    return {
        "happened_at": event.happened_at,
        "kind": event.kind.word,
        "actor": actor.word if actor else None,
        "reason": event.reason,
        "message_id": event.message_id,
        "subject": event.subject,
        "url": event.url,
        "ip": event.ip,
        "sending_id": event.sending_id,
        "list_id": event.list_id or None,
        "id": event.id,
    }
