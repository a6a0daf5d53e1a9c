"""The SQL of the counts, which are kept by blocks of recipient ids."""

from collections.abc import Mapping

from sqlalchemy import BindParameter, Integer, bindparam, case, func, insert, literal_column, select, union_all, update

from staffetta.db import Statement, Transaction
from staffetta.recipients.model import Channel, Status
from staffetta.recipients.tables import consents, subscription_counts

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_COUNTS = subscription_counts.c
_LIST = bindparam("of_list", type_=Integer())
_CHANNEL = bindparam("of_channel", type_=_COUNTS.channel.type)
_STATUS = bindparam("of_status", type_=_COUNTS.status.type)

_counted = select(_COUNTS.block, _COUNTS.members).where(
    _COUNTS.account_id == _ACCOUNT, _COUNTS.list_id == _LIST, _COUNTS.channel == _CHANNEL, _COUNTS.status == _STATUS
)
# The plus sign lets SQLite walk the partial index of what is not sealed yet, as in the ledger's own queries.
_unsealed = select(
    (consents.c.recipient_id / literal_column("4096")).label("block"),
    (
        case((consents.c.new_status == _STATUS, literal_column("1")), else_=literal_column("0"))
        - case((consents.c.old_status == _STATUS, literal_column("1")), else_=literal_column("0"))
    ).label("members"),
).where(
    literal_column("+consents.account_id") == _ACCOUNT,
    consents.c.position.is_(None),
    consents.c.list_id == _LIST,
    consents.c.channel == _CHANNEL,
)
_both = union_all(_counted, _unsealed).subquery("both")
_members = func.sum(_both.c.members, type_=Integer())
TOTAL = Statement(select(func.coalesce(_members, literal_column("0")).label("members")))
BLOCKS = Statement(
    select(_both.c.block, _members.label("members")).group_by(_both.c.block).order_by(_both.c.block.desc())
)
_KEY = (
    _COUNTS.account_id == _ACCOUNT,
    _COUNTS.list_id == _LIST,
    _COUNTS.channel == _CHANNEL,
    _COUNTS.status == _STATUS,
    _COUNTS.block == bindparam("of_block", type_=Integer()),
)
ADD = Statement(
    update(subscription_counts).where(*_KEY).values(members=_COUNTS.members + bindparam("change", type_=Integer()))
)
BEGIN = Statement(
    insert(subscription_counts).values(
        account_id=_ACCOUNT,
        list_id=_LIST,
        channel=_CHANNEL,
        status=_STATUS,
        block=bindparam("of_block", type_=Integer()),
        members=bindparam("change", type_=Integer()),
    )
)


def total(tx: Transaction, list_id: int, channel: Channel, status: Status) -> int:
    """Return how many stand on a list with a status."""
    return int(tx.first(TOTAL, of_list=list_id, of_channel=channel, of_status=status).members)


def blocks(tx: Transaction, list_id: int, channel: Channel, status: Status) -> list[tuple[int, int]]:
    """Return how many of them are in each block of recipient ids, the newest block first."""
    return tx.all(BLOCKS, of_list=list_id, of_channel=channel, of_status=status)


def add(tx: Transaction, differences: Mapping[tuple[int, int, int, int], int]) -> None:
    """Add to the counts of (list, channel, status, block)."""
    for (list_id, channel, status, block), change in differences.items():
        values = {
            "of_list": list_id,
            "of_channel": channel,
            "of_status": status,
            "of_block": block,
            "change": change,
        }
        if not tx.changed(ADD, **values):
            tx.run(BEGIN, **values)
