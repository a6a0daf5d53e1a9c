"""`ip`: the register of addresses that may call a service."""

from typing import Annotated

import typer

from staffetta.accounts import OPERATOR, Service, forget_network, register_network
from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json
from staffetta.cli.services import show_service
from staffetta.kit.clock import utc_now

app = typer.Typer(no_args_is_help=True)

Network = Annotated[str, typer.Argument(help="An address, or a network such as 192.0.2.0/24.")]
OfService = Annotated[Service, typer.Option("--service", case_sensitive=False, help="Which service.")]


@app.command()
def add(
    network: Network, service: OfService = Service.FRONT_END, account_id: AccountId = None, as_json: Json = False
) -> None:
    """Let an address or network call a service."""
    _register(network, service, account_id, allowed=True, as_json=as_json)


@app.command()
def deny(
    network: Network, service: OfService = Service.FRONT_END, account_id: AccountId = None, as_json: Json = False
) -> None:
    """Refuse an address or network, even within an allowed one."""
    _register(network, service, account_id, allowed=False, as_json=as_json)


@app.command()
def remove(
    network: Network, service: OfService = Service.FRONT_END, account_id: AccountId = None, as_json: Json = False
) -> None:
    """Remove an address or network from the register."""
    with account_opened(account_id) as (account, tx):
        forget_network(tx, service, network, by=OPERATOR, now=utc_now())
    show_service(account.id, service, as_json=as_json)


def _register(network: str, service: Service, account_id: int | None, *, allowed: bool, as_json: bool) -> None:
    with account_opened(account_id) as (account, tx):
        register_network(tx, service, network, allowed=allowed, by=OPERATOR, now=utc_now())
    show_service(account.id, service, as_json=as_json)
