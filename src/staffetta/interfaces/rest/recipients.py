"""Recipients: adding, changing, listing, finding and forgetting them (contract 7.5)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from staffetta import campaigns
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.interfaces.clients import network_of
from staffetta.interfaces.parameters import split_ids
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.interfaces.rest.paging import Paged, filter_of, order_of, page_of, page_request
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.recipients import (
    EmailOptin,
    FieldInput,
    Recipient,
    RecipientInput,
    RecipientSubscription,
    SoughtRecipient,
)
from staffetta.interfaces.rest.writing import with_writer, with_writer_at_once
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.kit.phones import MobileNumber
from staffetta.lists import MailingList
from staffetta.recipients import (
    LONGEST_VALUE,
    Channel,
    Details,
    GivenField,
    SignUp,
    Sought,
    Status,
    change_recipient,
    find,
    group_of,
    listing,
    place,
    search,
    take_off_list,
)

LONGEST_NAME = 200
MOST_SOUGHT = 1_000
# A page in the order of an index is read in four microseconds a recipient.
SHORT = 100
WORDS = {Status.SUBSCRIBED: "OPTIN", Status.UNSUBSCRIBED: "OPTOUT", Status.PENDING: "PENDING"}
PROPERTIES = {
    "idRecipient": listing.ID,
    "Email": listing.EMAIL,
    "Name": listing.NAME,
    "MobileNumber": listing.MOBILE_NUMBER,
    "MobilePrefix": listing.MOBILE_PREFIX,
}
OPTIN_PROPERTIES = {
    "idRecipient": listing.ID,
    "Email": listing.EMAIL,
    "Status": listing.status_property(WORDS),
    "Optin_Date": listing.SUBSCRIBED_AT,
    "Optin_Request_Date": listing.ASKED_AT,
    "Optout_Date": listing.LEFT_AT,
    "Optout_Type": listing.CAUSE,
}


async def add_to_list(call: Call) -> int:
    """Put a person on a list."""
    return await _add(call, await call.mailing_list(), groups=())


async def add_to_group(call: Call) -> int:
    """Put a person into a group and on its list."""
    group = await call.read(group_of, call.ids["group_id"])
    return await _add(call, await call.mailing_list(group.list_id), groups=(group.id,))


async def _add(call: Call, mailing_list: MailingList, *, groups: tuple[int, ...]) -> int:
    body: RecipientInput = call.body
    sign_up = SignUp(
        lists=(mailing_list.id,),
        groups=groups,
        email=read_email(body),
        mobile=read_mobile(body, default_prefix=mailing_list.settings.default_prefix),
        name=read_name(body) or "",
        confirm=call.flag("ConfirmEmail"),
        base_url=call.base_url,
        host=call.account.host,
    )
    recipient_id = body.idRecipient or None
    if not (sign_up.email or sign_up.mobile or recipient_id):
        raise InvalidArgument("Email, MobileNumber or idRecipient: one of them is needed.")
    caps = call.platform.caps
    if sign_up.confirm and not call.platform.throttles.may_ask(call.account.id, network_of(call.ip)):
        caps = call.platform.no_more_requests
    placed = await call.write(
        place,
        sign_up,
        given=read_fields(body),
        recipient_id=recipient_id,
        caps=caps,
        evidence=call.evidence,
        now=utc_now(),
    )
    if placed.requests:
        call.platform.wake_sender()
    return placed.recipient_id


async def change(call: Call) -> Recipient:
    """Change a recipient's name, addresses and fields."""
    body: RecipientInput = call.body
    recipient_id, email = body.idRecipient or None, read_email(body)
    if not (recipient_id or email):
        raise InvalidArgument("idRecipient or Email: one of them is needed.")
    details = Details(
        recipient_id=recipient_id,
        email=email,
        mobile=read_mobile(body),
        name=read_name(body),
        given=read_fields(body),
    )
    recipient, writer = await call.write(with_writer, change_recipient, details, now=utc_now())
    return writer.recipient(recipient)


def read_email(body: RecipientInput) -> EmailAddress | None:
    """Return the address, None where there is none.

    Raises:
        InvalidArgument: it is malformed.

    """
    return EmailAddress.parse(body.Email) if body.Email.strip() else None


def read_mobile(body: RecipientInput, default_prefix: str = "0039") -> MobileNumber | None:
    """Return the number, None where there is none.

    Raises:
        InvalidArgument: it is malformed.

    """
    if not (body.MobileNumber and body.MobileNumber.strip()):
        return None
    return MobileNumber.parse(body.MobileNumber, prefix=body.MobilePrefix or "", default_prefix=default_prefix)


def read_name(body: RecipientInput) -> str | None:
    """Return the display name, None where there is none."""
    return None if body.Name is None else " ".join(body.Name.split())[:LONGEST_NAME]


def read_fields(body: RecipientInput) -> tuple[GivenField, ...]:
    """Return the values of fields, each by its number or, without one, by its name."""
    return given_fields(body.Fields or ())


def given_fields(fields: Iterable[FieldInput | None]) -> tuple[GivenField, ...]:
    """Return values of fields likewise."""
    return tuple(
        GivenField(each.Id or None, each.Description, (each.Value or "")[:LONGEST_VALUE])
        for each in fields
        if each is not None
    )


async def list_subscribed(call: Call) -> Paged:
    """Return those who are subscribed to a list."""
    return await _list(call, Status.SUBSCRIBED)


async def list_unsubscribed(call: Call) -> Paged:
    """Return those who have left a list."""
    return await _list(call, Status.UNSUBSCRIBED)


async def list_pending(call: Call) -> Paged:
    """Return those who have not confirmed yet."""
    return await _list(call, Status.PENDING)


async def _list(call: Call, status: Status) -> Paged:
    mailing_list, request = await call.mailing_list(), page_request(call.query)
    selection = _selection(call, PROPERTIES)
    is_short = selection.is_plain and request.size <= SHORT
    (rows, total), writer = await call.read(
        with_writer_at_once if is_short else with_writer,
        listing.list_recipients,
        mailing_list.id,
        Channel.EMAIL,
        status,
        selection=selection,
        offset=request.offset,
        limit=request.size,
    )
    return Paged(writer.recipients(rows), total, request)


async def list_members(call: Call) -> Paged:
    """Return those members of a group who are subscribed to its list."""
    group = await call.read(group_of, call.ids["group_id"])
    await call.mailing_list(group.list_id)
    request = page_request(call.query)
    (rows, total), writer = await call.read(
        with_writer,
        listing.list_members,
        group.id,
        selection=_selection(call, PROPERTIES, in_groups=False),
        offset=request.offset,
        limit=request.size,
    )
    return Paged(writer.recipients(rows), total, request)


async def list_optins(call: Call) -> Paged:
    """Return everybody who is or was on a list, with where they stand."""
    mailing_list, request = await call.mailing_list(), page_request(call.query)
    (rows, total), messages = await call.read(
        _with_messages,
        mailing_list.id,
        Channel.EMAIL,
        selection=_selection(call, OPTIN_PROPERTIES),
        offset=request.offset,
        limit=request.size,
    )
    return Paged([_optin(row, messages.get(row.id)) for row in rows], total, request)


def _with_messages(tx: Transaction, *args: Any, **kwargs: Any) -> tuple[Any, Mapping[int, int]]:
    """Return a page of standings, and by which message those of it left who did so by one."""
    rows, total = listing.list_standings(tx, *args, **kwargs)
    left_at = {row.id: row.changed_at for row in rows if row.status == Status.UNSUBSCRIBED}
    return (rows, total), campaigns.left_by(tx, left_at)


def _selection(call: Call, properties: Mapping[str, Any], *, in_groups: bool = True) -> listing.Selection:
    query = call.query
    if not any(name in query for name in ("filterby", "orderby", "orderby[]", "groups")):
        return listing.EVERYBODY
    groups = split_ids(query.get("groups").strip("\"'[] ")) if in_groups else None
    if groups and groups.invalid:
        raise InvalidArgument("Groups: numbers of groups, separated by comma.")
    return listing.Selection(
        filter=filter_of(query),
        order=order_of(query),
        groups=tuple(groups.ids) if groups else (),
        properties=properties,
    )


def _optin(row: Any, message_id: int | None) -> EmailOptin:
    when = {row.status: _instant(row.changed_at)}
    left = row.status == Status.UNSUBSCRIBED
    return EmailOptin(
        Email=row.email or "",
        Optin_Date=when.get(Status.SUBSCRIBED, ""),
        Optin_Request_Date=when.get(Status.PENDING, ""),
        Optin_Request_IP=None,
        Optout_Date=when.get(Status.UNSUBSCRIBED, ""),
        Optout_MsgID=message_id,
        Optout_Subtype=None,
        Optout_Type=int(row.cause) if left and row.cause is not None else None,
        Status=WORDS[row.status],
        idRecipient=row.id,
    )


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03}"


async def find_everywhere(call: Call) -> Paged:
    """Return whoever has one of the addresses, ids or numbers."""
    query = call.query
    ids, emails = _values(query.get("id") or query.get("idrecipient")), _values(query.get("email"))
    mobiles = _values(query.get("mobile") or query.get("mobilenumber"))
    if not any(name in query for name in ("email", "id", "idrecipient", "mobile", "mobilenumber")):
        raise InvalidArgument("email, id or mobile: what is looked for?")
    if len(ids) + len(emails) + len(mobiles) > MOST_SOUGHT:
        raise InvalidArgument(f"More than {MOST_SOUGHT} values are looked for.")
    sought = Sought(ids=split_ids(",".join(ids)).ids, emails=list(_emails(emails)), mobiles=list(_mobiles(mobiles)))
    found, writer = await call.read(with_writer, search, sought)
    people = [
        writer.sought(
            each.recipient,
            [
                RecipientSubscription(Channel=of.channel.name, IdList=of.list_id, Status=WORDS[of.status])
                for of in each.subscriptions
                if call.user.sees(of.list_id)
            ],
        )
        for each in found
    ]
    return page_of(query, people, key="idRecipient", of=SoughtRecipient)


def _values(text: str) -> list[str]:
    """Read one value or several: bare, quoted, in brackets, separated by comma or `;`."""
    values = (each.strip("\"'[]") for each in text.strip("\"'[]").replace(";", ",").split(","))
    return [each for each in values if each.strip()]


def _emails(values: list[str]) -> Iterator[str]:
    for each in values:
        with suppress(InvalidArgument):  # nobody has what is no address
            yield EmailAddress.parse(each.strip("\"'[] ")).text


def _mobiles(values: list[str]) -> Iterator[str]:
    for each in values:
        with suppress(InvalidArgument):
            yield MobileNumber.parse(each).digits


async def find_one(call: Call) -> Recipient:
    """Return a recipient."""
    recipient, writer = await call.read(with_writer, find, call.ids["recipient_id"])
    return writer.recipient(recipient)


async def take_off(call: Call) -> None:
    """Forget a recipient's relation to a list."""
    mailing_list = await call.mailing_list()
    await call.write(take_off_list, call.ids["recipient_id"], mailing_list.id, evidence=call.evidence, now=utc_now())


async def forget(call: Call) -> None:
    """Erase a person from the account."""
    await call.write(
        campaigns.erase, call.ids["recipient_id"], lists=call.user.visible_lists, evidence=call.evidence, now=utc_now()
    )


CONFIRM = QueryParameter("ConfirmEmail", bool, "Ask the person by mail to confirm; the status is pending until then")
GROUPS = QueryParameter("Groups", str, "Only members of these groups, by id, separated by comma")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="R1",
        method="POST",
        path="Console/List/{list_id}/Recipient",
        summary="Put a person on a list",
        handler=add_to_list,
        body=RecipientInput,
        answer=int,
        query=(CONFIRM,),
    ),
    Endpoint(
        id="R2",
        method="POST",
        path="Console/Group/{group_id}/Recipient",
        summary="Put a person into a group and on its list",
        handler=add_to_group,
        body=RecipientInput,
        answer=int,
        query=(CONFIRM,),
    ),
    Endpoint(
        id="R9",
        method="PUT",
        path="Console/Recipient/Detail",
        summary="Change what is known of a recipient, by id or address",
        handler=change,
        body=RecipientInput,
        answer=Recipient,
    ),
    Endpoint(
        id="R11",
        method="GET",
        path="Console/List/{list_id}/Recipients/Subscribed",
        summary="List who is subscribed to a list",
        handler=list_subscribed,
        answer=Page[Recipient],
        query=(GROUPS,),
    ),
    Endpoint(
        id="R12",
        method="GET",
        path="Console/List/{list_id}/Recipients/Unsubscribed",
        summary="List who has left a list",
        handler=list_unsubscribed,
        answer=Page[Recipient],
        query=(GROUPS,),
    ),
    Endpoint(
        id="R13",
        method="GET",
        path="Console/List/{list_id}/Recipients/Pending",
        summary="List who has not confirmed yet",
        handler=list_pending,
        answer=Page[Recipient],
        query=(GROUPS,),
    ),
    Endpoint(
        id="R14",
        method="GET",
        path="Console/List/{list_id}/Recipients/EmailOptins",
        summary="List everybody who is or was on a list, with status and dates",
        handler=list_optins,
        answer=Page[EmailOptin],
        query=(GROUPS,),
    ),
    Endpoint(
        id="R15",
        method="GET",
        path="Console/Group/{group_id}/Recipients",
        summary="List the subscribed members of a group",
        handler=list_members,
        answer=Page[Recipient],
        aliases=("GET Console/Group/{group_id}/Recipient",),
    ),
    Endpoint(
        id="R20",
        method="DELETE",
        path="Console/List/{list_id}/Recipient/{recipient_id}",
        summary="Forget a recipient's relation to a list",
        handler=take_off,
    ),
    Endpoint(
        id="R21",
        method="DELETE",
        path="Console/Recipients/{recipient_id}",
        summary="Erase a person from the account",
        handler=forget,
    ),
    Endpoint(
        id="R22",
        method="GET",
        path="Console/Recipients",
        summary="Find people in the whole account, with where they stand",
        handler=find_everywhere,
        answer=Page[SoughtRecipient],
        query=(
            QueryParameter("email", str, "An address, or several: `a@example.com,b@example.com` or `[…]`"),
            QueryParameter("id", str, "An id, or several"),
            QueryParameter("mobile", str, "A mobile number, or several"),
        ),
    ),
    Endpoint(
        id="R23",
        method="GET",
        path="Console/Recipients/{recipient_id}",
        summary="Read a recipient",
        handler=find_one,
        answer=Recipient,
    ),
)
