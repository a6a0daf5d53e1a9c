"""Erasing people, with what they did with their mail."""

from collections.abc import Collection
from datetime import datetime

from staffetta import recipients
from staffetta.campaigns.delivery_queries import forget_replies
from staffetta.campaigns.time_lines import forget_person
from staffetta.db import Transaction
from staffetta.recipients import Evidence


def erase(
    tx: Transaction,
    recipient_id: int,
    *,
    evidence: Evidence,
    now: datetime,
    lists: Collection[int] | None = None,
) -> None:
    """Forget a person for good, as `recipients.erase` does, with what they opened and followed, and what servers said.

    What was counted of messages stays counted, and that mails were sent to a number that is nobody's now.

    Raises:
        UnknownRecipient: there is nobody of this id, or no more.
        BeyondTheirLists: the person is on a list that the caller does not see.

    """
    recipients.erase(tx, recipient_id, evidence=evidence, now=now, lists=lists)
    forget_person(tx, recipient_id)
    forget_replies(tx, recipient_id)


def take_members_off_list(tx: Transaction, list_id: int, group_id: int, *, evidence: Evidence, now: datetime) -> int:
    """Take members of a group that is to be removed off its list, as `recipients.take_members_off_list` does."""
    return recipients.take_members_off_list(tx, list_id, group_id, evidence=evidence, now=now, erase_one=erase)
