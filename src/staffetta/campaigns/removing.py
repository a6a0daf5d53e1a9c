"""Removing a list with what was written for it."""

from datetime import datetime

from staffetta import recipients
from staffetta.campaigns import image_queries, queries
from staffetta.db import Transaction
from staffetta.lists import require_deletable
from staffetta.recipients import Evidence

# With a megabyte in each, as many as do not hold other writers up for long.
MOST_AT_ONCE = 100


def clear_list(tx: Transaction, list_id: int, *, evidence: Evidence, now: datetime) -> int:
    """Take some of what a list that is to be removed has; return how much, 0 when nothing is left.

    First its messages go, then the subscriptions to it. Repeat the calls, also after a crash between two of them.

    Raises:
        UnknownList: the account has no such list.
        ListNotDeletable: it is list 1.

    """
    require_deletable(tx, list_id)
    return _delete_messages(tx, list_id) or recipients.clear_list(tx, list_id, evidence=evidence, now=now)


def remove_list(tx: Transaction, list_id: int, *, evidence: Evidence, now: datetime) -> int:
    """Remove a list with its groups, messages, tags and images; return how many subscriptions ended with it.

    A long list is better cleared first.

    Raises:
        UnknownList: the account has no such list.
        ListNotDeletable: it is list 1.

    """
    require_deletable(tx, list_id)
    while _delete_messages(tx, list_id):
        pass
    queries.delete_tags_of_list(tx, list_id)
    image_queries.delete_images_of_list(tx, list_id)
    return recipients.remove_list(tx, list_id, evidence=evidence, now=now)


def _delete_messages(tx: Transaction, list_id: int) -> int:
    going = queries.some_of_list(tx, list_id, most=MOST_AT_ONCE)
    if going:
        queries.delete_messages(tx, going)
    return len(going)
