"""`app`: the programs that may act for users over REST."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from staffetta.access import (
    FEATURES,
    Application,
    add_application,
    block_application,
    blocked_accounts,
    get_application,
    get_user,
    grant_feature,
    list_applications,
    named_application,
    revoke,
    revoke_application,
    set_plan,
    unblock_application,
    withdraw_feature,
)
from staffetta.accounts import Feature, get_account
from staffetta.cli.opening import opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.cli.passwords import read_secret
from staffetta.db import Connection
from staffetta.errors import InvalidArgument
from staffetta.kit.clock import utc_now

app = typer.Typer(no_args_is_help=True)

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As `app list` shows it.")]
App = Annotated[str, typer.Argument(metavar="APP", help="Its client id, or its name where no other has it.")]
AppFeature = Annotated[str, typer.Argument(metavar="FEATURE", help=f"One of: {', '.join(FEATURES)}.")]
OneAccount = Annotated[int | None, typer.Option("--account", metavar="N", help="Account id; default: all accounts.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people read when they are asked for their consent.")],
    *,
    client_id: Annotated[str | None, typer.Option(help="Its client id; default: a random GUID.")] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(help="At least 8 characters; `-` reads a line of standard input; default: a random GUID."),
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="Where people may be led back to; repeatable; default: anywhere."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Register an application; prints the client id and secret that it is told."""
    secret = None if client_secret is None else read_secret(client_secret, "client secret")
    with opened(making=True) as database, database.connection() as connection:
        new = add_application(
            connection,
            name,
            client_id=client_id,
            client_secret=secret,
            redirect_uris=tuple(redirect_uri or ()),
            now=utc_now(),
        )
    show(
        {
            "client_id": new.application.client_id,
            "client_secret": new.client_secret,
            "name": new.application.name,
            "redirect_uris": new.application.redirect_uris,
        },
        as_json=as_json,
        hint="Keep the secret: only its digest is stored.",
    )


@app.command("list")
def show_applications(*, as_json: Json = False) -> None:
    """List applications, and whom they are blocked for."""
    with opened() as database, database.connection() as connection:
        blocks = blocked_accounts(connection)
        found = [_summary(each, blocks.get(each.client_id, ())) for each in list_applications(connection)]
    show_all(found, as_json=as_json, nothing="There is no application yet: run `staffetta app add`.")


@app.command("show")
def show_application(application: App, *, as_json: Json = False) -> None:
    """Show an application with what it is granted and the plan of the accounts that it asks for."""
    with opened() as database, database.connection() as connection:
        shown = _shown(connection, named_application(connection, application).client_id)
    show(shown, as_json=as_json)


@app.command("grant")
def grant(application: App, feature: AppFeature, *, as_json: Json = False) -> None:
    """Let an application use a feature: with `provisioning` it may ask for accounts."""
    with opened() as database, database.connection() as connection:
        client_id = named_application(connection, application).client_id
        grant_feature(connection, client_id, feature)
        shown = _shown(connection, client_id)
    show(shown, as_json=as_json)


@app.command("withdraw")
def withdraw(application: App, feature: AppFeature, *, as_json: Json = False) -> None:
    """Let an application use a feature no longer."""
    with opened() as database, database.connection() as connection:
        client_id = named_application(connection, application).client_id
        withdraw_feature(connection, client_id, feature)
        shown = _shown(connection, client_id)
    show(shown, as_json=as_json)


@app.command("plan")
def change_plan(
    application: App,
    *,
    trial_days: Annotated[int | None, typer.Option(metavar="N", help="How long accounts live; 0: for ever.")] = None,
    monthly_messages: Annotated[
        int | None, typer.Option(metavar="N", help="How many mails they may send in a month; 0: any number.")
    ] = None,
    feature: Annotated[
        list[Feature] | None, typer.Option(help="A family of calls that they may use; repeatable; replaces all.")
    ] = None,
    white_label: Annotated[bool | None, typer.Option(help="Whether they carry no name of the platform.")] = None,
    as_json: Json = False,
) -> None:
    """Change the plan of the accounts that an application asks for from now on; what is not named stays as it is."""
    given: dict[str, Any] = {
        "trial_days": trial_days,
        "monthly_messages": monthly_messages,
        "features": tuple(dict.fromkeys(each.value for each in feature)) if feature else None,
        "white_label": white_label,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    with opened() as database, database.connection() as connection:
        found = named_application(connection, application)
        set_plan(connection, found.client_id, replace(found.plan, **changes))
        shown = _shown(connection, found.client_id)
    show(shown, as_json=as_json)


@app.command("revoke")
def revoke_tokens(
    client_id: ClientId,
    *,
    user: Annotated[str | None, typer.Option(metavar="LOGIN", help="Of this user; default: of all users.")] = None,
    account_id: OneAccount = None,
    as_json: Json = False,
) -> None:
    """Take an application's authorizations and tokens away; users may authorize it again."""
    if user is not None and account_id is not None:
        raise InvalidArgument("give --user or --account, not both: a login says its account")
    with opened() as database, database.connection() as connection:
        revoked = _revoke(connection, client_id, user, account_id)
    show({"client_id": client_id, "revoked": revoked}, as_json=as_json)


@app.command("block")
def block(client_id: ClientId, *, account_id: OneAccount = None, as_json: Json = False) -> None:
    """Refuse an application, for everybody or for one account, until it is unblocked."""
    with opened() as database, database.connection() as connection:
        block_application(connection, client_id, account_id=account_id, now=utc_now())
        shown = _shown(connection, client_id)
    show(shown, as_json=as_json)


@app.command("unblock")
def unblock(client_id: ClientId, *, account_id: OneAccount = None, as_json: Json = False) -> None:
    """End a block: without --account the one for everybody, with it the one for that account."""
    with opened() as database, database.connection() as connection:
        unblock_application(connection, client_id, account_id=account_id)
        shown = _shown(connection, client_id)
    show(shown, as_json=as_json)


def _revoke(connection: Connection, client_id: str, login: str | None, account_id: int | None) -> int:
    if login is None:
        owner = None if account_id is None else get_account(connection, account_id).id
        return revoke_application(connection, client_id, owner)
    user = get_user(connection, login)
    revoke(connection.for_account(user.account_id), user.login, client_id)
    return 1


def _shown(connection: Connection, client_id: str) -> Record:
    return _summary(get_application(connection, client_id), blocked_accounts(connection).get(client_id, ()))


def _summary(application: Application, blocked_for: tuple[int, ...]) -> dict[str, Any]:
    return {
        "client_id": application.client_id,
        "name": application.name,
        "redirect_uris": application.redirect_uris,
        "blocked_at": application.blocked_at,
        "blocked_for": blocked_for,
        "features": application.features,
        "trial_days": application.plan.trial_days,
        "monthly_messages": application.plan.monthly_messages,
        "plan_features": application.plan.features,
        "white_label": application.plan.white_label,
    }
