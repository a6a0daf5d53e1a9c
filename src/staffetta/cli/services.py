"""`service`: which services an account has switched on, and whether they check who calls."""

from typing import Annotated

import typer

from staffetta.accounts import Account, Service, change_service
from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, Record, show, show_all

app = typer.Typer(no_args_is_help=True)


@app.command("show")
def show_services(account_id: AccountId = None, as_json: Json = False) -> None:
    """Show the services with their registered addresses."""
    with account_opened(account_id) as (account, _):
        pass
    show_all([described(account, service) for service in Service], as_json=as_json, nothing="There are no services.")


@app.command("set")
def set_service(
    service: Annotated[Service, typer.Argument(case_sensitive=False)],
    enabled: Annotated[bool | None, typer.Option("--enabled/--disabled", help="Whether it answers at all.")] = None,
    check_ip: Annotated[
        bool | None, typer.Option("--check-ip/--no-check-ip", help="Whether callers must be registered (`ip add`).")
    ] = None,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Switch a service; what is not named stays as it is."""
    with account_opened(account_id) as (account, tx):
        rules = account.rules_of(service)
        change_service(
            tx,
            service,
            enabled=rules.enabled if enabled is None else enabled,
            checks_ip=rules.checks_ip if check_ip is None else check_ip,
        )
    show_service(account.id, service, as_json=as_json)


def show_service(account_id: int, service: Service, *, as_json: bool) -> None:
    """Print a service as it is after a change."""
    with account_opened(account_id) as (account, _):
        pass
    show(described(account, service), as_json=as_json)


def described(account: Account, service: Service) -> Record:
    """Return what commands print of a service."""
    rules = account.rules_of(service)
    return {
        "service": service.value,
        "enabled": rules.enabled,
        "check_ip": rules.checks_ip,
        "allowed": list(map(str, rules.allowed)),
        "denied": list(map(str, rules.denied)),
    }
