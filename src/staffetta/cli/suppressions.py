"""`suppression`: who must not be written to."""

from typing import Annotated

import typer

from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.recipients import (
    Cause,
    Evidence,
    Source,
    Suppression,
    lift_suppression,
    list_suppressions,
    suppress,
)

CAUSES = {cause.name.lower(): cause for cause in (Cause.BOUNCE, Cause.COMPLAINT)}
LONGEST_REASON = 250

app = typer.Typer(no_args_is_help=True)


def _parse_cause(text: str) -> Cause:
    try:
        return CAUSES[text.lower()]
    except KeyError:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(CAUSES)}") from None


def _parse_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise typer.BadParameter(f"a reason has 1 to {LONGEST_REASON} characters")
    return reason


Email = Annotated[str, typer.Argument(metavar="EMAIL")]
GivenReason = Annotated[
    str, typer.Option("--reason", parser=_parse_reason, metavar="TEXT", help="Why; the ledger of consent keeps it.")
]


@app.command("list")
def list_them(
    cause: Annotated[
        Cause | None, typer.Option(parser=_parse_cause, metavar="CAUSE", help=f"One of {', '.join(CAUSES)}.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="At most so many addresses.")] = 50,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """List the addresses that must not be written to, newest first."""
    with account_opened(account_id) as (_, tx):
        found = [_described(each) for each in list_suppressions(tx, cause=cause, most=most)]
    show_all(found, as_json=as_json, nothing="Everybody may be written to.")


@app.command()
def add(
    email: Email,
    reason: GivenReason,
    given_cause: Annotated[
        Cause | None,
        typer.Option(
            "--cause", parser=_parse_cause, metavar="CAUSE", help=f"{' or '.join(CAUSES)}; default: complaint."
        ),
    ] = None,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Never write to an address again, and take it off every list."""
    address = EmailAddress.parse(email).text
    cause = Cause.COMPLAINT if given_cause is None else given_cause
    with account_opened(account_id) as (_, tx):
        evidence = Evidence(source=Source.CONSOLE, wording=f"suppressed: {reason}")
        suppress(tx, address, cause=cause, evidence=evidence, now=utc_now())
    show({"address": address, "cause": cause.name.lower()}, as_json=as_json)


@app.command()
def lift(email: Email, reason: GivenReason, account_id: AccountId = None, as_json: Json = False) -> None:
    """Let an address be written to again: after a bounce it is back on its lists, after a complaint it may sign up."""
    address = EmailAddress.parse(email).text
    with account_opened(account_id) as (_, tx):
        evidence = Evidence(source=Source.CONSOLE, wording=f"suppression lifted: {reason}")
        lists = lift_suppression(tx, address, evidence=evidence, now=utc_now())
    show({"address": address, "lists": lists}, as_json=as_json)


def _described(suppression: Suppression) -> Record:
    return {
        "address": suppression.address,
        "cause": suppression.cause.name.lower(),
        "since": suppression.suppressed_at,
    }
