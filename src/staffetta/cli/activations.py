"""`activation`: accounts that applications have asked for."""

from typing import Annotated

import typer

from staffetta.cli.opening import opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.kit.clock import utc_now
from staffetta.provisioning import (
    Activation,
    ActivationState,
    begin_maintenance,
    block,
    end_maintenance,
    get_activation,
    in_maintenance,
    list_activations,
    retry,
)

STATES = {state.name.lower().replace("_", "-"): state for state in ActivationState if state}
SWITCH = {"on": True, "off": False}
LARGEST_ID = 2**31 - 1

app = typer.Typer(no_args_is_help=True)


def _parse_state(text: str) -> ActivationState:
    try:
        return STATES[text.lower().replace("_", "-")]
    except KeyError:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(STATES)}") from None


def _parse_switch(text: str) -> bool:
    try:
        return SWITCH[text.lower()]
    except KeyError:
        raise typer.BadParameter(f"{text!r} is neither on nor off") from None


Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="Activation id.")]
State = Annotated[
    ActivationState | None, typer.Option(parser=_parse_state, metavar="STATE", help=f"One of {', '.join(STATES)}.")
]


@app.command("list")
def show_activations(
    state: State = None,
    most: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    before: Annotated[int, typer.Option(min=1, max=LARGEST_ID, help="Those before this id.")] = LARGEST_ID,
    as_json: Json = False,
) -> None:
    """List activations, newest first."""
    with opened() as database, database.connection() as connection:
        found = [_summary(each) for each in list_activations(connection, state=state, before=before, most=most)]
    show_all(found, as_json=as_json, nothing="There is no such activation.")


@app.command("show")
def show_activation(activation_id: Id, as_json: Json = False) -> None:
    """Show an activation with all that was sent for it."""
    with opened() as database, database.connection() as connection:
        found = get_activation(connection, activation_id)
    show(_described(found), as_json=as_json)


@app.command("retry")
def retry_activation(activation_id: Id, as_json: Json = False) -> None:
    """Try an activation anew that has failed, was blocked, or waits for its next try."""
    with opened() as database, database.connection() as connection:
        found = retry(connection, activation_id, now=utc_now())
    show(_described(found), as_json=as_json)


@app.command("block")
def block_activation(
    activation_id: Id,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at it later.")] = "blocked by the operator",
    as_json: Json = False,
) -> None:
    """Let nothing come of an activation; its IP address gets no other."""
    with opened() as database, database.connection() as connection:
        found = block(connection, activation_id, reason=reason, now=utc_now())
    show(_described(found), as_json=as_json)


@app.command()
def maintenance(
    switch: Annotated[bool | None, typer.Argument(parser=_parse_switch, metavar="[on|off]")] = None,
    as_json: Json = False,
) -> None:
    """Let activations wait, let them go on, or tell which of the two it is."""
    with opened() as database, database.connection() as connection:
        moved = 0
        if switch is not None:
            moved = (begin_maintenance if switch else end_maintenance)(connection, now=utc_now())
        is_on = in_maintenance(connection)
    show({"maintenance": is_on, "activations_moved": moved}, as_json=as_json)


def _summary(activation: Activation) -> Record:
    return {
        "id": activation.id,
        "state": activation.state.name.lower().replace("_", "-"),
        "company": activation.company,
        "email": activation.email,
        "caller_ip": activation.caller_ip,
        "account_id": activation.account_id,
        "attempts": activation.attempts,
        "requested_at": activation.requested_at,
        "problem": activation.problem,
    }


def _described(activation: Activation) -> Record:
    return {
        **_summary(activation),
        "client_id": activation.client_id,
        "name": activation.name,
        "phone": activation.phone,
        "language": activation.language.upper(),
        "is_usa": activation.is_usa,
        "newsletter": activation.newsletter,
        "referer": activation.referer,
        "user_agent": activation.user_agent,
        "due_at": activation.due_at,
        "changed_at": activation.changed_at,
    }
