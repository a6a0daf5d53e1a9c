"""`terms`: the terms of service, which accounts that come about by themselves have to accept."""

from pathlib import Path
from typing import Annotated

import typer

from staffetta.accounts import acceptances, current_terms, publish_terms
from staffetta.cli.opening import account_opened, opened
from staffetta.cli.output import Json, print_json, show, show_all
from staffetta.errors import InvalidArgument
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import DEFAULT, Language, find_language

app = typer.Typer(no_args_is_help=True)


def _parse_language(text: str) -> Language:
    language = find_language(text)
    if language is None:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(Language).upper()}")
    return language


@app.command()
def publish(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Text in UTF-8, a file for each language.")],
    *,
    language: Annotated[
        list[Language],
        typer.Option(parser=_parse_language, metavar="LANGUAGE", help="Of each file in turn, such as IT; repeatable."),
    ],
    as_json: Json = False,
) -> None:
    """Put new terms in force: accounts that are bound by them are refused until somebody accepts them at the console.

    Whoever reads another language than those given is shown the English text, or the first.
    """
    if len(files) != len(language) or len(set(language)) != len(language):
        raise typer.BadParameter("give --language once for each FILE, in the same order, and each language once")
    texts = {each: _read(file) for file, each in zip(files, language, strict=True)}
    with opened() as database, database.connection() as connection:
        version = publish_terms(connection, texts, now=utc_now())
    show({"version": version, "languages": [each.upper() for each in texts]}, as_json=as_json)


@app.command("show")
def show_terms(
    *,
    language: Annotated[
        Language | None, typer.Option(parser=_parse_language, metavar="LANGUAGE", help="Such as IT; default: EN.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the terms in force; version 0 is the text that comes with the platform."""
    with opened() as database, database.connection() as connection:
        terms = current_terms(connection, language or DEFAULT)
    standing = {"version": terms.version, "language": terms.language.upper(), "published_at": terms.published_at}
    if as_json:
        print_json({**standing, "text": terms.text})
        return
    show(standing, as_json=False)
    typer.echo(f"\n{terms.text.strip()}")


@app.command("history")
def show_history(
    account_id: Annotated[int | None, typer.Argument(metavar="[ACCOUNT]", help="Default: the only one.")] = None,
    as_json: Json = False,
) -> None:
    """Show who accepted which version for an account, when and from where, the latest first."""
    with account_opened(account_id) as (_, tx):
        accepted = acceptances(tx)
    show_all(
        [
            {
                "accepted_at": each.accepted_at,
                "version": each.version,
                "language": each.language.upper(),
                "login": each.login,
                "ip": each.ip,
            }
            for each in accepted
        ],
        as_json=as_json,
        nothing="Nobody has accepted terms of service for this account.",
    )


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArgument(f"{file} is no text in UTF-8") from error
