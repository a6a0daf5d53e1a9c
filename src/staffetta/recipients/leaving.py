"""What becomes of people when the list or the group that they are on goes, or is emptied."""

from datetime import datetime

from staffetta.db import Transaction
from staffetta.lists import catalog, delete_list, get_group, require_deletable
from staffetta.outbox import cancel_of_list
from staffetta.recipients import leaving_queries
from staffetta.recipients.model import Evidence

# A slice of this many holds other writers up for about a tenth of a second on SQLite.
MOST_AT_ONCE = 5_000
ALL_THAT_CAME_MEANWHILE = 2**31 - 1


def clear_list(tx: Transaction, list_id: int, *, evidence: Evidence, now: datetime, most: int = MOST_AT_ONCE) -> int:
    """End up to `most` subscriptions to a list that is to be removed; return how many, 0 when nobody is on it.

    Each is told of in the ledger, and memberships in the list's groups end with it. What a crash between two calls
    leaves is a list with fewer people on it; repeat the calls.

    Raises:
        UnknownList: the account has no such list.
        ListNotDeletable: it is list 1.

    """
    require_deletable(tx, list_id)
    groups = [group.id for group in catalog(tx).groups_of(list_id)]
    return leaving_queries.end_subscriptions(tx, list_id, groups, most=most, evidence=evidence, now=now)


def remove_list(tx: Transaction, list_id: int, *, evidence: Evidence, now: datetime) -> int:
    """Remove a list with its groups; return how many subscriptions ended with it, each told of in the ledger.

    What is planned for the list is cancelled. Recipients stay, those among them that are on no list any more. A long
    list is better cleared first.

    Raises:
        UnknownList: the account has no such list.
        ListNotDeletable: it is list 1.

    """
    ended = clear_list(tx, list_id, evidence=evidence, now=now, most=ALL_THAT_CAME_MEANWHILE)
    delete_list(tx, list_id)
    cancel_of_list(tx, list_id, now=now)
    return ended


def empty_group(tx: Transaction, list_id: int, group_id: int) -> int:
    """Take everybody out of a group, not off its list; return how many were in it.

    Raises:
        UnknownList, UnknownGroup: the account has no such list, or the list no such group.

    """
    return leaving_queries.delete_members(tx, get_group(tx, list_id, group_id).id)
