"""`list`: lists and their settings."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Annotated, Any, Final, get_args, get_type_hints

import msgspec
import typer

from staffetta.cli.opening import AccountId, account_opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.errors import InvalidArgument
from staffetta.kit.clock import utc_now
from staffetta.lists import ListSettings, MailingList, Page, add_list, catalog, change_list, get_list

KEYS: Final = tuple(each.name for each in fields(ListSettings) if each.name != "pages")
PAGE_KEYS: Final = tuple(f"pages.{page}" for page in Page)
OPTIONAL: Final = {name for name, hint in get_type_hints(ListSettings).items() if type(None) in get_args(hint)}
BOOLEAN: Final = {name for name, hint in get_type_hints(ListSettings).items() if hint is bool}
YES_OR_NO: Final = {"yes": "true", "on": "true", "no": "false", "off": "false"}

app = typer.Typer(no_args_is_help=True)

ListId = Annotated[int, typer.Argument(metavar="LIST", help="List id.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="At most 50 characters.")],
    account_id: AccountId = None,
    list_id: Annotated[int | None, typer.Option("--id", help="Its id; default: the next.")] = None,
    guid: Annotated[str | None, typer.Option(help="Its GUID; default: a random one.")] = None,
    as_json: Json = False,
) -> None:
    """Make a list with the settings of list 1."""
    with account_opened(account_id) as (_, tx):
        added = add_list(tx, name, now=utc_now(), list_id=list_id, guid=guid)
    show(_summary(added), as_json=as_json)


@app.command("show")
def show_lists(
    list_id: Annotated[int | None, typer.Argument(metavar="[LIST]", help="List id; default: all lists.")] = None,
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Show all lists, or one with its settings."""
    with account_opened(account_id) as (_, tx):
        found = list(catalog(tx).lists.values()) if list_id is None else [get_list(tx, list_id)]
    if list_id is None:
        show_all([_summary(each) for each in found], as_json=as_json, nothing="The account has no list.")
    else:
        show(_described(found[0]), as_json=as_json)


@app.command("set", epilog=f"Keys: name, {', '.join(KEYS + PAGE_KEYS)}.")
def set_settings(
    list_id: ListId,
    settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="Such as sender_email=a@example.com.")],
    account_id: AccountId = None,
    as_json: Json = False,
) -> None:
    """Change a list's settings; those not named stay as they are."""
    changes = dict(map(_split, settings))
    name = changes.pop("name", None)
    with account_opened(account_id) as (_, tx):
        changed = change_list(tx, list_id, name=name, settings=_changed(get_list(tx, list_id).settings, changes))
    show(_described(changed), as_json=as_json)


def _split(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals:
        raise typer.BadParameter(f"{setting!r} is not KEY=VALUE")
    return key.strip(), value


def _changed(settings: ListSettings, changes: Mapping[str, str]) -> ListSettings:
    """Return the settings with changes as people type them; an empty value unsets what can be unset."""
    _require_known(changes)
    values: dict[str, Any] = asdict(settings)
    pages = dict(settings.pages)
    for key, value in changes.items():
        if key in PAGE_KEYS:
            _set_page(pages, Page(key.removeprefix("pages.")), value)
        else:
            values[key] = _as_typed(key, value)
    try:
        return msgspec.convert({**values, "pages": pages}, ListSettings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidArgument(str(error).replace("`$.", "`")) from error


def _as_typed(key: str, value: str) -> str | None:
    """Return a value as the conversion reads it: people write `yes`, `IT` and nothing at all."""
    if key in OPTIONAL and not value:
        return None
    if key in BOOLEAN:
        return YES_OR_NO.get(value.lower(), value)
    return value.lower() if key == "language" else value


def _require_known(keys: Mapping[str, str]) -> None:
    unknown = [key for key in keys if key not in KEYS + PAGE_KEYS]
    if unknown:
        raise InvalidArgument(f"a list has no {', '.join(unknown)}; it has name, {', '.join(KEYS + PAGE_KEYS)}")


def _set_page(pages: dict[Page, str], page: Page, address: str) -> None:
    if not address:
        pages.pop(page, None)
    elif address.startswith(("http://", "https://")):
        pages[page] = address
    else:
        raise InvalidArgument(f"pages.{page} is an address that begins with http:// or https://")


def _summary(mailing_list: MailingList) -> Record:
    return {"id": mailing_list.id, "guid": mailing_list.guid, "name": mailing_list.name}


def _described(mailing_list: MailingList) -> Record:
    return {**_summary(mailing_list), **asdict(mailing_list.settings)}
