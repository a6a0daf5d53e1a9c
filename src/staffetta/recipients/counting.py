"""How many stand where on each list, without counting them.

The counts follow from the ledger: sealing an entry takes one from its old status and adds one to its new status. What
is not sealed yet, half a second's changes, is added when the counts are read; so they are exact at any time.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from staffetta.db import Transaction, brief
from staffetta.recipients import counting_queries as queries
from staffetta.recipients.model import Channel, Status

# Ids in one block: the most that a page far back has to pass over, and 250 rows for a list of a million.
BLOCK = 4_096

# A kind of change: list, channel, old and new status.
Kind: TypeAlias = tuple[int, int, int, int]


@brief
def count(tx: Transaction, list_id: int, channel: Channel, status: Status) -> int:
    """Return how many stand on a list with a status."""
    return queries.total(tx, list_id, channel, status)


def locate(tx: Transaction, list_id: int, channel: Channel, status: Status, offset: int) -> tuple[int | None, int]:
    """Return where a page begins, newest first: below which recipient id, and how many to pass over from there.

    None means from the newest. Past the end the second is what is left of `offset`.
    """
    if offset < BLOCK:
        return None, offset
    before = None
    for block, members in queries.blocks(tx, list_id, channel, status):
        if offset < members:
            return (block + 1) * BLOCK, offset
        offset -= members
        before = block * BLOCK
    return before, offset


def count_changes(tx: Transaction, changes: Iterable[tuple[Kind, Iterable[int]]]) -> None:
    """Count changes that are sealed now: each kind of them, and the ids of the recipients whose they are.

    The caller holds the head of the account's chain: nobody else changes these counts.
    """
    differences: Counter[tuple[int, int, int, int]] = Counter()
    for (list_id, channel, old, new), recipient_ids in changes:
        for block, people in Counter(recipient_id // BLOCK for recipient_id in recipient_ids).items():
            differences[list_id, channel, new, block] += people
            differences[list_id, channel, old, block] -= people
    queries.add(tx, {key: change for key, change in differences.items() if change and key[2] != Status.NOT_REGISTERED})
