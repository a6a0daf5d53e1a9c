"""Whether it may be recorded what a person opens and follows: theirs to say, and so unless they say no."""

from sqlalchemy import BindParameter, Integer, bindparam, select, update

from staffetta.db import Statement, Transaction, brief
from staffetta.recipients.tables import recipients

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_THIS = (recipients.c.account_id == _ACCOUNT, recipients.c.id == bindparam("of_recipient", type_=Integer()))
MAY_BE = Statement(select(recipients.c.tracked).where(*_THIS))
LET = Statement(
    update(recipients)
    .where(*_THIS, recipients.c.tracked != bindparam("allowed", type_=recipients.c.tracked.type))
    .values(tracked=bindparam("allowed", type_=recipients.c.tracked.type))
)


@brief
def may_be_followed(tx: Transaction, recipient_id: int) -> bool:
    """Tell whether it may be recorded what a person opens and follows; of nobody it may not."""
    row = tx.first(MAY_BE, of_recipient=recipient_id)
    return bool(row and row.tracked)


@brief
def let_follow(tx: Transaction, recipient_id: int, *, allowed: bool) -> bool:
    """Say whether it may be; return whether that is new. What was recorded before is not this package's to delete."""
    return bool(tx.changed(LET, of_recipient=recipient_id, allowed=allowed))
