"""What people got and did (contract 7.10, S14 to S25; OWN2 is ours): of the messages of lists that the user sees.

Somebody whom nobody knows has a count of 0 and an empty page.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from staffetta.campaigns import Event, actor_of, time_line
from staffetta.campaigns import personal_statistics as personal
from staffetta.campaigns.personal_statistics import Deed, View
from staffetta.db import filtering
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter, Root
from staffetta.interfaces.rest.paging import Paged, cursor_of, page_request
from staffetta.interfaces.rest.statistics import TYPES, date_of, selection_of
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.statistics import (
    RecipientBounce,
    RecipientBounceDetail,
    RecipientClick,
    RecipientDelivery,
    RecipientUnsubscription,
    RecipientUrlClick,
    RecipientView,
    TimeLine,
    TimeLineEvent,
)

Properties = Mapping[str, filtering.Property]
Handler = Callable[[Call], Awaitable[Any]]


def _of_view(view: View, **more: filtering.Property) -> Properties:
    known = view.properties
    return {
        "Count": known["times"],
        "IdList": known["list_id"],
        "IdMessage": known["message_id"],
        "Notes": known["notes"],
        "Subject": known["subject"],
        **more,
    }


# By the resource, what it may be filtered and ordered by.
PROPERTIES: Mapping[str, Properties] = {
    "S15": _of_view(personal.DELIVERIES),
    "S17": _of_view(personal.VIEWS),
    "S19": _of_view(personal.CLICKS),
    "S20": _of_view(personal.LINKS, Url=personal.LINKS.properties["url"]),
    "S22": _of_view(personal.BOUNCES_BY_MESSAGE),
    "S23": _of_view(
        personal.BOUNCE_DETAILS,
        Type=personal.bounce_property(TYPES),
        Date=personal.BOUNCE_DETAILS.properties["last_at"],
        Description=personal.BOUNCE_DETAILS.properties["detail"],
    ),
    "S25": {
        name: each
        for name, each in _of_view(
            personal.UNSUBSCRIPTIONS, Date=personal.UNSUBSCRIPTIONS.properties["last_at"]
        ).items()
        if name != "Count"
    },
}


def _counts(view: View) -> Handler:
    async def count(call: Call) -> int:
        return await call.read(personal.count_deeds, view, call.ids["recipient_id"], lists=call.user.visible_lists)

    return count


def _lists(view: View, number: str, item: Callable[[Deed], Any]) -> Handler:
    async def list_(call: Call) -> Paged:
        rows, total = await call.read(
            personal.list_deeds,
            view,
            call.ids["recipient_id"],
            lists=call.user.visible_lists,
            selection=selection_of(call, PROPERTIES[number]),
        )
        return Paged([item(row) for row in rows], total, page_request(call.query))

    return list_


async def read_time_line(call: Call) -> TimeLine:
    """Return a stretch of what happened of somebody, without what hidden lists have sent them."""
    most = page_request(call.query).size
    events = await call.read(time_line, call.ids["recipient_id"], most=most, before=cursor_of(call.query, "Before"))
    return TimeLine(
        Events=[_event(each) for each in events if call.user.sees(each.list_id)],
        Next=events[-1].id if len(events) == most else None,
    )


def _event(event: Event) -> TimeLineEvent:
    actor = actor_of(event)
    return TimeLineEvent(
        Id=event.id,
        Date=date_of(event.happened_at),
        Kind=event.kind.word,
        Actor=actor.word if actor else "",
        Reason=event.reason,
        IdMessage=event.message_id,
        IdList=event.list_id,
        IdSending=event.sending_id,
        Subject=event.subject,
        Url=event.url,
        Ip=event.ip,
    )


def _deed(row: Deed) -> dict[str, Any]:
    return {
        "Count": row.times,
        "IdList": row.list_id,
        "IdMessage": row.message_id,
        "Notes": row.notes,
        "Subject": row.subject,
    }


def _bounce_detail(row: Deed) -> RecipientBounceDetail:
    type_ = TYPES[row.kind] if row.kind else ""
    return RecipientBounceDetail(**_deed(row), Type=type_, Date=date_of(row.last_at), Description=row.detail)


def _left(row: Deed) -> RecipientUnsubscription:
    return RecipientUnsubscription(row.list_id, row.message_id, row.notes, row.subject, date_of(row.last_at))


def _followed(row: Deed) -> RecipientUrlClick:
    return RecipientUrlClick(**_deed(row), Url=row.url)


def _plain(item: type[Any]) -> Callable[[Deed], Any]:
    return lambda row: item(**_deed(row))


def _endpoint(
    number: str,
    path: str,
    summary: str,
    handler: Handler,
    answer: Any,
    *aliases: str,
    query: tuple[QueryParameter, ...] = (),
) -> Endpoint:
    return Endpoint(
        id=number,
        method="GET",
        path=f"Recipient/{{recipient_id}}/{path}",
        summary=summary,
        handler=handler,
        answer=answer,
        query=query,
        root=Root.STATISTICS,
        aliases=tuple(f"GET Recipient/{{recipient_id}}/{alias}" for alias in aliases),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("S14", "Count/Deliveries", "Count the messages that went to somebody", _counts(personal.DELIVERIES), int),
    _endpoint(
        "S15",
        "List/Deliveries",
        "List the messages that went to somebody",
        _lists(personal.DELIVERIES, "S15", _plain(RecipientDelivery)),
        Page[RecipientDelivery],
    ),
    _endpoint("S16", "Count/Views", "Count the messages that somebody opened", _counts(personal.VIEWS), int),
    _endpoint(
        "S17",
        "List/Views",
        "List the messages that somebody opened, and how often",
        _lists(personal.VIEWS, "S17", _plain(RecipientView)),
        Page[RecipientView],
    ),
    _endpoint(
        "S18", "Count/Clicks", "Count the messages of which somebody followed links", _counts(personal.CLICKS), int
    ),
    _endpoint(
        "S19",
        "List/Clicks",
        "List the messages of which somebody followed links, and how often",
        _lists(personal.CLICKS, "S19", _plain(RecipientClick)),
        Page[RecipientClick],
    ),
    _endpoint(
        "S20",
        "List/ClicksDetails",
        "List the links that somebody followed, and how often",
        _lists(personal.LINKS, "S20", _followed),
        Page[RecipientUrlClick],
        "List/UrlClickDetails",
        "Count/UrlClickDetails",
    ),
    _endpoint(
        "S21",
        "Count/Bounces",
        "Count the messages that came back from somebody's address",
        _counts(personal.BOUNCES_BY_MESSAGE),
        int,
    ),
    _endpoint(
        "S22",
        "List/Bounces",
        "List the messages that came back from somebody's address",
        _lists(personal.BOUNCES_BY_MESSAGE, "S22", _plain(RecipientBounce)),
        Page[RecipientBounce],
    ),
    _endpoint(
        "S23",
        "List/BouncesDetails",
        "List how messages came back from somebody's address",
        _lists(personal.BOUNCE_DETAILS, "S23", _bounce_detail),
        Page[RecipientBounceDetail],
    ),
    _endpoint(
        "S24",
        "Count/Unsubscriptions",
        "Count the messages by which somebody left",
        _counts(personal.UNSUBSCRIPTIONS),
        int,
    ),
    _endpoint(
        "S25",
        "List/Unsubscriptions",
        "List the messages by which somebody left, and when",
        _lists(personal.UNSUBSCRIPTIONS, "S25", _left),
        Page[RecipientUnsubscription],
    ),
    _endpoint(
        "OWN2",
        "TimeLine",
        "Read what somebody, and programs with their mail, did with messages, the newest first (Staffetta's own)",
        read_time_line,
        TimeLine,
        query=(
            QueryParameter("Before", int, "The `Next` of the stretch before; the newest stretch without it"),
            QueryParameter(
                "PageSize", int, "How many events to look at: 20 unless another number is given, at most 1,000"
            ),
        ),
    ),
)
