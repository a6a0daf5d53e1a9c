"""`service`: which services an account has switched on, and whether they check who calls."""

from typing import Annotated

import typer

from staffetta.accounts import OPERATOR, Account, Service, change_service, service_history
from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.kit.clock import utc_now

app = typer.Typer(no_args_is_help=True)


@app.command("show")
def show_services(account_id: AccountId = None, as_json: Json = False) -> None:
    """Show the services with their registered addresses."""
    with account_opened(account_id) as (account, _):
        pass
    show_all([described(account, service) for service in Service], as_json=as_json, nothing="There are no services.")


@app.command("set")
def set_service(
    *,
    service: Annotated[Service, typer.Argument(case_sensitive=False)],
    enabled: Annotated[bool | None, typer.Option("--enabled/--disabled", help="Whether it answers at all.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it was activated; programs do so themselves.")
    ] = None,
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
            active=active,
            by=OPERATOR,
            now=utc_now(),
        )
    show_service(account.id, service, as_json=as_json)


@app.command("history")
def show_history(
    service: Annotated[Service | None, typer.Argument(case_sensitive=False, help="Which; default: all.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many entries, the latest first.")] = 50,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Show who switched, activated and registered what, when and from where."""
    with account_opened(account_id) as (_, tx):
        changes = service_history(tx, service, most=most)
    show_all(
        [
            {
                "happened_at": each.happened_at,
                "service": each.service.value,
                "change": each.change,
                "made_by": each.author.name,
                "ip": each.author.ip,
            }
            for each in changes
        ],
        as_json=as_json,
        nothing="No service has been changed.",
    )


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
        "active": rules.active,
        "check_ip": rules.checks_ip,
        "allowed": list(map(str, rules.allowed)),
        "denied": list(map(str, rules.denied)),
    }
