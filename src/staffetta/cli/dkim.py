"""`dkim`: the keys that sign mail, and what DNS has to say of them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from staffetta.cli.opening import opened
from staffetta.cli.output import Json, Record, print_json, show, show_all
from staffetta.kit.clock import utc_now
from staffetta.sending import (
    Algorithm,
    DkimKey,
    UnreadableKey,
    add_key,
    all_keys,
    generate,
    keys_of,
    load_key,
    set_signs,
    txt_record,
)

app = typer.Typer(no_args_is_help=True)

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="Domain of the From of mails.")]
Selector = Annotated[str, typer.Argument(metavar="[SELECTOR]", help="Selector; default: all of the domain's keys.")]


class Choice(StrEnum):
    """Which keys to make."""

    RSA = "rsa"
    ED25519 = "ed25519"
    BOTH = "both"


@app.command()
def add(
    domain: Domain,
    *,
    selector: Annotated[
        str, typer.Option(help="Selector, with the algorithm after it for `both`; default: algorithm and date.")
    ] = "",
    algorithm: Annotated[Choice, typer.Option(help="What to make; receivers check rsa, few of them ed25519.")] = (
        Choice.RSA
    ),
    private_key: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Private key in PEM to take, instead of a new one.")
    ] = None,
    inactive: Annotated[
        bool, typer.Option("--inactive", help="Sign by it only after `dkim activate`: publish it before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a key for a domain, and print the DNS record to publish."""
    now = utc_now()
    if private_key:
        keys = [load_key(private_key.read_text("utf-8", errors="replace"))]
        names = [selector or f"s{now:%Y%m%d}"]
    else:
        chosen = [Algorithm.RSA, Algorithm.ED25519] if algorithm is Choice.BOTH else [Algorithm(algorithm)]
        keys = [generate(each) for each in chosen]
        only = selector if len(chosen) == 1 else ""
        names = [only or (f"{selector}-{each}" if selector else f"{each}-{now:%Y%m%d}") for each in chosen]
    with opened() as database, database.connection() as connection:
        made = [
            add_key(connection, domain, name, key, signs=not inactive, now=now)
            for name, key in zip(names, keys, strict=True)
        ]
    _print(made, as_json=as_json)
    if not as_json:
        typer.echo(
            f"\nMail from {made[0].domain} is signed from now on: publish it at once."
            if not inactive
            else f"\nWhen DNS has it: staffetta dkim activate {made[0].domain}"
        )


@app.command("list")
def list_keys(*, as_json: Json = False) -> None:
    """List keys and whether they sign."""
    with opened() as database, database.connection() as connection:
        keys = all_keys(connection)
    show_all([_described(key) for key in keys], as_json=as_json, nothing="No domain has a key: mail is not signed.")


@app.command("show")
def show_keys(domain: Domain, selector: Selector = "", as_json: Json = False) -> None:
    """Print the DNS records of a domain's keys."""
    with opened() as database, database.connection() as connection:
        keys = keys_of(connection, domain, selector)
    _print(keys, as_json=as_json)


@app.command()
def activate(domain: Domain, selector: Selector = "", as_json: Json = False) -> None:
    """Sign by a key: the newest of each algorithm is the one in use."""
    _set(domain, selector, signs=True, as_json=as_json)


@app.command()
def retire(domain: Domain, selector: Selector = "", as_json: Json = False) -> None:
    """Sign no more by a key; its record stays useful for mail that is under way, for a week or two."""
    _set(domain, selector, signs=False, as_json=as_json)


def _set(domain: str, selector: str, *, signs: bool, as_json: bool) -> None:
    with opened() as database, database.connection() as connection:
        keys = set_signs(connection, domain, selector, signs=signs)
    show_all([_described(key) for key in keys], as_json=as_json, nothing="")


def _print(keys: list[DkimKey], *, as_json: bool) -> None:
    records = [(key, txt_record(key)) for key in keys]
    if as_json:
        print_json(
            [
                {**_described(key), "name": record.name, "type": "TXT", "value": record.value, "zone": record.zone_line}
                for key, record in records
            ]
        )
        return
    for key, record in records:
        show({**_described(key), "name": record.name, "type": "TXT", "value": record.value}, as_json=False)
        typer.echo(f"\n{record.zone_line}\n")


def _described(key: DkimKey) -> Record:
    try:
        load_key(key.private_key)
        readable = True
    except UnreadableKey:
        readable = False
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "signs": key.signs,
        "readable": readable,
        "created_at": key.created_at,
    }
