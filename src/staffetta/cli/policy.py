"""`policy`: what an account may call, how often, and from where."""

from typing import Annotated

import typer

from staffetta.accounts import Account, Service
from staffetta.cli.opening import account_opened
from staffetta.cli.output import Json, Record, print_json, show, show_all
from staffetta.cli.services import described
from staffetta.interfaces.policy import Policy
from staffetta.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Show what an account may call, how often, and from where."""


@app.command("show")
def show_policy(
    account_id: Annotated[int | None, typer.Argument(metavar="[ACCOUNT]", help="Default: the only one.")] = None,
    as_json: Json = False,
) -> None:
    """Show an account's state, its services with their addresses, its limits, and what is used of them.

    What is used is known where a Redis or Valkey counts; a server that counts in its memory tells nobody.
    """
    with account_opened(account_id) as (account, _):
        pass
    settings = read_settings()
    standing = _standing(account, settings)
    services = [described(account, service) for service in Service]
    limits = _limits(account, settings)
    if as_json:
        print_json({**standing, "services": services, "policy": limits})
        return
    show(standing, as_json=False)
    typer.echo()
    show_all(services, as_json=False, nothing="")
    typer.echo()
    show_all(limits, as_json=False, nothing="")


def _standing(account: Account, settings: Settings) -> Record:
    return {
        "account": account.id,
        "name": account.name,
        "state": account.state.name.lower().replace("_", "-"),
        "limits": settings.limits,
        "counted_in": "memory of the server" if _is_in_memory(settings) else "storage",
    }


def _limits(account: Account, settings: Settings) -> list[Record]:
    in_force = Policy(settings)
    return [
        {
            "family": rule.family.value,
            "methods": list(rule.methods) or ["all others"],
            "allowed": rule.words,
            "waits_seconds": rule.patience_seconds,
            "counted_by": rule.counted if rule.limits else "",
            "used": None if _is_in_memory(settings) else dict(in_force.used(account.id, rule)),
        }
        for rule in in_force.rules
    ]


def _is_in_memory(settings: Settings) -> bool:
    return settings.limits_storage.startswith("memory:")
