"""`up`, `serve`: the processes of the platform; `send`, the third, is a module of its own."""

import gc
from dataclasses import asdict, replace
from typing import Annotated

import typer

from staffetta.app import Ready, run_serve, run_up
from staffetta.cli.output import Json, print_json, show
from staffetta.settings import read_settings

app = typer.Typer()

Bind = Annotated[
    str | None, typer.Option("--bind", metavar="ADDRESS:PORT", help="Listen here; default: STAFFETTA_BIND.")
]


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Make a demo account, unless there is one.")] = False,
    as_json: Json = False,
    bind: Bind = None,
) -> None:
    """Run everything in one process: HTTP, the sender, the sealer.

    Upgrades the database first. When the server answers, prints what you need next.
    """
    gc.enable()
    settings = read_settings()
    announce = _announce_to_programs if as_json else _announce_to_people
    run_up(replace(settings, bind=bind or settings.bind), demo=demo, announce=announce)


@app.command()
def serve(bind: Bind = None) -> None:
    """Run HTTP alone, beside `send`; PostgreSQL only."""
    gc.enable()
    settings = read_settings()
    run_serve(replace(settings, bind=bind or settings.bind))


def _announce_to_programs(ready: Ready) -> None:
    print_json(asdict(ready))


def _announce_to_people(ready: Ready) -> None:
    named = "" if ready.url.endswith(f"//{ready.console_host}") else f" -H 'Host: {ready.console_host}'"
    page = f"{ready.url}/frontend/xmlSubscribe.aspx?list={ready.list_id}&retCode=1&email=ada@example.com"
    if ready.account_id is None:
        show(
            {"url": ready.url, "mail_url": ready.mail_url},
            as_json=False,
            hint="There is no account yet: `staffetta account add` makes one beside this server.",
        )
        return
    show(
        {name: value for name, value in asdict(ready).items() if value},
        as_json=False,
        hint=f"Sign somebody up (0: a mail asks for confirmation), then read that mail at {ready.mail_url}:\n\n"
        f"  curl{named} '{page}'\n",
    )
