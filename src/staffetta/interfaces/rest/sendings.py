"""Sendings that wait, run or were stopped: of messages, and those that imports prepare (contract 7.7, D5 to D12)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from staffetta import campaigns, outbox
from staffetta.errors import InvalidArgument, PermissionDenied
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.sendings import SendingDate, SendingItem
from staffetta.kit.clock import utc_now
from staffetta.outbox import Sending

# Contract 2.3: a date that is not there yet.
NEVER = "0001-01-01 00:00:00Z"
TYPES = {"import_confirmation": "Confirmation", "campaign": "Newsletter"}
# The plus sign of an offset that nobody has encoded.
LOST_PLUS = re.compile(r"(?<=:\d\d) (?=\d\d:\d\d$)")


async def list_immediate(call: Call) -> Paged:
    """Return the sendings that run."""
    return _page(call, await call.read(outbox.running_sendings, now=utc_now()))


async def list_deferred(call: Call) -> Paged:
    """Return the sendings whose time is to come."""
    return _page(call, await call.read(outbox.deferred_sendings, now=utc_now()))


async def list_undefined(call: Call) -> Paged:
    """Return the sendings that nobody has launched, and those that were stopped."""
    return _page(call, await call.read(outbox.undefined_sendings))


async def launch_now(call: Call) -> SendingItem:
    """Let a sending begin at once."""
    return await _launch(call, None)


async def launch_later(call: Call) -> SendingItem:
    """Let a sending begin at an instant; one that has passed means at once."""
    body: SendingDate = call.body
    return await _launch(call, read_date(body.Date or ""))


async def earliest(call: Call) -> str:
    """Return the earliest time that a sending can be deferred to."""
    await _get(call)
    return date_of(utc_now() + timedelta(seconds=1))


async def stop(call: Call) -> None:
    """Stop a sending; D8 and D9 let it go on."""
    sending = await _get(call)
    if sending.message_id is None:
        await call.write(outbox.stop, sending.id, now=utc_now())
    else:
        await call.write(campaigns.stop_sending, sending.id, now=utc_now())


async def delete(call: Call) -> None:
    """Give a sending up that does not run."""
    sending = await _get(call)
    operation = outbox.give_up if sending.message_id is None else campaigns.delete_sending
    await call.write(operation, sending.id, now=utc_now())


async def _launch(call: Call, starts_at: datetime | None) -> SendingItem:
    await _get(call)
    launched = await call.write(campaigns.launch_sending, call.ids["sending_id"], starts_at=starts_at, now=utc_now())
    call.platform.wake_sender()
    return _item(launched)


async def _get(call: Call) -> Sending:
    found = await call.read(outbox.get_sending, call.ids["sending_id"])
    if not call.user.sees(found.list_id):
        raise PermissionDenied(f"list {found.list_id} is not visible to this user")
    return found


def read_date(text: str, name: str = "Date") -> datetime:
    """Return an instant as clients write it (contract 2.3): `2026-01-31 09:00:00Z`, without `Z`, or ISO 8601.

    Raises:
        InvalidArgument: it is none.

    """
    try:
        found = datetime.fromisoformat(LOST_PLUS.sub("+", text.strip(" \"'")))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidArgument(f"{name}: a time in UTC is wanted, such as 2026-01-31 09:00:00Z.") from None


def _page(call: Call, sendings: Iterable[Sending]) -> Paged:
    visible = [_item(each) for each in sendings if call.user.sees(each.list_id)]
    return page_of(call.query, visible, key="Id", of=SendingItem)


def _item(sending: Sending) -> SendingItem:
    return SendingItem(
        Id=sending.id,
        IdList=sending.list_id,
        IdMessage=sending.message_id or 0,
        Notes=sending.notes,
        StartDate=date_of(sending.starts_at) if sending.starts_at else NEVER,
        State=sending.state.name.capitalize(),
        Subject=sending.subject,
        Type=TYPES.get(sending.kind, sending.kind),
    )


def date_of(instant: datetime) -> str:
    """Return an instant as clients read it (contract 2.3)."""
    return f"{instant:%Y-%m-%d %H:%M:%S}Z"


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="D5",
        method="GET",
        path="Console/Email/Sendings/Immediate",
        summary="List the sendings that run",
        handler=list_immediate,
        answer=Page[SendingItem],
    ),
    Endpoint(
        id="D6",
        method="GET",
        path="Console/Email/Sendings/Deferred",
        summary="List the sendings whose time is to come",
        handler=list_deferred,
        answer=Page[SendingItem],
    ),
    Endpoint(
        id="D7",
        method="GET",
        path="Console/Email/Sendings/Undefined",
        summary="List the sendings that nobody has launched, and those that were stopped",
        handler=list_undefined,
        answer=Page[SendingItem],
    ),
    Endpoint(
        id="D8",
        method="POST",
        path="Console/Email/Sendings/{sending_id}/Immediate",
        summary="Launch a sending at once, or let one go on that was stopped",
        handler=launch_now,
        answer=SendingItem,
    ),
    Endpoint(
        id="D9",
        method="POST",
        path="Console/Email/Sendings/{sending_id}/Deferred",
        summary="Launch a sending at a time to come",
        handler=launch_later,
        body=SendingDate,
        answer=SendingItem,
    ),
    Endpoint(
        id="D10",
        method="GET",
        path="Console/Email/Sendings/{sending_id}/Deferred",
        summary="Ask for the earliest time that a sending can be deferred to",
        handler=earliest,
        answer=str,
        aliases=("GET Console/Email/Sending/{sending_id}/Deferred",),
    ),
    Endpoint(
        id="D11",
        method="POST",
        path="Console/Email/Sendings/{sending_id}/Stop",
        summary="Stop a sending",
        handler=stop,
    ),
    Endpoint(
        id="D12",
        method="DELETE",
        path="Console/Email/Sendings/{sending_id}",
        summary="Give a sending up that does not run",
        handler=delete,
    ),
)
