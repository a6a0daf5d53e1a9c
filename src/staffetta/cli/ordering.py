"""What `send FILE` is told to send: tried out, launched, and found again when the command is repeated with its key."""

from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from staffetta.accounts import Account
from staffetta.campaigns import (
    Audience,
    Departure,
    Draft,
    Launched,
    Message,
    add_message,
    count_audience,
    departure,
    get_message,
    send_message,
    sending_of_key,
)
from staffetta.db import Database, Transaction
from staffetta.errors import FailedPrecondition, NotFound
from staffetta.kit.clock import utc_now


class Order(NamedTuple):
    """What is asked for: a message, to whom, when and from whom."""

    list_id: int
    draft: Draft
    audience: Audience
    starts_at: datetime | None
    sender_name: str
    sender_email: str
    notes: str
    not_after: datetime | None
    once_key: str
    in_doubt: str


def rehearse(database: Database, account: Account, order: Order) -> Departure:
    """Return what would be sent, and leave nothing behind.

    Raises:
        RepeatedError: it was launched before.
        Refusal: it could not be launched.

    """
    try:
        with database.transaction(account.id) as tx:
            message_id, _ = launch(tx, order)
            recipients = count_audience(tx, order.list_id, order.audience, message_id=message_id)
            raise RehearsedError(
                departure(
                    tx, account, order.list_id, message_id, sender_email=order.sender_email, recipients=recipients
                )
            )
    except RehearsedError as rehearsed:
        return rehearsed.leaving


class RehearsedError(FailedPrecondition):
    """What would be sent; raised so that nothing of it stays."""

    def __init__(self, leaving: Departure) -> None:
        super().__init__("rehearsed")
        self.leaving = leaving


class RepeatedError(FailedPrecondition):
    """What is asked for was launched before with the same key; raised so that the message is not stored twice."""

    def __init__(self, sending_id: int) -> None:
        super().__init__(f"sending {sending_id} was launched with this key before")
        self.sending_id = sending_id


def launch(tx: Transaction, order: Order) -> tuple[int, Launched]:
    """Write the message of an order and launch it; return its number, and what became of it.

    Raises:
        RepeatedError: it was launched before.
        Refusal: it cannot be launched.

    """
    now = utc_now()
    message = add_message(tx, order.list_id, order.draft, now=now)
    earlier = _launched_before(tx, order, message)
    launched = send_message(
        tx,
        order.list_id,
        earlier.id if earlier else message.id,
        audience=order.audience,
        starts_at=order.starts_at,
        not_after=order.not_after,
        once_key=order.once_key,
        in_doubt=order.in_doubt,
        sender_name=order.sender_name,
        sender_email=order.sender_email,
        notes=order.notes,
        now=now,
    )
    if earlier:
        raise RepeatedError(launched.sending_id)
    return message.id, launched


def _launched_before(tx: Transaction, order: Order, message: Message) -> Message | None:
    """Return the message that was launched with the key of an order if it says the same."""
    sending = sending_of_key(tx, order.once_key) if order.once_key.strip() else None
    if sending is None:
        return None
    try:
        earlier = get_message(tx, sending.list_id, sending.message_id).message
    except NotFound:
        return None
    same = replace(
        message,
        id=earlier.id,
        created_at=earlier.created_at,
        changed_at=earlier.changed_at,
        last_sent_at=earlier.last_sent_at,
    )
    return earlier if same == earlier else None
