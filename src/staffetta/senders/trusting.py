"""Trusting an address to send from: its owner is asked by mail, and says so by opening the link in it."""

import secrets
import string
from datetime import datetime, timedelta

from msgspec.structs import replace

from staffetta.db import Transaction, brief
from staffetta.errors import InvalidArgument, NotFound, PermissionDenied
from staffetta.kit.addresses import EmailAddress
from staffetta.outbox import NewDelivery, mailed_since, put
from staffetta.senders import queries
from staffetta.senders.model import SenderState, TrustedSender

VERIFICATION = "sender_verification"

ID_ALPHABET = string.ascii_letters + string.digits
ID_LENGTH = 16  # contract rest.md 6

# An address need not be the account's: nobody is to be flooded by it. A person who waits for the mail asks again after
# a minute, and programs that ask at every start stay below twenty a day.
MAIL_INTERVAL = timedelta(minutes=1)
MAILS_PER_DAY = 20


class UnknownSender(NotFound):
    """The account has no such sender."""


class SenderBlocked(PermissionDenied):
    """The address was disabled, which is for good (seed)."""


def trust(tx: Transaction, email: EmailAddress, *, base_url: str, host: str, now: datetime) -> TrustedSender:
    """Ask the owner of an address whether the account may send from it; until then it is not confirmed.

    A repeat asks again, also about an address that was confirmed. Who was asked a moment ago is not mailed again, and
    the answer is the same.

    Raises:
        SenderBlocked: the address was disabled.

    """
    known = queries.sender_by_email(tx, email.text)
    if known and known.state == SenderState.BLOCKED:
        raise SenderBlocked("the sender was disabled and cannot be trusted again")
    if known:
        sender = replace(known, state=SenderState.NOT_CONFIRMED, changed_at=now, authorized_at=None)
        queries.update_sender(tx, sender)
    else:
        sender = TrustedSender(
            id="".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH)),
            email=email.text,
            state=SenderState.NOT_CONFIRMED,
            created_at=now,
            changed_at=now,
        )
        queries.insert_sender(tx, sender)
    if _may_mail(tx, email, now):
        details = {"sender_id": sender.id, "base_url": base_url}
        put(
            tx,
            NewDelivery(kind=VERIFICATION, address=email.text, list_id=0, recipient_id=0, details=details),
            host=host,
            now=now,
        )
    return sender


def _may_mail(tx: Transaction, email: EmailAddress, now: datetime) -> bool:
    mailed = mailed_since(tx, email.text, VERIFICATION, now - timedelta(days=1))
    return len(mailed) < MAILS_PER_DAY and all(each <= now - MAIL_INTERVAL for each in mailed)


@brief
def confirm_sender(tx: Transaction, sender_id: str, *, now: datetime) -> TrustedSender:
    """Trust an address, whose owner has opened the link; a repeat changes nothing.

    Raises:
        UnknownSender: the account has no such sender.
        SenderBlocked: the address was disabled meanwhile.

    """
    sender = get_sender(tx, sender_id)
    if sender.state == SenderState.BLOCKED:
        raise SenderBlocked("the sender was disabled")
    if sender.state == SenderState.NOT_CONFIRMED:
        sender = replace(sender, state=SenderState.CONFIRMED, changed_at=now, authorized_at=now)
        queries.update_sender(tx, sender)
    return sender


@brief
def block(tx: Transaction, sender_id: str, *, now: datetime) -> TrustedSender:
    """Disable an address for good; a repeat changes nothing.

    Raises:
        UnknownSender: the account has no such sender.

    """
    sender = get_sender(tx, sender_id)
    if sender.state != SenderState.BLOCKED:
        sender = replace(sender, state=SenderState.BLOCKED, changed_at=now)
        queries.update_sender(tx, sender)
    return sender


@brief
def get_sender(tx: Transaction, sender_id: str) -> TrustedSender:
    """Return a sender by its id.

    Raises:
        UnknownSender: the account has no such sender.

    """
    sender = queries.sender_by_id(tx, sender_id)
    if sender is None:
        raise UnknownSender("there is no such trusted sender")
    return sender


@brief
def is_blocked(tx: Transaction, email: str) -> bool:
    """Tell whether an address, in whatever form, was disabled, so that nothing may say that it is from it."""
    try:
        address = EmailAddress.parse(email)
    except InvalidArgument:
        return False
    return queries.find_state(tx, address.text) == SenderState.BLOCKED


def trusted_senders(tx: Transaction) -> list[TrustedSender]:
    """Return all senders of the account, whatever became of them, newest first."""
    return queries.all_senders(tx)
