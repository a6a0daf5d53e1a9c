"""MailUpSend: how far deliveries are, and stopping, starting and scheduling them (contract 5.7).

A delivery, an entry of the queue and a schedule are one thing here, a sending, and have its number.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from staffetta.access import User
from staffetta.accounts import Account, account_of_id
from staffetta.campaigns import (
    Audience,
    Queued,
    add_to_queue,
    get_queued,
    launch_sending,
    queue_of_list,
    queue_of_message,
    send_message,
    start_stopped,
    stop_running,
    take_off_queue,
)
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.instants import INSTANT, day_and_hour, delivery_time
from staffetta.kit.clock import utc_now
from staffetta.lists import get_list
from staffetta.outbox import SendingState, UnknownSending

SCHEDULED, SENDING, COMPLETED = "SCHEDULED", "SENDING", "COMPLETED"
WHOLE = 100
LAST_BEFORE_END = 99
DAY, HOUR, MINUTE = 86_400, 3_600, 60


async def get_newsletter_delivery_status(call: Call, user: User) -> str:
    """Return how far a delivery is."""
    return await _status(call, user, await call.read(user.account_id, get_queued, call.number("deliveryID")))


async def start_delivery(call: Call, user: User) -> str:
    """Let all deliveries that were stopped go on; return how many."""
    started = await call.write(user.account_id, start_stopped, now=utc_now())
    call.platform.wake_sender()
    return element("deliveries", text(started))


async def stop_delivery(call: Call, user: User) -> str:
    """Stop all deliveries whose time has come; return how many."""
    return element("deliveries", text(await call.write(user.account_id, stop_running, now=utc_now())))


async def get_newsletter_queues(call: Call, user: User) -> str:
    """Return what of a list waits, runs or was stopped, in the order of their times."""
    list_id = call.number("listID")
    found = await call.read(user.account_id, queue_of_list, list_id, now=utc_now())
    return element("list", element("listID", text(list_id)), await _statuses(call, user, found))


async def get_newsletter_schedule_status(call: Call, user: User) -> str:
    """Return the deliveries of a message, the newest first."""
    message_id = call.number("newsletterID")
    found = await call.read(user.account_id, queue_of_message, message_id)
    return element("newsletterID", text(message_id)) + await _statuses(call, user, found)


async def set_newsletter_queue_order(call: Call, user: User) -> str:
    """Do nothing, and say why: deliveries begin at their times and run side by side."""
    queued = await call.read(user.account_id, get_queued, call.number("scheduleID"))
    why = "Deliveries begin at their times and run side by side: there is no order to change"
    return element("scheduleID", text(queued.id)) + element("details", why)


async def add_newsletter_queue(call: Call, user: User) -> str:
    """Let a delivery begin or go on, at once or at its time."""
    queued = await call.write(
        user.account_id,
        add_to_queue,
        call.number("deliveryID"),
        immediate=call.flag("immediate"),
        now=utc_now(),
    )
    call.platform.wake_sender()
    return await _status(call, user, queued)


async def remove_newsletter_queue(call: Call, user: User) -> str:
    """Stop a delivery, or give it up for good."""
    queued = await call.write(
        user.account_id,
        _take_off,
        _delivery(call),
        of=_meant(call),
        deletes=call.flag("deleteQueue"),
        now=utc_now(),
    )
    return await _status(call, user, queued)


async def schedule_newsletter_queue(call: Call, user: User) -> str:
    """Set when a delivery that has not begun, or was stopped, begins or goes on; a time that has passed means now."""
    account = await account_of_id(call.platform.database, user.account_id)
    starts_at = delivery_time(call.text("deliverydt").strip(), call.number("timezone"), account)
    queued = await call.write(
        user.account_id, _schedule, call.number("scheduleID"), of=_meant(call), starts_at=starts_at, now=utc_now()
    )
    call.platform.wake_sender()
    return await _status(call, user, queued)


async def prepare_newsletter_schedule(call: Call, user: User) -> str:
    """Launch a message to its whole list for a time to come."""
    account = await account_of_id(call.platform.database, user.account_id)
    starts_at = day_and_hour(call.text("deliveryDate"), call.text("deliveryTime"), account)
    now = utc_now()
    if starts_at <= now:
        raise InvalidArgument("deliveryDate, deliveryTime: this has passed; SendNewsletter sends at once")
    queued = await call.write(
        user.account_id,
        _prepare,
        call.number("listID"),
        call.number("newsletterID"),
        notes=call.text("note"),
        starts_at=starts_at,
        now=now,
    )
    return element("scheduleID", text(queued.id)) + await _status(call, user, queued)


def _delivery(call: Call) -> int:
    """Return the delivery that a call means by two numbers, one of which may be 0."""
    given = {each for each in (call.number("deliveryID"), call.number("scheduleID")) if each}
    if len(given) > 1:
        raise InvalidArgument("deliveryID and scheduleID are of two deliveries: give one of them, and 0 for the other")
    return next(iter(given), 0)


def _meant(call: Call) -> tuple[int, int]:
    return call.number("listID"), call.number("newsletterID")


def _of(tx: Transaction, sending_id: int, of: tuple[int, int]) -> Queued:
    """Return a sending, of this list and this message where their numbers are not 0."""
    queued = get_queued(tx, sending_id)
    list_id, message_id = of
    if list_id:
        get_list(tx, list_id)
    if (list_id and queued.list_id != list_id) or (message_id and queued.message_id != message_id):
        raise UnknownSending(f"list {list_id} and message {message_id} have no sending {sending_id}")
    return queued


def _take_off(tx: Transaction, sending_id: int, *, of: tuple[int, int], deletes: bool, now: datetime) -> Queued:
    _of(tx, sending_id, of)
    return take_off_queue(tx, sending_id, deletes=deletes, now=now)


def _schedule(tx: Transaction, sending_id: int, *, of: tuple[int, int], starts_at: datetime, now: datetime) -> Queued:
    _of(tx, sending_id, of)
    launch_sending(tx, sending_id, starts_at=starts_at, now=now)
    return get_queued(tx, sending_id)


def _prepare(
    tx: Transaction, list_id: int, message_id: int, *, notes: str, starts_at: datetime, now: datetime
) -> Queued:
    get_list(tx, list_id)
    launched = send_message(tx, list_id, message_id, audience=Audience(), starts_at=starts_at, notes=notes, now=now)
    return get_queued(tx, launched.sending_id)


async def _statuses(call: Call, user: User, found: Sequence[Queued]) -> str:
    account = await account_of_id(call.platform.database, user.account_id)
    now = utc_now()
    return element("deliveries", *(_written(each, account, now) for each in found))


async def _status(call: Call, user: User, queued: Queued) -> str:
    return _written(queued, await account_of_id(call.platform.database, user.account_id), utc_now())


def _written(queued: Queued, account: Account, now: datetime) -> str:
    status = _state(queued, now)
    done = min(queued.sent + queued.failed + queued.left_out, queued.addressed)
    return element(
        "deliveryStatus",
        element("deliveryID", text(queued.id)),
        element("listID", text(queued.list_id)),
        element("newsletterID", text(queued.message_id)),
        element("status", status),
        element("details", _details(queued, status, ZoneInfo(account.time_zone))),
        element("toSend", text(queued.addressed)),
        element("toBeSent", text(queued.addressed - done if status == SENDING else 0)),
        element("progress", text(_progress(queued, status, done))),
        element("estimatedTime", _duration(_seconds_left(queued, status, done, now))),
        element("scheduleID", text(queued.id)),
    )


def _state(queued: Queued, now: datetime) -> str:
    if queued.ended_at:
        return COMPLETED
    if queued.begun_at:
        return SENDING
    waits = queued.state in (SendingState.UNDEFINED, SendingState.STOPPED)
    return SCHEDULED if waits or queued.starts_at is None or queued.starts_at > now else SENDING


def _details(queued: Queued, status: str, zone: ZoneInfo) -> str:
    def at(instant: datetime | None) -> str:
        return instant.astimezone(zone).strftime(INSTANT) if instant else ""

    stopped = queued.state == SendingState.STOPPED
    if queued.state == SendingState.LATE:
        return f"Delivery was not sent: on {at(queued.ended_at)} it was too late to start"
    if queued.ended_at:
        ended = "was deleted" if queued.state == SendingState.DELETED else "ended"
        started = f"started on {at(queued.begun_at)} and " if queued.begun_at else ""
        return f"Delivery {started}{ended} on {at(queued.ended_at)}"
    if queued.begun_at:
        return f"Delivery started on {at(queued.begun_at)}" + (" and was stopped" if stopped else "")
    if stopped:
        return f"Delivery was to start on {at(queued.starts_at)} and was stopped"
    if queued.starts_at is None:
        return "Delivery waits to be added to the queue"
    return f"Delivery will start on {at(queued.starts_at)}" if status == SCHEDULED else "Delivery is about to start"


def _progress(queued: Queued, status: str, done: int) -> int:
    given_up = queued.state in (SendingState.DELETED, SendingState.LATE)
    if status == COMPLETED and not given_up:
        return WHOLE
    return min(done * WHOLE // queued.addressed, LAST_BEFORE_END) if queued.addressed else 0


def _seconds_left(queued: Queued, status: str, done: int, now: datetime) -> int:
    """Return how long until a delivery begins, or at its present speed until it ends."""
    if status == SCHEDULED and queued.state == SendingState.DEFERRED and queued.starts_at:
        return max(0, int((queued.starts_at - now) / timedelta(seconds=1)))
    if status == SENDING and queued.begun_at and done:
        elapsed = max(0.0, (now - queued.begun_at) / timedelta(seconds=1))
        return int(elapsed * (queued.addressed - done) / done)
    return 0


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    return f"{days}d {hours:02}h {minutes:02}m {rest:02}s"
