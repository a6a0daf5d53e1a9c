"""Sendings that wait or run, and launching those that an import has prepared (contract 7.7, D5 to D10)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from staffetta import outbox
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
TYPES = {"import_confirmation": "Confirmation"}


async def list_immediate(call: Call) -> Paged:
    """Return the sendings that run."""
    return _page(call, await call.read(outbox.running_sendings, now=utc_now()))


async def list_deferred(call: Call) -> Paged:
    """Return the sendings whose time is to come."""
    return _page(call, await call.read(outbox.deferred_sendings, now=utc_now()))


async def list_undefined(call: Call) -> Paged:
    """Return the sendings that nobody has launched."""
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
    return _date(utc_now() + timedelta(seconds=1))


async def _launch(call: Call, starts_at: datetime | None) -> SendingItem:
    await _get(call)
    launched = await call.write(outbox.launch, call.ids["sending_id"], starts_at=starts_at, now=utc_now())
    call.platform.wake_sender()
    return _item(launched)


async def _get(call: Call) -> Sending:
    found = await call.read(outbox.get_sending, call.ids["sending_id"])
    if not call.user.sees(found.list_id):
        raise PermissionDenied(f"list {found.list_id} is not visible to this user")
    return found


def read_date(text: str) -> datetime:
    """Return an instant as clients write it (contract 2.3): `2026-01-31 09:00:00Z`, without `Z`, or ISO 8601.

    Raises:
        InvalidArgument: it is none.

    """
    try:
        found = datetime.fromisoformat(text.strip(" \"'"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidArgument("Date: a time in UTC is wanted, such as 2026-01-31 09:00:00Z.") from None


def _page(call: Call, sendings: Iterable[Sending]) -> Paged:
    visible = [_item(each) for each in sendings if call.user.sees(each.list_id)]
    return page_of(call.query, visible, key="Id", of=SendingItem)


def _item(sending: Sending) -> SendingItem:
    return SendingItem(
        Id=sending.id,
        IdList=sending.list_id,
        IdMessage=0,
        Notes=sending.notes,
        StartDate=_date(sending.starts_at) if sending.starts_at else NEVER,
        State=sending.state.name.capitalize(),
        Subject=sending.subject,
        Type=TYPES.get(sending.kind, sending.kind),
    )


def _date(instant: datetime) -> str:
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
        summary="List the sendings that nobody has launched",
        handler=list_undefined,
        answer=Page[SendingItem],
    ),
    Endpoint(
        id="D8",
        method="POST",
        path="Console/Email/Sendings/{sending_id}/Immediate",
        summary="Launch a sending at once",
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
)
