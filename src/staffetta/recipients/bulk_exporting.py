"""Reading a whole list, a page at a time, for files: whoever reads holds nothing up and little in memory."""

from typing import Any

from staffetta.db import Transaction
from staffetta.lists import get_list
from staffetta.recipients import bulk_queries as queries
from staffetta.recipients.model import Channel, Status


def export_page(
    tx: Transaction, list_id: int, status: Status, *, channel: Channel = Channel.EMAIL, after: int = 0, most: int
) -> list[Any]:
    """Return recipients of one status on a list with ids beyond `after`, in the order in which they came.

    The next page begins after the last one's id; whoever comes or goes meanwhile is in it as things are then.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    return queries.page_after(tx, list_id, channel, status, after, most)
