"""The SQL of looking at a message before it is sent."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Integer, Text, bindparam, func, select

from staffetta.campaigns.tables import attachments, images
from staffetta.db import Statement, Transaction, json_rows

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_PATHS = json_rows("paths", path=Text)
ATTACHED = Statement(
    select(func.coalesce(func.sum(func.length(attachments.c.content)), 0).label("octets")).where(
        attachments.c.account_id == _ACCOUNT, attachments.c.message_id == bindparam("of_message", type_=Integer())
    )
)
PICTURES = Statement(
    select(images.c.path, func.length(images.c.content).label("octets")).where(
        images.c.account_id == _ACCOUNT, images.c.path.in_(select(_PATHS.c.path))
    )
)


def attached_octets(tx: Transaction, message_id: int) -> int:
    """Return how many octets are attached to a message."""
    return int(tx.first(ATTACHED, of_message=message_id).octets)


def picture_octets(tx: Transaction, paths: Sequence[str]) -> dict[str, int]:
    """Return how many octets the images at some paths have, in the order of the paths; none for those that are gone."""
    if not paths:
        return {}
    found = {row.path: int(row.octets) for row in tx.all(PICTURES, paths=[[path] for path in paths])}
    return {path: found[path] for path in paths if path in found}
