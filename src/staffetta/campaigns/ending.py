"""Stopping and deleting sendings, settling what of them is in doubt, and letting them end."""

from datetime import datetime

from staffetta.campaigns import delivery_queries as deliveries
from staffetta.campaigns import sending_queries as sendings
from staffetta.campaigns.sendings import CampaignSending
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition
from staffetta.outbox import DeliveryState, SendingState, UnknownSending


def stop_sending(tx: Transaction, sending_id: int, *, now: datetime) -> CampaignSending:
    """Stop a sending where it is; what is in talk leaves all the same. `launch_sending` lets it go on.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it has come to its end, or was deleted.

    """
    sending = sendings.lock(tx, sending_id)
    if sending is None:
        raise UnknownSending(f"there is no sending {sending_id}")
    if sending.ended_at is not None:
        raise FailedPrecondition(f"sending {sending_id} has ended")
    sendings.set_state(tx, sending_id, SendingState.STOPPED)
    deliveries.move(tx, sending.message_id, sending_id, of=DeliveryState.DEFERRED, to=DeliveryState.HELD, now=now)
    return sending._replace(state=SendingState.STOPPED)


def delete_sending(tx: Transaction, sending_id: int, *, now: datetime) -> None:
    """Give a sending up for good; what it has sent stays on record.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it is running; it must be stopped first.

    """
    sending = sendings.lock(tx, sending_id)
    if sending is None:
        raise UnknownSending(f"there is no sending {sending_id}")
    runs = sending.begun_at is not None and sending.ended_at is None
    if runs and sending.state in (SendingState.IMMEDIATE, SendingState.DEFERRED):
        raise FailedPrecondition(f"sending {sending_id} is running: stop it first")
    sendings.end(tx, sending_id, SendingState.DELETED, now=now)
    for state in (DeliveryState.DEFERRED, DeliveryState.HELD):
        deliveries.move(tx, sending.message_id, sending_id, of=state, to=DeliveryState.CANCELLED, now=now)


def settle_doubt(tx: Transaction, sending_id: int, *, resend: bool, now: datetime) -> int:
    """Send again what of a sending is in doubt, or give it up; return how many that were.

    Raises:
        UnknownSending: the account has no such sending.
        FailedPrecondition: it was deleted, and nothing of it is sent any more.

    """
    sending = sendings.lock(tx, sending_id)
    if sending is None:
        raise UnknownSending(f"there is no sending {sending_id}")
    if resend and sending.state == SendingState.DELETED:
        raise FailedPrecondition(f"sending {sending_id} was deleted")
    to = DeliveryState.DEFERRED if resend else DeliveryState.DROPPED
    settled = deliveries.move(tx, sending.message_id, sending_id, of=DeliveryState.IN_DOUBT, to=to, now=now)
    if resend and settled:
        sendings.reopen(tx, sending_id)
    elif settled:
        deliveries.tally(tx, sending_id, deliveries.Tally(left_out=settled))
    return settled


def end_if_settled(tx: Transaction, message_id: int, sending_id: int, *, now: datetime) -> None:
    """Let a sending end if it was claimed to its end and nothing of it waits."""
    if deliveries.tally(tx, sending_id, deliveries.Tally()) and deliveries.is_settled(tx, message_id, sending_id):
        sendings.end_by_itself(tx, sending_id, now=now)
