"""`user`: who logs in to an account, and which lists they see."""

from typing import Annotated

import typer

from staffetta.access import User, add_user, get_user, hash_of, list_users, set_password, set_visible_lists
from staffetta.accounts import UserKind, get_account
from staffetta.cli.opening import AccountId, account_opened, opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.cli.passwords import random_password, read_secret
from staffetta.db import Connection
from staffetta.kit.clock import utc_now
from staffetta.lists import get_list

ALL = "all"
LONGEST_ID = 10

app = typer.Typer(no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="Letters, digits and . - _ @; case is ignored.")]
Password = Annotated[
    str | None, typer.Option(help="`-` reads a line of standard input; default: a random one, printed once.")
]


def _parse_lists(text: str) -> tuple[int, ...] | None:
    """Return list ids, None for all."""
    if text.strip().lower() == ALL:
        return None
    ids = [part.strip() for part in text.split(",")]
    if not all(each.isascii() and each.isdecimal() and len(each) <= LONGEST_ID for each in ids):
        raise typer.BadParameter(f"{text!r} is neither {ALL} nor list ids such as 1,2")
    return tuple(map(int, ids))


@app.command()
def add(
    login: Login,
    *,
    account_id: AccountId = None,
    password: Password = None,
    lists: Annotated[str, typer.Option(metavar="1,2|all", help="The lists that they see over REST.")] = ALL,
    as_json: Json = False,
) -> None:
    """Add a person to an account; their password is good for 180 days."""
    visible = _parse_lists(lists)
    generated = random_password() if password is None else ""
    chosen = hash_of(generated or read_secret(password or ""))
    with opened() as database, database.connection() as connection:
        account = get_account(connection, account_id)
        _require_lists(connection, account.id, visible)
        user = add_user(
            connection,
            account.id,
            login,
            kind=UserKind.CONSOLE,
            password=chosen,
            visible_lists=visible,
            now=utc_now(),
        )
    _show_with_password(user, generated, as_json=as_json)


@app.command("password")
def change_password(
    login: Login,
    *,
    password: Password = None,
    one_time: Annotated[
        bool, typer.Option("--one-time", help="Good for one sign-in at the console, where they choose their own.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Give a user another password; whatever was signed in with the old one is signed out."""
    generated = random_password() if password is None else ""
    chosen = hash_of(generated or read_secret(password or ""))
    with opened() as database, database.connection() as connection:
        user = set_password(connection, login, chosen, one_time=one_time, now=utc_now())
    _show_with_password(user, generated, as_json=as_json)


@app.command("list")
def show_users(account_id: AccountId = None, as_json: Json = False) -> None:
    """List an account's users."""
    with account_opened(account_id) as (_, tx):
        users = [_summary(each) for each in list_users(tx)]
    show_all(users, as_json=as_json, nothing="The account has no user.")


@app.command("lists")
def change_lists(
    login: Login,
    lists: Annotated[str, typer.Argument(metavar="1,2|all", help="List ids, or all lists.")],
    as_json: Json = False,
) -> None:
    """Set which lists a user sees over REST, from their next call on."""
    visible = _parse_lists(lists)
    with opened() as database, database.connection() as connection:
        owner = get_user(connection, login).account_id
        _require_lists(connection, owner, visible)
        user = set_visible_lists(connection, login, visible)
    show(_summary(user), as_json=as_json)


def _require_lists(connection: Connection, account_id: int, lists: tuple[int, ...] | None) -> None:
    tx = connection.for_account(account_id)
    for list_id in lists or ():
        get_list(tx, list_id)


def _show_with_password(user: User, generated: str, *, as_json: bool) -> None:
    show(
        {**_summary(user), "password": generated or (None if as_json else "as given")},
        as_json=as_json,
        hint="Keep the password: only its hash is stored." if generated else "",
    )


def _summary(user: User) -> Record:
    return {
        "login": user.login,
        "account_id": user.account_id,
        "kind": user.kind.name.lower(),
        "password_changed_at": user.password_changed_at,
        "one_time": user.one_time,
        "visible_lists": ALL if user.visible_lists is None else user.visible_lists,
    }
