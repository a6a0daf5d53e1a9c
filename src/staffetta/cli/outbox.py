"""`outbox`: deliveries and their states."""

from typing import Annotated, Any

import typer

from staffetta.cli.opening import AccountId, account_opened, opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.errors import NotFound
from staffetta.kit.clock import utc_now
from staffetta.outbox import DeliveryState, count_states, count_states_of, in_state, settle_doubt

STATES = {state.name.lower().replace("_", "-"): state for state in DeliveryState}

app = typer.Typer(no_args_is_help=True)


def _parse_state(text: str) -> DeliveryState:
    try:
        return STATES[text.lower().replace("_", "-")]
    except KeyError:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(STATES)}") from None


State = Annotated[
    DeliveryState | None, typer.Option(parser=_parse_state, metavar="STATE", help=f"One of {', '.join(STATES)}.")
]


@app.command("show")
def show_deliveries(
    state: State = None,
    most: Annotated[int, typer.Option(min=1, help="At most so many deliveries.")] = 50,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Count deliveries by state, of all accounts unless one is named; or show an account's newest in one state."""
    if state is None:
        counts = _counts(account_id)
        show({name: counts.get(each, 0) for name, each in STATES.items()}, as_json=as_json)
        return
    with account_opened(account_id) as (_, tx):
        deliveries = [_described(row) for row in in_state(tx, state, most=most)]
    show_all(deliveries, as_json=as_json, nothing="No delivery is in this state.")


@app.command()
def settle(
    delivery_id: Annotated[int, typer.Argument(metavar="[ID]", min=0, help="Delivery id; default: all in doubt.")] = 0,
    resend: Annotated[bool, typer.Option("--resend", help="Send again: somebody may get the mail twice.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Never send again: somebody may get no mail.")] = False,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Decide on deliveries in doubt: the relay may have accepted them before a crash, or not."""
    if resend == drop:
        raise typer.BadParameter("choose one of them", param_hint="--resend or --drop")
    with account_opened(account_id) as (_, tx):
        to = DeliveryState.DEFERRED if resend else DeliveryState.DROPPED
        settled = settle_doubt(tx, delivery_id, to=to, now=utc_now())
        if delivery_id and not settled:
            raise NotFound(f"delivery {delivery_id} is not in doubt: see `staffetta outbox show --state in-doubt`")
    show({"settled": settled, "state": to.name.lower()}, as_json=as_json)


def _counts(account_id: int | None) -> dict[DeliveryState, int]:
    if account_id is None:
        with opened() as database, database.connection() as connection:
            return count_states(connection)
    with account_opened(account_id) as (_, tx):
        return count_states_of(tx)


def _described(row: Any) -> Record:
    return {
        "id": row.id,
        "kind": row.kind,
        "address": row.address,
        "list_id": row.list_id,
        "recipient_id": row.recipient_id,
        "state": row.state.name.lower().replace("_", "-"),
        "due_at": row.due_at,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "message_id": row.message_id,
        "reply": row.reply,
    }
