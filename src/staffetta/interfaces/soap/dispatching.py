"""MailUpSend: sending messages, those that are there and those that a call brings (contract 5.6)."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from staffetta.access import User
from staffetta.accounts import account_of_id
from staffetta.campaigns import (
    Audience,
    Draft,
    Launched,
    add_message,
    get_message,
    send_message,
    send_to_one,
    sendings_of_message,
)
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.interfaces.soap.answers import FAILED
from staffetta.interfaces.soap.audiences import Order, Values, order_of, order_to_one
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.contents import STORED, draft_of, type_of
from staffetta.interfaces.soap.evidence import evidence_of
from staffetta.interfaces.soap.inner import element, text
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.lists import catalog_of, get_list
from staffetta.recipients import Channel, Evidence, Found, Sought, search

# Each set of values is a sending of its own.
MOST_SETS_OF_VALUES = 100
MOST_NAMED = 5
# Reading longer options takes milliseconds, in which nobody else is answered.
MOST_AT_ONCE = 4_096


async def send_newsletter(call: Call, user: User) -> str:
    """Launch a message of a list."""
    order = await _order(call, user)
    return await _launch(call, user, call.number("newsletterID"), order)


async def send_newsletter_fast(call: Call, user: User) -> str:
    """Write a message and launch it, or launch the one whose number the content is."""
    order = await _order(call, user)
    return await _launch(call, user, await _what(call, fills_fields=order.has_values), order)


async def send_single_newsletter(call: Call, user: User) -> str:
    """Send a message to one address at once; whoever is not on the list is put there, subscribed."""
    address = EmailAddress.parse(call.text("recipientEmail"))
    known = (await catalog_of(call.platform.database, user.account_id)).fields
    order = order_to_one(call.options("options"), address, known)
    what = await _what(call, fills_fields=order.has_values)
    sent = await call.write(
        user.account_id, _send_single, call.number("listID"), what, order, evidence=evidence_of(call), now=utc_now()
    )
    return _told(call, sent)


async def send_message_nl(_call: Call, _user: User) -> int:
    """Fail: a file is to be on the platform's file drop before, and there is none."""
    return FAILED


def single_method(call: Call) -> str:
    """Return by which name the API use policy counts a call of SendSingleNewsletter."""
    return f"{call.operation} ID" if type_of(call) == STORED else call.operation


async def _order(call: Call, user: User) -> Order:
    options = call.options("options")
    account = await account_of_id(call.platform.database, user.account_id)
    known = (await catalog_of(call.platform.database, user.account_id)).fields
    if sum(map(len, options.values())) > MOST_AT_ONCE:
        return await asyncio.to_thread(order_of, options, account, known)
    return order_of(options, account, known)


async def _what(call: Call, *, fills_fields: bool) -> int | Draft:
    """Return the message that a call sends: its number, or what is to be written."""
    if type_of(call) != STORED:
        return await draft_of(call, fills_fields=fills_fields)
    number = call.text("content").strip()
    if not (number.isascii() and number.isdigit() and len(number) < len(str(2**31))):
        raise InvalidArgument("content: with type ID the number of a message")
    return int(number)


async def _launch(call: Call, user: User, what: int | Draft, order: Order) -> str:
    return _told(call, await call.write(user.account_id, _send, call.number("listID"), what, order, now=utc_now()))


def _told(call: Call, sent: tuple[int, Sequence[Launched]]) -> str:
    """Write what was launched; several deliveries, for people with values of their own, stand in a list as well."""
    call.platform.wake_sender()
    message_id, launched = sent
    numbers = [element("deliveryID", text(each.sending_id)) for each in launched]
    return (
        numbers[0]
        + element("listID", text(call.number("listID")))
        + element("newsletterID", text(message_id))
        + (element("deliveries", *numbers) if len(numbers) > 1 else "")
    )


def _send(
    tx: Transaction, list_id: int, what: int | Draft, order: Order, *, now: datetime
) -> tuple[int, Sequence[Launched]]:
    message_id = _message(tx, list_id, what, now=now)
    if order.forgets and sendings_of_message(tx, list_id, message_id):
        # What came of it is in the time lines of people as well, and nobody may take it out of there.
        raise FailedPrecondition("clear_stats: what came of earlier sendings is kept; send a clone of the message")
    audiences = _audiences(tx, list_id, order)
    launched = [
        send_message(
            tx,
            list_id,
            message_id,
            audience=audience,
            starts_at=order.starts_at,
            sender_name=order.sender_name,
            sender_email=order.sender_email,
            now=now,
        )
        for audience in audiences
    ]
    if order.people and not any(each.addressed for each in launched):
        raise FailedPrecondition(f"recipients: none of them is subscribed to list {list_id} and not excluded")
    return message_id, launched


def _send_single(
    tx: Transaction, list_id: int, what: int | Draft, order: Order, *, evidence: Evidence, now: datetime
) -> tuple[int, Sequence[Launched]]:
    message_id = _message(tx, list_id, what, now=now)
    launched = [
        send_to_one(
            tx,
            message_id,
            address,
            values=values,
            sender_name=order.sender_name,
            sender_email=order.sender_email,
            evidence=evidence,
            now=now,
        )
        for address, values in (order.people or {}).items()
    ]
    return message_id, launched


def _message(tx: Transaction, list_id: int, what: int | Draft, *, now: datetime) -> int:
    get_list(tx, list_id)
    if isinstance(what, Draft):
        return add_message(tx, list_id, what, now=now).id
    return get_message(tx, list_id, what).message.id


def _audiences(tx: Transaction, list_id: int, order: Order) -> list[Audience]:
    """Return to whom: one audience, or one for each set of values that people have of their own."""
    if order.people is None:
        return [Audience(groups=order.groups, excluded=order.excluded)]
    known = {each.recipient.email: each.recipient.id for each in _on_list(tx, list_id, order.people)}
    strangers = [each.text for each in order.people if each.text not in known]
    if strangers:
        named = ", ".join(strangers[:MOST_NAMED])
        raise InvalidArgument(f"recipients: {len(strangers)} not on list {list_id}, such as {named}")
    by_values: dict[tuple[tuple[int, str], ...], list[int]] = {}
    for address, values in order.people.items():
        by_values.setdefault(_sorted(values), []).append(known[address.text])
    if len(by_values) > MOST_SETS_OF_VALUES:
        raise InvalidArgument(
            f"campoN: at most {MOST_SETS_OF_VALUES} recipients with values of their own; import the values first"
        )
    return [
        Audience(recipients=tuple(ids), excluded=order.excluded, values=dict(values))
        for values, ids in by_values.items()
    ]


def _on_list(tx: Transaction, list_id: int, people: Iterable[EmailAddress]) -> list[Found]:
    """Return who of some people the list knows by email, whatever their status: who left gets nothing anyway."""
    return [
        found
        for found in search(tx, Sought(emails=[each.text for each in people]))
        if any(each.list_id == list_id and each.channel == Channel.EMAIL for each in found.subscriptions)
    ]


def _sorted(values: Values) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(values.items()))
