"""`account`: tenants, their hosts, states and switches."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from staffetta.access import hash_of
from staffetta.accounts import (
    OPERATOR,
    Account,
    AccountState,
    ImportPrologue,
    ReturnCodeWhenAbsent,
    add_host,
    change_options,
    change_state,
    create_account,
    directory,
    expire,
    extend,
    get_account,
    has_accepted,
    open_import,
    reactivate,
    suspend,
)
from staffetta.cli.opening import AccountId, account_opened, opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.cli.passwords import random_password, read_secret
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language, find_language
from staffetta.lists import furnish

STATES = {state.name.lower().replace("_", "-"): state for state in AccountState}

app = typer.Typer(no_args_is_help=True)
hosts = typer.Typer(no_args_is_help=True)
app.add_typer(hosts, name="host", help="Lead console hosts to an account.")

OneId = Annotated[int, typer.Argument(metavar="ID", help="Account id.")]
Id = Annotated[int | None, typer.Argument(metavar="[ID]", help="Account id; default: the only one.")]


def _parse_state(text: str) -> AccountState:
    try:
        return STATES[text.lower()]
    except KeyError:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(STATES)}") from None


State = Annotated[AccountState, typer.Argument(parser=_parse_state, metavar="|".join(STATES))]


@app.command()
def add(
    *,
    account_id: Annotated[int | None, typer.Option("--id", help="Its id; default: the next.")] = None,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    host: Annotated[
        list[str] | None, typer.Option(help="A console host, such as news.example.com; repeatable.")
    ] = None,
    password: Annotated[
        str | None, typer.Option(help="Of both users; `-` reads a line of standard input; default: a random one.")
    ] = None,
    language: Annotated[str, typer.Option(help="EN, IT, ES, FR, PT, JA or DA.")] = "EN",
    time_zone: Annotated[str, typer.Option(help="Such as Europe/Rome.")] = "Europe/Rome",
    list_guid: Annotated[str | None, typer.Option(help="GUID of its first list; default: a random one.")] = None,
    web_services: Annotated[
        bool, typer.Option(help="Activate WSMailUpImport for callers from anywhere; else a plugin activates it.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make an account with an API user, a console user, list 1 with six groups, and forty fields.

    Prints what you need to call the API; a random password is printed here and never again.
    """
    generated = random_password() if password is None else None
    # Hashing takes a tenth of a second, for which a transaction would hold everybody up.
    password_hash = hash_of(generated or read_secret(password or ""))
    now = utc_now()
    with opened(making=True) as database, database.connection() as connection:
        account = create_account(
            connection,
            account_id=account_id,
            name=name,
            hosts=tuple(host or ()),
            password=password_hash,
            now=now,
            language=_language(language),
            time_zone=time_zone,
        )
        tx = connection.for_account(account.id)
        first = furnish(tx, account, now=now, list_guid=list_guid)
        if web_services:
            open_import(tx, by=OPERATOR, now=now)
    show(
        {
            "account_id": account.id,
            "console_host": account.host,
            "list_id": first.id,
            "list_guid": first.guid,
            "api_user": account.api_user,
            "console_user": f"m{account.id}",
            "password": generated if generated or as_json else "as given",
        },
        as_json=as_json,
        hint="Keep the password: only its hash is stored." if generated else "",
    )


@app.command("list")
def show_accounts(*, as_json: Json = False) -> None:
    """List all accounts."""
    with opened() as database, database.connection() as connection:
        accounts = [_summary(each) for each in directory(connection, anew=True).by_id.values()]
    show_all(accounts, as_json=as_json, nothing="There is no account yet: run `staffetta account add`.")


@app.command("show")
def show_account(account_id: Id = None, as_json: Json = False) -> None:
    """Show an account with its plan, its terms of service and its switches."""
    with account_opened(account_id) as (account, tx):
        described = _described(account, tx)
    show(described, as_json=as_json)


@app.command("state")
def set_state(account_id: OneId, state: State, as_json: Json = False) -> None:
    """Set an account's state whatever its trial and its terms say; all but active ones are refused everywhere."""
    with account_opened(account_id) as (account, tx):
        change_state(tx, state)
    show(_summary(replace(account, state=state)), as_json=as_json)


@app.command("suspend")
def suspend_account(account_id: OneId, as_json: Json = False) -> None:
    """Refuse an account everywhere, at the console too, until it is activated."""
    with account_opened(account_id) as (_, tx):
        suspend(tx)
        summary = _standing(tx)
    show(summary, as_json=as_json)


@app.command("activate")
def activate_account(account_id: OneId, as_json: Json = False) -> None:
    """Let an account be used again; where it is bound by terms of service that changed, after these are accepted."""
    with account_opened(account_id) as (_, tx):
        reactivate(tx, now=utc_now())
        summary = _standing(tx)
    show(summary, as_json=as_json)


@app.command("expire")
def expire_account(account_id: OneId, as_json: Json = False) -> None:
    """End an account's time now."""
    with account_opened(account_id) as (_, tx):
        expire(tx, now=utc_now())
        summary = _standing(tx)
    show(summary, as_json=as_json)


@app.command("extend")
def extend_account(
    account_id: OneId,
    *,
    days: Annotated[int, typer.Option(metavar="N", help="How many more days it has, from its end or from now on.")],
    as_json: Json = False,
) -> None:
    """Give an account more time; one that has expired is open again."""
    with account_opened(account_id) as (_, tx):
        extend(tx, days=days, now=utc_now())
        summary = _standing(tx)
    show(summary, as_json=as_json)


@app.command("set")
def set_options(
    account_id: Id = None,
    *,
    retcode_absent: Annotated[
        ReturnCodeWhenAbsent | None, typer.Option(help="What xmlSubscribe answers when `retCode` is not given.")
    ] = None,
    require_guid: Annotated[
        bool | None, typer.Option(help="Whether check, unsubscribe and update need the list's GUID.")
    ] = None,
    dynamic_sender_as_reply_to: Annotated[
        bool | None, typer.Option(help="Whether `dynsndmail` becomes Reply-To instead of From.")
    ] = None,
    soap_legacy_names: Annotated[
        bool | None, typer.Option(help='Whether names do without & " < >, for old clients of the SOAP services.')
    ] = None,
    soap_import_prologue: Annotated[
        ImportPrologue | None, typer.Option(help="The XML declaration before what Import answers.")
    ] = None,
    import_confirmation_autosend: Annotated[
        bool | None, typer.Option(help="Whether a SOAP import's requests to confirm leave at once.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change an account's switches; those not named stay as they are."""
    given: dict[str, Any] = {
        "retcode_absent": retcode_absent,
        "require_guid": require_guid,
        "dynamic_sender_as_reply_to": dynamic_sender_as_reply_to,
        "soap_legacy_names": soap_legacy_names,
        "soap_import_prologue": soap_import_prologue,
        "import_confirmation_autosend": import_confirmation_autosend,
    }
    with account_opened(account_id) as (account, tx):
        options = replace(account.options, **{name: value for name, value in given.items() if value is not None})
        change_options(tx, options)
        described = _described(replace(account, options=options), tx)
    show(described, as_json=as_json)


@hosts.command("add")
def add_console_host(
    host: Annotated[str, typer.Argument(help="Such as news.example.com, with its port where it has one.")],
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Lead a console host to an account."""
    with opened() as database, database.connection() as connection:
        account = get_account(connection, account_id)
        add_host(connection, account.id, host)
        changed = get_account(connection, account.id)
    show(_summary(changed), as_json=as_json)


def _language(text: str) -> Language:
    language = find_language(text)
    if language is None:
        raise InvalidArgument(f"{text!r} is none of {', '.join(Language).upper()}")
    return language


def _summary(account: Account) -> Record:
    return {
        "id": account.id,
        "name": account.name,
        "state": account.state.name.lower().replace("_", "-"),
        "hosts": account.hosts,
        "language": account.language.upper(),
        "time_zone": account.time_zone,
        "api_user": account.api_user,
    }


def _standing(tx: Transaction) -> Record:
    account = get_account(tx, tx.account_id)
    return {**_summary(account), "expires_at": account.expires_at}


def _described(account: Account, tx: Transaction) -> Record:
    return {
        **_summary(account),
        "expires_at": account.expires_at,
        "monthly_messages": account.plan.monthly_messages,
        "features": account.plan.features,
        "white_label": account.plan.white_label,
        "bound_by_terms": account.bound_by_terms,
        "terms_accepted": has_accepted(tx) if account.bound_by_terms else None,
        "retcode_absent": account.options.retcode_absent.value,
        "require_guid": account.options.require_guid,
        "dynamic_sender_as_reply_to": account.options.dynamic_sender_as_reply_to,
        "soap_legacy_names": account.options.soap_legacy_names,
        "soap_import_prologue": account.options.soap_import_prologue.value,
        "import_confirmation_autosend": account.options.import_confirmation_autosend,
        "demo": account.options.demo,
    }
