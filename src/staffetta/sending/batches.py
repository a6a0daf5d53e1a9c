"""One step of a sender in the database: record the last batch, claim the next, leave out who must not be written to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from staffetta.accounts import Account, find_account
from staffetta.campaigns import Asked, Request, find_requests
from staffetta.db import Connection, brief
from staffetta.lists import ListSettings, MailingList, catalog
from staffetta.messages import ABOUT_ACCOUNTS
from staffetta.outbox import Delivery, DeliveryState, Outcome, exchange
from staffetta.recipients import (
    CONFIRMATION,
    Cause,
    Evidence,
    Source,
    suppress,
    suppressed_among,
    waiting_among,
)


class Work(msgspec.Struct, frozen=True):
    """A claimed delivery with all that its mail is written from; `request` are its words where people wrote them."""

    delivery: Delivery
    account: Account
    mailing_list: MailingList
    list_names: tuple[str, ...]
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class DeadAddress:
    """A recipient's address that the relay refused for good."""

    account_id: int
    address: str


@brief
def step(
    connection: Connection,
    outcomes: Sequence[Outcome],
    dead: Sequence[DeadAddress],
    *,
    lease: int,
    most: int,
    now: datetime,
) -> list[Work]:
    """Record outcomes, take addresses that are dead off every list, and claim up to `most` deliveries.

    What is claimed is `talking` from the commit on. Deliveries to suppressed addresses, and confirmation requests that
    nobody waits for any more, are settled here and never leave. What people have to know about their account is sent
    whatever they want of its lists.
    """
    for each in dead:
        evidence = Evidence(source=Source.SENDING)
        suppress(connection.for_account(each.account_id), each.address, cause=Cause.BOUNCE, evidence=evidence, now=now)
    claimed = exchange(connection, outcomes, lease=lease, most=most, now=now)
    if not claimed:
        return []
    work, settled = _sorted(connection, claimed, now)
    if settled:
        exchange(connection, settled, lease=lease, most=0, now=now)
    return work


def _sorted(connection: Connection, claimed: Sequence[Delivery], now: datetime) -> tuple[list[Work], list[Outcome]]:
    suppressed = suppressed_among(connection, ((each.account_id, each.address) for each in claimed))
    asking = {(each.account_id, each.recipient_id) for each in claimed if each.kind == CONFIRMATION}
    waiting = waiting_among(connection, asking) if asking else set()
    work: list[Work] = []
    settled: list[Outcome] = []
    for delivery, found in zip(claimed, _work(connection, claimed), strict=True):
        if (delivery.account_id, delivery.address) in suppressed and delivery.kind not in ABOUT_ACCOUNTS:
            settled.append(_settled(delivery, DeliveryState.SUPPRESSED, "the address is suppressed", now))
        elif delivery.kind == CONFIRMATION and (delivery.account_id, delivery.recipient_id) not in waiting:
            settled.append(_settled(delivery, DeliveryState.CANCELLED, "nobody waits for it any more", now))
        elif found is None:
            settled.append(_settled(delivery, DeliveryState.CANCELLED, "its list is gone", now))
        else:
            work.append(found)
    return _in_own_words(connection, work), settled


def _in_own_words(connection: Connection, work: Sequence[Work]) -> list[Work]:
    """Return work with the message that asks, where one was to and is still there; else the list's own request does."""
    asked: defaultdict[int, dict[int, Asked]] = defaultdict(dict)
    for place, each in enumerate(work):
        delivery = each.delivery
        message_id = delivery.details.get("message")
        if message_id:
            asked[delivery.account_id][place] = Asked(delivery.list_id, message_id, delivery.recipient_id)
    written = list(work)
    for account_id, places in asked.items():
        requests = find_requests(connection.for_account(account_id), list(places.values()))
        for place, request in zip(places, requests, strict=True):
            written[place] = msgspec.structs.replace(written[place], request=request)
    return written


def _work(connection: Connection, claimed: Sequence[Delivery]) -> list[Work | None]:
    """Return each delivery with its account and list, None where these are gone: that is not said from memory."""
    found = _looked_up(connection, claimed, anew=False)
    return found if all(found) else _looked_up(connection, claimed, anew=True)


def _looked_up(connection: Connection, claimed: Sequence[Delivery], *, anew: bool) -> list[Work | None]:
    ids = {each.account_id for each in claimed}
    accounts = {account_id: find_account(connection, account_id, anew=anew) for account_id in ids}
    known = {account_id: catalog(connection.for_account(account_id), anew=anew).lists for account_id in ids}
    work: list[Work | None] = []
    for delivery in claimed:
        account = accounts[delivery.account_id]
        lists = known[delivery.account_id]
        mailing_list = lists.get(delivery.list_id) if delivery.list_id else _no_list(account)
        names = tuple([lists[each].name for each in delivery.details.get("lists", ()) if each in lists])
        work.append(Work(delivery, account, mailing_list, names) if account and mailing_list else None)
    return work


def _no_list(account: Account | None) -> MailingList | None:
    """Return what stands in for the list of a mail that the account writes for itself: its name, and no settings."""
    if account is None:
        return None
    return MailingList(id=0, guid="", name=account.name, settings=ListSettings(company_name=account.name))


def _settled(delivery: Delivery, state: DeliveryState, why: str, now: datetime) -> Outcome:
    return Outcome(
        account_id=delivery.account_id,
        delivery_id=delivery.id,
        state=state,
        due_at=now,
        attempts=delivery.attempts,
        reply=why,
    )
