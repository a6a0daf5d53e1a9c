"""Mail that comes back: dead addresses and those who complain are written to no more, full ones after a while."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from staffetta.campaigns import bouncing_queries as queries
from staffetta.campaigns.bouncing_queries import CameBack, SoftBounces
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.recording import Happening, record_events
from staffetta.db import Connection, Transaction, brief
from staffetta.recipients import Cause, Evidence, Source, suppress

LONGEST_WORDING = 300
# What was accepted this long ago and has not come back has arrived: servers try for 4 to 5 days (RFC 5321 §4.5.4.1),
# and a day is for the report.
RETURNS_WITHIN = timedelta(days=6)
MOMENT = timedelta(microseconds=1)
_OF_ACCOUNT = attrgetter("account_id")


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """A message that one recipient did not get.

    Attributes:
        is_hard: whether the address is dead.
        reply: the words of the server that refused.
        speaks_of_address: whether a soft one says something of the address; a block of our mail or server does not.

    """

    account_id: int
    message_id: int
    sending_id: int
    recipient_id: int
    is_hard: bool
    reply: str
    speaks_of_address: bool = True


class Complained(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient who called a message spam; `report` says by whose report that is known."""

    account_id: int
    message_id: int
    sending_id: int
    recipient_id: int
    report: str


class Patience(NamedTuple):
    """How many soft bounces an address has, and over what time, before it counts as dead."""

    bounces: int = 5
    lasting: timedelta = timedelta(days=7)


STANDARD_PATIENCE = Patience()


@brief
def record_bounces(
    connection: Connection, bounces: Sequence[Bounce], *, patience: Patience = STANDARD_PATIENCE, now: datetime
) -> int:
    """Record what came back, of any accounts, and give dead addresses up for good; return how many bounces were new.

    A sending bounces once at a person, soft or hard, so that repeating a report changes nothing; after a soft bounce it
    may still become a hard one. Soft bounces are counted from the last sign of life on: a view or click of the person,
    or a mail that was accepted and did not come back in six days. That a relay has accepted one says nothing before.
    What concerns people who are gone is dropped.
    """
    return sum(
        _record_bounces(connection.for_account(account_id), list(its_own), patience, now)
        for account_id, its_own in groupby(sorted(bounces, key=_OF_ACCOUNT), key=_OF_ACCOUNT)
    )


@brief
def record_complaints(connection: Connection, complaints: Sequence[Complained], *, now: datetime) -> int:
    """Record who complained, of any accounts, and never write to them again; return how many complaints were new."""
    return sum(
        _record_complaints(connection.for_account(account_id), list(its_own), now)
        for account_id, its_own in groupby(sorted(complaints, key=_OF_ACCOUNT), key=_OF_ACCOUNT)
    )


def _record_bounces(tx: Transaction, bounces: Sequence[Bounce], patience: Patience, now: datetime) -> int:
    addresses = queries.addresses(tx, {each.recipient_id for each in bounces})
    known = queries.recorded(tx, addresses)
    new: list[Bounce] = []
    for each in sorted(bounces, key=lambda each: not each.is_hard):
        hard = CameBack(each.recipient_id, each.sending_id, EventKind.HARD_BOUNCE)
        this = hard if each.is_hard else hard._replace(kind=EventKind.SOFT_BOUNCE)
        if each.recipient_id in addresses and hard not in known and this not in known:
            known.add(this)
            new.append(each)
    if new:
        settled = _with_given_up(tx, new, patience, now)
        record_events(tx, [_happening(each, _kind(each), each.reply, now) for each in settled], now=now)
        reasons = {each.recipient_id: f"bounce: {each.reply}" for each in settled if each.is_hard}
        if reasons:
            queries.forget_soft_bounces(tx, reasons)
            _suppress(tx, addresses, reasons, cause=Cause.BOUNCE, now=now)
    return len(new)


def _record_complaints(tx: Transaction, complaints: Sequence[Complained], now: datetime) -> int:
    addresses = queries.addresses(tx, {each.recipient_id for each in complaints})
    known = queries.recorded(tx, addresses)
    new: list[Complained] = []
    for each in complaints:
        this = CameBack(each.recipient_id, each.sending_id, EventKind.COMPLAINT)
        if each.recipient_id in addresses and this not in known:
            known.add(this)
            new.append(each)
    if new:
        record_events(tx, [_happening(each, EventKind.COMPLAINT, each.report, now) for each in new], now=now)
        reasons = {each.recipient_id: f"complaint: {each.report}" for each in new}
        _suppress(tx, addresses, reasons, cause=Cause.COMPLAINT, now=now)
    return len(new)


def _with_given_up(tx: Transaction, new: Sequence[Bounce], patience: Patience, now: datetime) -> list[Bounce]:
    """Count soft bounces; return all bounces, those with which patience ends as hard ones, which say so."""
    people = {each.recipient_id for each in new if not each.is_hard and each.speaks_of_address}
    if not people:
        return list(new)
    counted = queries.soft_bounces_of(tx, people)
    alive = queries.last_signs_of_life(tx, counted, accepted_by=now - RETURNS_WITHIN) if counted else {}
    fresh = SoftBounces(recipient_id=0, times=0, first_at=now, last_at=now)
    settled = []
    for each in new:
        if each.is_hard or not each.speaks_of_address:
            settled.append(each)
            continue
        before = counted.get(each.recipient_id)
        if before is None or alive.get(each.recipient_id, before.first_at - MOMENT) >= before.first_at:
            before = fresh._replace(recipient_id=each.recipient_id)
            alive.pop(each.recipient_id, None)
        after = counted[each.recipient_id] = before._replace(times=before.times + 1, last_at=now)
        if after.times >= patience.bounces and now - after.first_at >= patience.lasting:
            reply = f"{after.times} soft bounces since {after.first_at:%Y-%m-%d}: {each.reply}"
            settled.append(msgspec.structs.replace(each, is_hard=True, reply=reply))
        else:
            settled.append(each)
    queries.save_soft_bounces(tx, list(counted.values()))
    return settled


def _kind(each: Bounce) -> EventKind:
    return EventKind.HARD_BOUNCE if each.is_hard else EventKind.SOFT_BOUNCE


def _happening(each: Bounce | Complained, kind: EventKind, reason: str, now: datetime) -> Happening:
    return Happening(
        account_id=each.account_id,
        message_id=each.message_id,
        sending_id=each.sending_id,
        recipient_id=each.recipient_id,
        kind=kind,
        reason=reason,
        happened_at=now,
    )


def _suppress(
    tx: Transaction, addresses: Mapping[int, str], reasons: Mapping[int, str], *, cause: Cause, now: datetime
) -> None:
    """Take people off every list, in the order in which everybody does."""
    for recipient_id, reason in sorted(reasons.items()):
        evidence = Evidence(source=Source.SENDING, wording=reason[:LONGEST_WORDING])
        suppress(tx, addresses[recipient_id], cause=cause, evidence=evidence, now=now)
