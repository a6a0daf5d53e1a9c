"""Unsubscribing: by the person, by a program, or because the address is dead; at once and for good."""

from collections.abc import Sequence
from datetime import datetime

from staffetta.db import Transaction, brief
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.phones import MobileNumber
from staffetta.lists import MailingList, get_list, get_lists
from staffetta.outbox import NewDelivery, put
from staffetta.recipients import queries
from staffetta.recipients.model import Cause, Channel, Event, Evidence, Recipient, Status, UnknownRecipient
from staffetta.recipients.statuses import apply_event

GOODBYE = "goodbye"
NOTICE = "notice"


class AlreadyUnsubscribed(UnknownRecipient):
    """The address is not on the list, or has left it before."""


@brief
def unsubscribe_address(
    tx: Transaction,
    list_id: int,
    address: EmailAddress | MobileNumber,
    *,
    base_url: str,
    host: str,
    evidence: Evidence,
    now: datetime,
) -> None:
    """Take an address, or everybody of a number, off a list; who has not confirmed yet is taken off as well.

    Raises:
        UnknownList: the account has no such list.
        AlreadyUnsubscribed: nobody of this address is on the list.

    """
    mailing_list = get_list(tx, list_id)
    people: Sequence[Recipient]
    if isinstance(address, EmailAddress):
        found, channel = queries.recipient_by_email(tx, address.text), Channel.EMAIL
        people = [found] if found else []
    else:
        people, channel = queries.recipients_by_mobile_on_list(tx, address.digits, list_id), Channel.SMS
    somebody_left = False
    for recipient in people:
        left = _leave(tx, recipient, [mailing_list], (channel,), cause=Cause.API, evidence=evidence, now=now)
        _say_goodbye(tx, recipient, left, base_url=base_url, host=host, now=now)
        somebody_left = somebody_left or bool(left)
    if not somebody_left:
        raise AlreadyUnsubscribed("the address is not on the list")


@brief
def unsubscribe(
    tx: Transaction,
    recipient_id: int,
    list_ids: tuple[int, ...],
    *,
    base_url: str,
    host: str,
    cause: Cause,
    evidence: Evidence,
    now: datetime,
) -> list[MailingList]:
    """Take a recipient off lists, on every channel; return those that it was on. A repeat changes nothing.

    Raises:
        UnknownList: the account has not all of the lists.
        UnknownRecipient: the recipient was erased.

    """
    lists = get_lists(tx, list_ids)
    recipient = queries.recipient_by_id(tx, recipient_id)
    if recipient is None:
        raise UnknownRecipient("the recipient was erased")
    left = _leave(tx, recipient, lists, tuple(Channel), cause=cause, evidence=evidence, now=now)
    _say_goodbye(tx, recipient, left, base_url=base_url, host=host, now=now)
    return [mailing_list for mailing_list, _ in left]


def suppress(tx: Transaction, address: str, *, cause: Cause, evidence: Evidence, now: datetime) -> None:
    """Never write to an address again, and take it off every list: it bounced, or its owner complained."""
    recipient = queries.recipient_by_email(tx, address)
    if not queries.is_suppressed(tx, address):
        queries.insert_suppression(tx, address, cause=cause, now=now)
    if recipient is None:
        return
    for (list_id, channel), subscription in queries.subscriptions_of(tx, recipient.id).items():
        if channel == Channel.EMAIL:
            apply_event(
                tx,
                recipient,
                list_id,
                channel,
                subscription,
                Event.REMOVE,
                evidence=evidence,
                now=now,
                cause=cause,
            )


def _leave(
    tx: Transaction,
    recipient: Recipient,
    lists: Sequence[MailingList],
    channels: tuple[Channel, ...],
    *,
    cause: Cause,
    evidence: Evidence,
    now: datetime,
) -> list[tuple[MailingList, Status]]:
    """Return the lists that the recipient has left now, with where its address stood if that has left as well."""
    current = queries.subscriptions_of(tx, recipient.id)
    left: list[tuple[MailingList, Status]] = []
    for mailing_list in lists:
        for channel in channels:
            known = current.get((mailing_list.id, channel))
            old, new = apply_event(
                tx,
                recipient,
                mailing_list.id,
                channel,
                known,
                Event.UNSUBSCRIBE,
                evidence=evidence,
                now=now,
                cause=cause,
            )
            if new != old and all(mailing_list is not each for each, _ in left):
                left.append((mailing_list, old if channel == Channel.EMAIL else Status.NOT_REGISTERED))
    return left


def _say_goodbye(
    tx: Transaction,
    recipient: Recipient,
    left: Sequence[tuple[MailingList, Status]],
    *,
    base_url: str,
    host: str,
    now: datetime,
) -> None:
    """Plan what the lists' settings ask for; who never confirmed an address is not written to at it."""
    details = {"base_url": base_url, "language": recipient.language.value if recipient.language else ""}
    for mailing_list, old in left:
        settings = mailing_list.settings
        mails: list[tuple[str, str]] = []
        if settings.send_email_optout and recipient.email and old == Status.SUBSCRIBED:
            mails.append((GOODBYE, recipient.email))
        if settings.notify_email:
            mails.append((NOTICE, settings.notify_email))
        for kind, address in mails:
            put(
                tx,
                NewDelivery(
                    kind=kind,
                    address=address,
                    list_id=mailing_list.id,
                    recipient_id=recipient.id,
                    details={**details, "lists": [mailing_list.id], "about": recipient.email or str(recipient.mobile)},
                ),
                host=host,
                now=now,
            )
