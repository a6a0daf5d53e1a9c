"""Clicks on the links of a campaign's mail that lead to pages of ours, where people leave or change what is known."""

from staffetta.campaigns import (
    PREFERENCES,
    PREFETCH_HEADERS,
    UNSUBSCRIBE,
    EventKind,
    Visit,
    classify,
    find_page_link,
)
from staffetta.interfaces.clients import client_address
from staffetta.interfaces.public import visits
from staffetta.interfaces.public.collecting import Collector
from staffetta.tracking import Purpose

LABELS = {Purpose.LEAVE: UNSUBSCRIBE, Purpose.PREFERENCES: PREFERENCES}


async def count_click(visit: visits.Visit, collector: Collector) -> None:
    """Count who opens such a page, as whoever follows any other link of the mail; forms on it count as nothing."""
    label = LABELS.get(visit.purpose)
    if label is None or visit.posts:
        return
    link = await visit.platform.database.read(visit.account.id, find_page_link, visit.sending_id, label)
    if link is None:
        return
    headers = visit.scope["headers"]
    ip = client_address(visit.scope, visit.platform.trusted_proxies)
    actor, reason = classify(
        EventKind.CLICK,
        method=visit.scope["method"],
        purpose=b"".join(value for name, value in headers if name in PREFETCH_HEADERS),
        agent=next((value for name, value in headers if name == b"user-agent"), b""),
        ip=ip,
    )
    message_id, link_id = link
    whose = visit.token.recipient_id
    click = Visit(message_id, visit.sending_id, whose, EventKind.CLICK, link_id, actor, reason, ip)
    await collector.put(visit.account.id, click)
