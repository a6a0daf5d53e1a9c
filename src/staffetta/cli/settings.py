"""`settings`: every setting with its value, its default and its purpose."""

import re
from dataclasses import Field, fields
from typing import Annotated, Any

import typer

from staffetta.cli.output import Json, Record, show_all
from staffetta.settings import Settings, read_settings

MASK = "***"
# A password ends at the last `@`: people forget to escape those inside it.
PASSWORD_OF_USER = re.compile(r"(://[^:/@\s]*:)\S*@")
PASSWORD_IN_QUERY = re.compile(r"([?&](?:ssl)?password=)[^&\s]*")

PAGE = """# Settings

A setting comes from the environment, else from `staffetta.toml` in the data folder (there without `STAFFETTA_` and in
lower case, such as `bind = "0.0.0.0:8080"`), else from its default. In the environment, several values are separated by
blanks or commas. `staffetta settings` shows the values in force. `staffetta settings --markdown` writes this page.

| environment | default | unit | purpose |
| --- | --- | --- | --- |
"""

app = typer.Typer()


@app.command("settings")
def show_settings(
    *,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", hidden=True)] = False,
) -> None:
    """Show every setting; passwords are masked."""
    if as_markdown:
        typer.echo(markdown(), nl=False)
        return
    settings = read_settings()
    show_all([_described(each, settings) for each in fields(Settings)], as_json=as_json, nothing="")


def markdown() -> str:
    """Return the reference page of all settings."""
    return PAGE + "".join(map(_row, fields(Settings)))


def masked(value: Any) -> Any:
    """Return a value without the passwords that its URLs carry."""
    if isinstance(value, tuple):
        return [masked(each) for each in value]
    if not isinstance(value, str):
        return value
    return PASSWORD_IN_QUERY.sub(rf"\1{MASK}", PASSWORD_OF_USER.sub(rf"\1{MASK}@", value))


def _described(field: Field[Any], settings: Settings) -> Record:
    return {
        "name": _name(field),
        "value": masked(_plain(getattr(settings, field.name))),
        "default": _plain(field.default),
        "unit": field.metadata["unit"],
        "purpose": field.metadata["purpose"],
    }


def _name(field: Field[Any]) -> str:
    return f"STAFFETTA_{field.name.upper()}"


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | tuple) else str(value)


def _row(field: Field[Any]) -> str:
    plain = _plain(field.default)
    default = " ".join(plain) if isinstance(plain, tuple) else str(plain)
    cells = (f"`{_name(field)}`", f"`{default}`" if default else "", field.metadata["unit"], field.metadata["purpose"])
    return f"| {' | '.join(cells)} |\n"
