"""What people choose by the links in their mail, and what follows from it for the message that the link stood in."""

from datetime import datetime

from staffetta import recipients
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.following_queries import message_of
from staffetta.campaigns.recording import Happening, record_events
from staffetta.campaigns.time_lines import forget_visits
from staffetta.db import Transaction, brief
from staffetta.lists import MailingList
from staffetta.recipients import Cause, Evidence, preferences
from staffetta.recipients.preferences import Granted, Wishes


@brief
def leave(
    tx: Transaction,
    recipient_id: int,
    list_ids: tuple[int, ...],
    *,
    sending_id: int,
    base_url: str,
    host: str,
    cause: Cause,
    evidence: Evidence,
    now: datetime,
) -> list[MailingList]:
    """Take a recipient off lists, as `recipients.unsubscribe` does; return those that it was on.

    Who left by a mail of the sending counts for its message; 0 is no campaign's.
    """
    left = recipients.unsubscribe(
        tx, recipient_id, list_ids, base_url=base_url, host=host, cause=cause, evidence=evidence, now=now
    )
    if left:
        _count(tx, recipient_id, sending_id, evidence=evidence, now=now)
    return left


def save_preferences(
    tx: Transaction,
    recipient_id: int,
    wishes: Wishes,
    *,
    sending_id: int,
    base_url: str,
    host: str,
    evidence: Evidence,
    now: datetime,
) -> Granted:
    """Grant what a person chose in the preference centre, as `recipients` does; a repeat changes nothing.

    Lists that they left count for the message of `sending_id`. Who does not want to be followed any more has what they
    opened and followed forgotten.
    """
    granted = preferences.save_preferences(
        tx, recipient_id, wishes, base_url=base_url, host=host, evidence=evidence, now=now
    )
    if granted.left:
        _count(tx, recipient_id, sending_id, evidence=evidence, now=now)
    _forget(tx, recipient_id, wishes)
    return granted


def save_profile(
    tx: Transaction, recipient_id: int, list_ids: tuple[int, ...], wishes: Wishes, *, now: datetime
) -> None:
    """Change the fields and groups of a person, as `recipients` does, and forget what they do not want known."""
    preferences.save_profile(tx, recipient_id, list_ids, wishes, now=now)
    _forget(tx, recipient_id, wishes)


def _forget(tx: Transaction, recipient_id: int, wishes: Wishes) -> None:
    if wishes.followed is False:
        forget_visits(tx, recipient_id)


def _count(tx: Transaction, recipient_id: int, sending_id: int, *, evidence: Evidence, now: datetime) -> None:
    found = message_of(tx, sending_id) if sending_id else None
    if found is None:
        return
    event = Happening(
        account_id=tx.account_id,
        message_id=found.message_id,
        sending_id=sending_id,
        recipient_id=recipient_id,
        kind=EventKind.UNSUBSCRIPTION,
        ip=evidence.ip,
        happened_at=now,
    )
    record_events(tx, [event], now=now)
