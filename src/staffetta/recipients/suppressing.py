"""Who must not be written to: looking at it, and undoing what was a mistake."""

from collections.abc import Iterable
from datetime import datetime

from staffetta.db import Transaction
from staffetta.errors import NotFound
from staffetta.recipients import queries
from staffetta.recipients.ledger_queries import insert_consent, status_before
from staffetta.recipients.model import Cause, Channel, Evidence, Recipient, Status, Subscription, Suppression


class NotSuppressed(NotFound):
    """The address may be written to."""


def list_suppressions(tx: Transaction, *, cause: Cause | None = None, most: int) -> list[Suppression]:
    """Return the addresses that must not be written to, the newest first."""
    return queries.suppressions_of_account(tx, cause=cause, most=most)


def lift_suppression(tx: Transaction, address: str, *, evidence: Evidence, now: datetime) -> list[int]:
    """Let an address be written to again; return the lists that it is back on.

    A bounce that was a mistake is undone: the address stands where the ledger says that it stood before. Whoever has
    complained stays off every list, and can sign up again. The ledger tells of both.

    Raises:
        NotSuppressed: the address may be written to anyhow.

    """
    if not queries.delete_suppression(tx, address):
        raise NotSuppressed(f"{address} is not suppressed")
    recipient = queries.recipient_by_email(tx, address)
    if recipient is None:
        return []
    standings = queries.subscriptions_of(tx, recipient.id).values()
    return list(_put_back(tx, recipient, standings, evidence=evidence, now=now))


def _put_back(
    tx: Transaction, recipient: Recipient, standings: Iterable[Subscription], *, evidence: Evidence, now: datetime
) -> Iterable[int]:
    for standing in standings:
        if standing.channel != Channel.EMAIL or standing.cause is None or not standing.cause.is_final:
            continue
        before = status_before(tx, recipient.id, standing.list_id, standing.cause)
        returns = standing.cause == Cause.BOUNCE and before in (Status.SUBSCRIBED, Status.PENDING)
        new = before if returns and before else Status.UNSUBSCRIBED
        # Of who stays off, a cause that ends nothing for good: with the old one they could never sign up again.
        cause = None if returns else Cause.CONSOLE
        queries.update_subscription(tx, recipient.id, standing.list_id, Channel.EMAIL, status=new, cause=cause, now=now)
        insert_consent(
            tx,
            recipient,
            standing.list_id,
            Channel.EMAIL,
            old=Status.UNSUBSCRIBED,
            new=new,
            cause=cause,
            evidence=evidence,
            now=now,
        )
        if returns:
            yield standing.list_id
