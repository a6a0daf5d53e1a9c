"""`send`: an HTML file to a list, watched until it has gone; without a file, the sender's process."""

import asyncio
import gc
import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from staffetta.accounts import Account, get_account
from staffetta.campaigns import Audience, Departure, Draft, Finding, blocks
from staffetta.cli.opening import AccountId, opened
from staffetta.cli.ordering import Order, RepeatedError, launch, rehearse
from staffetta.cli.output import Json, Record, one_line, show
from staffetta.cli.preflight import described, show_findings
from staffetta.cli.watching import Watched, described_sending, watch
from staffetta.errors import InvalidArgument
from staffetta.imports.csv_files import detect_encoding
from staffetta.recipients import GivenField
from staffetta.sending import judge_departure
from staffetta.settings import InDoubtPolicy, read_settings

app = typer.Typer()


@app.command()
def send(  # noqa: PLR0917 - options have names
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="An HTML file; `-` reads standard input.", allow_dash=True, show_default=False)
    ] = None,
    list_id: Annotated[int | None, typer.Option("--list", metavar="L", help="List id.")] = None,
    subject: Annotated[str, typer.Option(help="Subject; may have merge fields.")] = "",
    pre_header: Annotated[str, typer.Option(help="What mail programs show beside the subject.")] = "",
    from_name: Annotated[str, typer.Option(help="Sender's name; default: the list's.")] = "",
    from_email: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Sender; default: the list's.")] = "",
    groups: Annotated[list[int] | None, typer.Option("--group", metavar="ID", help="Only who is in it.")] = None,
    excluded: Annotated[list[int] | None, typer.Option("--except", metavar="ID", help="Nobody in this group.")] = None,
    defaults: Annotated[
        list[str] | None, typer.Option("--default", metavar="FIELD=VALUE", help="What stands where nothing is known.")
    ] = None,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="When, such as 2026-01-31T09:00, in the account's zone.")
    ] = "",
    not_after: Annotated[str, typer.Option(metavar="TIME", help="After this time it does not begin any more.")] = "",
    once_key: Annotated[
        str, typer.Option(metavar="KEY", help="Repeat the command with it, and nothing goes twice.")
    ] = "",
    in_doubt: Annotated[
        InDoubtPolicy | None, typer.Option(help="What becomes of mails that a crash leaves in doubt.")
    ] = None,
    note: Annotated[str, typer.Option(help="For yourself.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; say what would be.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Send although something is red.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    no_watch: Annotated[bool, typer.Option("--no-watch", help="Do not wait for the end.")] = False,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Send an HTML file to a list: look at it, ask, launch it, and show how far it is.

    Without a file: run the sender alone, beside `serve`; PostgreSQL only.
    """
    if file is None:
        _run_sender(context)
        return
    if list_id is None:
        raise typer.BadParameter("say which list it goes to", param_hint="--list")
    if not subject.strip():
        raise typer.BadParameter("say what stands above it", param_hint="--subject")
    content = _content(file)
    with opened() as database:
        with database.connection() as connection:
            account = get_account(connection, account_id)
        order = Order(
            list_id=list_id,
            draft=Draft(
                subject=subject,
                content=content,
                pre_header=pre_header,
                notes=note,
                uses_fields=True,
                default_values=[_default(each) for each in defaults or ()],
            ),
            audience=Audience(groups=tuple(groups or ()), excluded=tuple(excluded or ())),
            starts_at=read_time(at, account) if at else None,
            not_after=read_time(not_after, account, option="--not-after") if not_after else None,
            once_key=once_key,
            in_doubt=in_doubt.value if in_doubt else "",
            sender_name=from_name,
            sender_email=from_email,
            notes=note,
        )
        findings: list[Finding] = []
        try:
            leaving = rehearse(database, account, order)
            findings = asyncio.run(judge_departure(database, read_settings(), leaving))
            if not as_json:
                show_findings(findings, stderr=True)
            may_go = force or not blocks(findings)
            if dry_run or not may_go:
                _tell({"recipients": leaving.recipients, "dry_run": dry_run}, findings, as_json=as_json, may_go=may_go)
            if not yes:
                _ask(leaving, order)
            with database.transaction(account.id) as tx:
                sending_id = launch(tx, order)[1].sending_id
        except RepeatedError as repeated:
            typer.echo(f"{repeated}: nothing is sent again.", err=True)
            sending_id, no_watch = repeated.sending_id, no_watch or dry_run
        watched = asyncio.run(watch(database, account, sending_id, patient=not no_watch, shown=not as_json))
    _tell_end(watched, findings, as_json=as_json)


def _run_sender(context: typer.Context) -> None:
    """Run the process that sends, for which no option of a file has a meaning."""
    given = [name for name in context.params if _is_given(context, name)]
    if given:
        raise typer.BadParameter("say which file to send", param_hint="FILE")
    from staffetta.app import run_send  # noqa: PLC0415 - half a second that sending a file need not spend

    gc.enable()
    run_send(read_settings())


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _content(file: Path) -> str:
    """Return what a file has, in whatever encoding.

    Raises:
        InvalidArgument: it is too long.

    """
    most = read_settings().rest_body_octets
    if str(file) == "-":
        octets = sys.stdin.buffer.read(most + 1)
    else:
        with file.open("rb") as opened_file:
            octets = opened_file.read(most + 1)
    if len(octets) > most:
        raise InvalidArgument(f"{one_line(file.name)} is longer than {most} octets (STAFFETTA_REST_BODY_OCTETS)")
    return octets.decode(detect_encoding(io.BytesIO(octets)), "replace")


def _default(text: str) -> GivenField:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise typer.BadParameter("such as nome=there", param_hint="--default")
    number = name.strip().lower().removeprefix("campo")
    return GivenField(int(number) if number.isdecimal() and len(number) <= 3 else None, name.strip(), value)  # noqa: PLR2004


def read_time(text: str, account: Account, *, option: str = "--at") -> datetime:
    """Return an instant as people write it, in the account's time zone unless it names another.

    Raises:
        BadParameter: it is none.

    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(account.time_zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter("a time such as 2026-01-31T09:00 or 2026-01-31T09:00Z", param_hint=option) from None


def _ask(leaving: Departure, order: Order) -> None:
    """Ask whoever sends; no is an exit code of 1."""
    when = f" at {order.starts_at:%Y-%m-%d %H:%M} UTC" if order.starts_at else " now"
    what = f"“{one_line(leaving.message.subject)}” from {leaving.sender.address}"
    whom = f"{leaving.recipients:,} recipients of list {order.list_id} ({one_line(leaving.mailing_list.name)})"
    typer.confirm(f"Send {what} to {whom}{when}?", abort=True, err=True)


def _tell(record: Record, findings: list[Finding], *, as_json: bool, may_go: bool) -> None:
    """Say what would be, and leave."""
    if as_json:
        show({**record, **described(findings)}, as_json=True)
    elif may_go:
        typer.echo(f"{record['recipients']:,} recipients would get it. Nothing was sent.")
    else:
        typer.echo("error: something is red, and nothing was sent; --force sends it all the same", err=True)
    raise typer.Exit(0 if may_go else 1)


def _tell_end(watched: Watched, findings: list[Finding], *, as_json: bool) -> None:
    record = {**described_sending(watched.sending), "seconds": watched.seconds, "watched": watched.whole}
    show({**record, **described(findings)} if as_json else record, as_json=as_json)
    if watched.hint and not as_json:
        typer.echo(f"\n{watched.hint}", err=True)
    if watched.exit_code:
        raise typer.Exit(watched.exit_code)
