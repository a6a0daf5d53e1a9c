"""What list resources of both ages share: a list's settings from and to the members of a body."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import UNSET

from staffetta.access import User, set_visible_lists
from staffetta.db import Connection
from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.calls import Call
from staffetta.kit.clock import utc_now
from staffetta.lists import ListSettings, MailingList, OptoutType, UnknownList, add_list, catalog_of

# Contract 7.2: what a list's mails must tell of who sends them, besides the name and the two flags. A blank ReplyTo
# is the OwnerEmail.
SENDER_DETAILS = {
    "OwnerEmail": "sender_email",
    "NLSenderName": "sender_name",
    "CompanyName": "company_name",
    "ContactName": "contact_name",
    "Address": "address",
    "City": "city",
    "CountryCode": "country_code",
    "PermissionReminder": "permission_reminder",
    "WebSiteUrl": "web_site_url",
}
DEFAULTS_LIST = 1


def _optout_type(number: int) -> OptoutType:
    try:
        return OptoutType(number)
    except ValueError as error:
        raise InvalidArgument("OptoutType: a number from 0 to 4") from error


# Settings that are kept otherwise than they are sent; null is a value of the first three.
NULLABLE: Mapping[str, str | None] = {"notify_email": "", "reply_to": "", "bounced_email": None}
READERS: Mapping[str, Callable[[Any], Any]] = {
    "sender_email": str.strip,
    "reply_to": str.strip,
    "notify_email": str.strip,
    "bounced_email": lambda address: address.strip() or None,
    "country_code": lambda code: code.strip().upper(),
    "optout_type": _optout_type,
}


def given_settings(body: msgspec.Struct, members: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that a body has a value for; null is one for addresses that can be unset.

    Raises:
        InvalidArgument: a value is none.

    """
    given: dict[str, Any] = {}
    for member, setting in members.items():
        value = getattr(body, member)
        if value is None and setting in NULLABLE:
            given[setting] = NULLABLE[setting]
        elif value is not None and value is not UNSET:
            given[setting] = READERS[setting](value) if setting in READERS else value
    return given


def shown_settings(settings: ListSettings, members: Mapping[str, str]) -> dict[str, Any]:
    """Return the members of an answer."""
    return {member: getattr(settings, setting) for member, setting in members.items()}


async def template(call: Call, list_id: int) -> ListSettings:
    """Return the settings that a new list begins with: those of another, but for the lists on its unsubscribe page.

    Raises:
        InvalidArgument: the account has no such list.
        PermissionDenied: the user does not see it.

    """
    try:
        found = await call.mailing_list(list_id)
    except UnknownList as error:
        raise InvalidArgument(f"IdSettings: there is no list {list_id}") from error
    return replace(found.settings, multi_optout_list="")


async def make(call: Call, name: str, settings: ListSettings) -> MailingList:
    """Make a list; a user who sees only some lists sees this one too, at once.

    Raises:
        InvalidArgument: the name or a setting is none.

    """
    if call.user.visible_lists is None:
        return await call.write(add_list, name, settings=settings, now=utc_now())
    return await call.platform.database.write_across(_make_visible, call.user, name, settings)


async def visible_lists(call: Call) -> list[MailingList]:
    """Return the lists that the user sees."""
    known = await catalog_of(call.platform.database, call.account.id)
    return [each for each in known.lists.values() if call.user.sees(each.id)]


def _make_visible(connection: Connection, user: User, name: str, settings: ListSettings) -> MailingList:
    made = add_list(connection.for_account(user.account_id), name, settings=settings, now=utc_now())
    set_visible_lists(connection, user.login, (*(user.visible_lists or ()), made.id))
    return made
