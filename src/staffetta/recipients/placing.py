"""Placing: a program puts one person on a list and into groups, or forces where the person stands."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from staffetta.db import Transaction, brief
from staffetta.errors import FailedPrecondition
from staffetta.lists import MailingList, get_list, get_lists
from staffetta.recipients import queries
from staffetta.recipients.model import (
    AddressSuppressed,
    Channel,
    Event,
    Evidence,
    Recipient,
    Status,
    UnknownRecipient,
)
from staffetta.recipients.profiles import GivenField, field_values
from staffetta.recipients.signing_up import (
    Caps,
    SignUp,
    ask_to_confirm,
    channels_of,
    join_wanted,
    save_person,
)
from staffetta.recipients.statuses import apply_event


class AddressesOfTwo(FailedPrecondition):
    """The address and the number belong to two recipients."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Who it was that was placed, and how many mails ask for a confirmation."""

    recipient_id: int
    requests: int


@brief
def place(
    tx: Transaction,
    sign_up: SignUp,
    *,
    evidence: Evidence,
    now: datetime,
    given: Iterable[GivenField] = (),
    recipient_id: int | None = None,
    caps: Caps | None = None,
) -> Placed:
    """Put a person on lists and into groups, as a program asks; a repeat changes nothing.

    Someone who is on a list keeps the status there. With `confirm` all but those subscribed are pending and are asked
    by mail. Fields that are not given, or given empty, keep their value. `recipient_id` stands for somebody whose
    address is not given. An address that must not be written to keeps its standing, if its owner is known.

    Raises:
        UnknownList: the account has not all of the lists; nothing has changed.
        UnknownRecipient: there is nobody of this id.
        AddressesOfTwo: the address is one recipient's and the number another's.
        AddressSuppressed: an unknown address must not be written to.

    """
    lists = get_lists(tx, sign_up.lists)
    found = find_person(tx, sign_up, recipient_id)
    if found is None and any(queries.is_suppressed(tx, each) for each in _addresses(sign_up)):
        raise AddressSuppressed("the address bounced or its owner complained: it must not be written to")
    sign_up = msgspec.structs.replace(sign_up, fields=field_values(tx, given))
    recipient, _ = save_person(tx, sign_up, _with_address(tx, found, sign_up), now=now)
    current = queries.subscriptions_of(tx, recipient.id) if found else {}
    channels = channels_of(sign_up) or [reached_by(recipient)]
    asks = sign_up.confirm and Channel.EMAIL in channels
    to_ask: list[MailingList] = []
    for channel in channels:
        if found and is_suppressed(tx, recipient, channel):
            continue
        for mailing_list in lists:
            known = current.get((mailing_list.id, channel))
            event = Event.SIGN_UP_TO_CONFIRM if asks else Event.IMPORT
            _, new = apply_event(tx, recipient, mailing_list.id, channel, known, event, evidence=evidence, now=now)
            if asks and new == Status.PENDING and mailing_list not in to_ask:
                to_ask.append(mailing_list)
    join_wanted(tx, recipient.id, sign_up, is_new=found is None)
    requests = 0
    if to_ask:
        requests = ask_to_confirm(tx, recipient, sign_up, to_ask, now=now, caps=caps, is_new=found is None)
    return Placed(recipient_id=recipient.id, requests=requests)


@brief
def force_subscription(tx: Transaction, recipient_id: int, list_id: int, *, evidence: Evidence, now: datetime) -> None:
    """Subscribe a recipient to a list at once, wherever they stood; a repeat changes nothing.

    Raises:
        UnknownList: the account has no such list.
        UnknownRecipient: there is nobody of this id.
        AddressSuppressed: the address bounced or its owner complained.

    """
    mailing_list = get_list(tx, list_id)
    recipient = known_recipient(tx, recipient_id)
    channel = reached_by(recipient)
    known = queries.subscriptions_of(tx, recipient_id).get((mailing_list.id, channel))
    if (known and known.cause is not None and known.cause.is_final) or is_suppressed(tx, recipient, channel):
        raise AddressSuppressed("the address bounced or its owner complained: nobody can be subscribed against that")
    apply_event(tx, recipient, list_id, channel, known, Event.IMPORT_FORCED, evidence=evidence, now=now)


def find_person(tx: Transaction, sign_up: SignUp, recipient_id: int | None) -> Recipient | None:
    """Return whom the address, the number or else the id stands for, or None for somebody new.

    Raises:
        UnknownRecipient: there is nobody of this id.
        AddressesOfTwo: the address is one recipient's and the number another's.

    """
    if not (sign_up.email or sign_up.mobile):
        return known_recipient(tx, recipient_id or 0)
    by_email = queries.recipient_by_email(tx, sign_up.email.text) if sign_up.email else None
    if sign_up.mobile is None:
        return by_email
    by_mobile = queries.recipients_by_mobile(tx, sign_up.mobile.digits)
    if sign_up.email is None:
        return next(iter(by_mobile), None)
    return owner_of_both(by_email, by_mobile)


def owner_of_both(by_email: Recipient | None, by_mobile: list[Recipient]) -> Recipient | None:
    """Return the one recipient that an address and a number belong to; who has no address yet gets this one.

    Raises:
        AddressesOfTwo: they belong to two.

    """
    if not by_mobile or (by_email and by_email.id in {each.id for each in by_mobile}):
        return by_email
    without_address = next((each for each in by_mobile if each.email is None), None)
    if by_email or without_address is None:
        raise AddressesOfTwo("the e-mail address and the mobile number belong to two different recipients")
    return without_address


def known_recipient(tx: Transaction, recipient_id: int) -> Recipient:
    """Return a recipient by its id, or raise UnknownRecipient."""
    recipient = queries.recipient_by_id(tx, recipient_id)
    if recipient is None:
        raise UnknownRecipient(f"there is no recipient {recipient_id}")
    return recipient


def reached_by(recipient: Recipient) -> Channel:
    """Return the channel that stands for a recipient where none is named: e-mail, if there is an address."""
    return Channel.EMAIL if recipient.email else Channel.SMS


def is_suppressed(tx: Transaction, recipient: Recipient, channel: Channel) -> bool:
    """Tell whether a recipient must not be written to on a channel."""
    return queries.is_suppressed(tx, (recipient.email if channel == Channel.EMAIL else recipient.mobile) or "")


def _addresses(sign_up: SignUp) -> list[str]:
    return [text for text in (sign_up.email and sign_up.email.text, sign_up.mobile and sign_up.mobile.digits) if text]


def _with_address(tx: Transaction, found: Recipient | None, sign_up: SignUp) -> Recipient | None:
    if found is None or found.email or sign_up.email is None:
        return found
    queries.change_email(tx, found.id, sign_up.email.text)
    return msgspec.structs.replace(found, email=sign_up.email.text)
