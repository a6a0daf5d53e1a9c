"""`sending`: messages on their way, and those that have gone."""

from collections.abc import Sequence
from typing import Annotated

import typer
from msgspec.structs import replace

from staffetta.campaigns import (
    CampaignSending,
    Failure,
    Failures,
    campaign_sendings,
    count_audience,
    delete_sending,
    doubtful,
    failed_people,
    get_campaign_sending,
    launch_sending,
    require_repeatable,
    send_message,
    settle_doubt,
    stop_sending,
    why_failed,
)
from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, Record, one_line, print_json, show, show_all
from staffetta.cli.watching import described_sending, standing
from staffetta.errors import FailedPrecondition
from staffetta.kit.clock import utc_now
from staffetta.outbox import SendingState

MOST_FAILURES = 1_000
LARGEST_ID = 2**31 - 1

app = typer.Typer(no_args_is_help=True)

SendingId = Annotated[int, typer.Argument(metavar="ID", help="Sending id.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list")
def show_sendings(
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """List sendings of messages, newest first."""
    with account_opened(account_id) as (_, tx):
        found = campaign_sendings(tx, most=most)
    show_all([described_sending(each) for each in found], as_json=as_json, nothing="No message was sent yet.")


@app.command("show")
def show_sending(sending_id: SendingId, account_id: AccountId = None, as_json: Json = False) -> None:
    """Show one: how far it is, who gets it, whom it is from."""
    with account_opened(account_id) as (_, tx):
        found = get_campaign_sending(tx, sending_id)
    show(_described(found), as_json=as_json)


@app.command()
def stop(sending_id: SendingId, account_id: AccountId = None, as_json: Json = False) -> None:
    """Stop one where it is; what is being handed over at this moment goes all the same."""
    with account_opened(account_id) as (_, tx):
        stopped = stop_sending(tx, sending_id, now=utc_now())
    show(described_sending(stopped), as_json=as_json, hint=f"`staffetta sending resume {sending_id}` lets it go on.")


@app.command()
def resume(sending_id: SendingId, account_id: AccountId = None, as_json: Json = False) -> None:
    """Let one that was stopped go on where it was."""
    with account_opened(account_id) as (_, tx):
        found = get_campaign_sending(tx, sending_id)
        if found.state != SendingState.STOPPED or found.ended_at:
            raise FailedPrecondition(f"sending {sending_id} is not stopped: it is {standing(found)}")
        launch_sending(tx, sending_id, starts_at=found.starts_at, now=utc_now())
        resumed = get_campaign_sending(tx, sending_id)
    show(described_sending(resumed), as_json=as_json)


@app.command()
def delete(sending_id: SendingId, account_id: AccountId = None, as_json: Json = False) -> None:
    """Give one up for good, which must be stopped if it runs; what it has sent stays on record."""
    with account_opened(account_id) as (_, tx):
        delete_sending(tx, sending_id, now=utc_now())
        deleted = get_campaign_sending(tx, sending_id)
    show(described_sending(deleted), as_json=as_json)


@app.command()
def doubt(
    sending_id: SendingId,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1_000,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """List whose mail a crash left in doubt: the relay may have accepted it, or not."""
    with account_opened(account_id) as (_, tx):
        found = [each._asdict() for each in doubtful(tx, sending_id, most=most)]
    show_all(found, as_json=as_json, nothing="Nothing of it is in doubt.")


@app.command()
def failures(  # noqa: PLR0917 - words of a command line
    sending_id: SendingId,
    recipients: Annotated[
        bool, typer.Option("--recipients", help="List whose mail failed, by rising id, each with the reply.")
    ] = False,
    after: Annotated[
        int, typer.Option(min=0, max=LARGEST_ID, metavar="ID", help="With --recipients: only ids above this one.")
    ] = 0,
    most: Annotated[int, typer.Option(min=1, max=MOST_FAILURES, help="At most so many rows.")] = 50,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Show why mails of a sending failed for good, in whose words and of how many people; or list these."""
    if after and not recipients:
        raise typer.BadParameter("only --recipients are listed by id", param_hint="--after")
    with account_opened(account_id) as (_, tx):
        people = failed_people(tx, sending_id, after=after, most=most) if recipients else []
        reasons = None if recipients else why_failed(tx, sending_id, most=most)
    if reasons:
        _show_why(reasons, as_json=as_json)
    else:
        _show_failed(people, most=most, as_json=as_json)


@app.command()
def settle(
    sending_id: SendingId,
    resend: Annotated[bool, typer.Option("--resend", help="Send again: somebody may get the mail twice.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Never send again: somebody may get no mail.")] = False,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Decide on what is in doubt of a sending."""
    if resend == drop:
        raise typer.BadParameter("choose one of them", param_hint="--resend or --drop")
    with account_opened(account_id) as (_, tx):
        settled = settle_doubt(tx, sending_id, resend=resend, now=utc_now())
    show({"settled": settled, "state": "deferred" if resend else "dropped"}, as_json=as_json)


@app.command()
def resend(sending_id: SendingId, yes: Yes = False, account_id: AccountId = None, as_json: Json = False) -> None:
    """Send the message again to those whom a sending has not reached, once it has ended."""
    with account_opened(account_id) as (_, tx):
        found = get_campaign_sending(tx, sending_id)
        require_repeatable(tx, found.message_id)
        audience = replace(found.audience, not_reached_by=sending_id)
        recipients = count_audience(tx, found.list_id, audience, message_id=found.message_id)
    if not recipients:
        raise FailedPrecondition(f"sending {sending_id} has reached everybody who is on the list now")
    if not yes:
        typer.confirm(f"Send “{one_line(found.subject)}” to {recipients:,} recipients now?", abort=True, err=True)
    with account_opened(account_id) as (_, tx):
        launched = send_message(
            tx,
            found.list_id,
            found.message_id,
            audience=audience,
            sender_name=found.sender_name,
            sender_email=found.sender_email,
            in_doubt=found.in_doubt,
            notes=found.notes,
            now=utc_now(),
        )
        again = get_campaign_sending(tx, launched.sending_id)
    show(described_sending(again), as_json=as_json)


def _show_failed(found: Sequence[Failure], *, most: int, as_json: bool) -> None:
    show_all([each._asdict() for each in found], as_json=as_json, nothing="No mail of it has failed.")
    if len(found) == most and not as_json:
        typer.echo(f"\n`--after {found[-1].recipient_id}` shows those who come next.")


def _show_why(found: Failures, *, as_json: bool) -> None:
    reasons = [each._asdict() for each in found.reasons]
    if as_json:
        print_json({"failed": found.failed, "looked_at": found.looked_at, "reasons": reasons})
        return
    show_all(reasons, as_json=False, nothing="No mail of it has failed.")
    if found.looked_at < found.failed:
        typer.echo(f"\nThese are the reasons of {found.looked_at:,} mails; {found.failed:,} failed.")


def _described(sending: CampaignSending) -> Record:
    audience = sending.audience
    return {
        **described_sending(sending),
        "notes": sending.notes,
        "sender_name": sending.sender_name,
        "sender_email": sending.sender_email,
        "groups": list(audience.groups),
        "excluded": list(audience.excluded),
        "not_reached_by": audience.not_reached_by or None,
        "to_be_tried_again": max(0, sending.claimed - sending.sent - sending.failed - sending.left_out),
        "octets": sending.octets,
        "not_after": sending.not_after,
        "once_key": sending.once_key,
        "in_doubt": sending.in_doubt or None,
        "created_at": sending.created_at,
    }
