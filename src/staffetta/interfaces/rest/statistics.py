"""What came of messages (contract 7.10, S1 to S13; OWN3 is ours).

Counts are bare integers and know no filter. A message that there is not has a count of 0 and an empty page; one of a
list that the user does not see is refused.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from staffetta.campaigns import Selection, statistics
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.statistics import Engaged
from staffetta.db import filtering
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, Root
from staffetta.interfaces.rest.paging import Paged, filter_of, order_of, page_of, page_request
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.statistics import (
    MessageBounce,
    MessageClick,
    MessageCounters,
    MessageRecipient,
    MessageUnsubscription,
    MessageUrlClick,
    MessageUrlClickDetail,
    MessageView,
)
from staffetta.kit.filters import exact_values

Properties = Mapping[str, filtering.Property]
Handler = Callable[[Call], Awaitable[Any]]

TYPES = {EventKind.HARD_BOUNCE: "Hard", EventKind.SOFT_BOUNCE: "Soft"}

RECIPIENTS: Properties = {
    "Email": statistics.EMAIL,
    "IdMessage": statistics.MESSAGE,
    "IdRecipient": statistics.RECIPIENT,
}
_ENGAGED: Properties = {
    "Email": statistics.EMAIL,
    "IdMessage": statistics.ENGAGED_MESSAGE,
    "IdRecipient": statistics.ENGAGED,
}
ENGAGED: Properties = {"Count": statistics.TIMES, **_ENGAGED}
BOUNCES: Properties = {**_ENGAGED, "Type": statistics.kind_property(TYPES)}
UNSUBSCRIPTIONS: Properties = {**_ENGAGED, "Date": statistics.LAST_AT}
URL_CLICK_DETAILS: Properties = {
    "Count": statistics.FOLLOWED_TIMES,
    "Email": statistics.EMAIL,
    "IdMessage": statistics.FOLLOWED_MESSAGE,
    "IdRecipient": statistics.FOLLOWER,
    "Url": statistics.URL,
}


async def count_recipients(call: Call) -> int:
    """Return how many got a message."""
    return (await _counters(call)).recipients


async def read_counters(call: Call) -> MessageCounters:
    """Return all that is counted of a message."""
    return MessageCounters(call.ids["message_id"], *await _counters(call))


async def list_recipients(call: Call) -> Paged:
    """Return who got a message."""
    selection = selection_of(call, RECIPIENTS)
    if not await _is_known(call):
        return _nothing(call)
    message_id = call.ids["message_id"]
    rows, total = await call.read(statistics.list_recipients, message_id, selection)
    return _paged(call, [MessageRecipient(row.email, message_id, row.recipient_id) for row in rows], total)


def _counts(kinds: tuple[EventKind, ...]) -> Handler:
    async def count(call: Call) -> int:
        return statistics.people(await _counters(call), kinds)

    return count


def _lists(kinds: tuple[EventKind, ...], properties: Properties, item: Callable[[Engaged, int], Any]) -> Handler:
    async def list_(call: Call) -> Paged:
        selection = selection_of(call, properties)
        if not await _is_known(call):
            return _nothing(call)
        message_id = call.ids["message_id"]
        rows, total = await call.read(statistics.list_engaged, message_id, kinds, selection)
        return _paged(call, [item(row, message_id) for row in rows], total)

    return list_


async def list_url_clicks(call: Call) -> Paged:
    """Return the links of a message that were followed."""
    message_id = call.ids["message_id"]
    links = await call.read(statistics.followed_links, message_id) if await _is_known(call) else ()
    items = [MessageUrlClick(link.clicks, message_id, link.url) for link in links]
    # All have the same key, so that they stay as they stand: the newest first.
    return page_of(call.query, items, key="IdMessage", of=MessageUrlClick)


async def count_url_clicks(call: Call) -> int:
    """Return how many links of a message were followed."""
    return len(await call.read(statistics.followed_links, call.ids["message_id"])) if await _is_known(call) else 0


async def list_url_click_details(call: Call) -> Paged:
    """Return who followed which link of a message."""
    selection = selection_of(call, URL_CLICK_DETAILS)
    if not await _is_known(call):
        return _nothing(call)
    message_id = call.ids["message_id"]
    rows, total = await call.read(statistics.list_followers, message_id, selection)
    items = [MessageUrlClickDetail(row.times, row.email, message_id, row.recipient_id, row.url) for row in rows]
    return _paged(call, items, total)


async def _is_known(call: Call) -> bool:
    """Tell whether there is a message; one of a list that the user does not see is refused."""
    list_id = await call.read(statistics.list_of_message, call.ids["message_id"])
    if list_id is not None:
        await call.mailing_list(list_id)
    return list_id is not None


async def _counters(call: Call) -> statistics.Counters:
    if not await _is_known(call):
        return statistics.Counters()
    return await call.read(statistics.counters_of, call.ids["message_id"])


def selection_of(call: Call, known: Properties) -> Selection:
    """Return what a query asks for, over the properties that it may name."""
    request, condition, orders = page_request(call.query), filter_of(call.query), order_of(call.query)
    # Clients that look for an address take the first item (trap K21).
    exact = exact_values(condition, "Email") if "Email" in known and not orders else ()
    return Selection(
        where=None if condition is None else filtering.where(condition, known),
        order=filtering.ordering(orders, known) or statistics.exact_first(exact),
        offset=request.offset,
        limit=request.size,
    )


def _paged(call: Call, items: list[Any], total: int) -> Paged:
    return Paged(items, total, page_request(call.query))


def _nothing(call: Call) -> Paged:
    return _paged(call, [], 0)


def date_of(instant: datetime | None) -> str:
    """Return an instant as clients read it (contract 2.3)."""
    return f"{instant:%Y-%m-%d %H:%M:%S}Z" if instant else ""


def _view(row: Engaged, message_id: int) -> MessageView:
    return MessageView(row.times, row.email, message_id, row.recipient_id)


def _click(row: Engaged, message_id: int) -> MessageClick:
    return MessageClick(row.times, row.email, message_id, row.recipient_id)


def _bounce(row: Engaged, message_id: int) -> MessageBounce:
    return MessageBounce(row.email, message_id, row.recipient_id, TYPES[row.kind])


def _unsubscription(row: Engaged, message_id: int) -> MessageUnsubscription:
    return MessageUnsubscription(row.email, message_id, row.recipient_id, date_of(row.last_at))


def _endpoint(number: str, path: str, summary: str, handler: Handler, answer: Any) -> Endpoint:
    return Endpoint(
        id=number,
        method="GET",
        path=f"Message/{{message_id}}/{path}",
        summary=summary,
        handler=handler,
        answer=answer,
        root=Root.STATISTICS,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("S1", "Count/Recipients", "Count who got a message", count_recipients, int),
    _endpoint("S2", "List/Recipients", "List who got a message", list_recipients, Page[MessageRecipient]),
    _endpoint("S3", "Count/Views", "Count who opened a message", _counts(statistics.VIEWS), int),
    _endpoint(
        "S4",
        "List/Views",
        "List who opened a message, and how often",
        _lists(statistics.VIEWS, ENGAGED, _view),
        Page[MessageView],
    ),
    _endpoint("S5", "Count/Clicks", "Count who followed links of a message", _counts(statistics.CLICKS), int),
    _endpoint(
        "S6",
        "List/Clicks",
        "List who followed links of a message, and how often",
        _lists(statistics.CLICKS, ENGAGED, _click),
        Page[MessageClick],
    ),
    _endpoint(
        "S7", "List/UrlClicks", "List the links of a message that were followed", list_url_clicks, Page[MessageUrlClick]
    ),
    _endpoint("S8", "Count/UrlClicks", "Count the links of a message that were followed", count_url_clicks, int),
    _endpoint(
        "S9",
        "List/UrlClickDetails",
        "List who followed which link of a message, and how often",
        list_url_click_details,
        Page[MessageUrlClickDetail],
    ),
    _endpoint("S10", "Count/Bounces", "Count whose mail came back", _counts(statistics.BOUNCES), int),
    _endpoint(
        "S11",
        "List/Bounces",
        "List whose mail came back",
        _lists(statistics.BOUNCES, BOUNCES, _bounce),
        Page[MessageBounce],
    ),
    _endpoint("S12", "Count/Unsubscriptions", "Count who left by a message", _counts(statistics.UNSUBSCRIPTIONS), int),
    _endpoint(
        "S13",
        "List/Unsubscriptions",
        "List who left by a message, and when",
        _lists(statistics.UNSUBSCRIPTIONS, UNSUBSCRIPTIONS, _unsubscription),
        Page[MessageUnsubscription],
    ),
    _endpoint(
        "OWN3",
        "Counters",
        "Read all that is counted of a message: people, times, programs, complaints (Staffetta's own)",
        read_counters,
        MessageCounters,
    ),
)
