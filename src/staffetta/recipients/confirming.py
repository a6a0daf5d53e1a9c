"""Confirming: the person followed the link of the confirmation request."""

from datetime import datetime

from staffetta.db import Transaction, brief
from staffetta.lists import MailingList, catalog
from staffetta.outbox import NewDelivery, put
from staffetta.recipients import queries
from staffetta.recipients.model import Event, Evidence, Recipient, Status, UnknownRecipient
from staffetta.recipients.statuses import apply_event

WELCOME = "welcome"


@brief
def confirm(
    tx: Transaction,
    recipient_id: int,
    list_ids: tuple[int, ...],
    *,
    base_url: str,
    host: str,
    evidence: Evidence,
    now: datetime,
) -> list[MailingList]:
    """Turn every pending subscription of a request into a subscribed one; return the lists that still exist.

    A repeat changes nothing and returns the same. Who has unsubscribed meanwhile stays unsubscribed. One welcome mail
    names the lists that ask for one and were confirmed now.

    Raises:
        UnknownRecipient: the recipient was erased.

    """
    recipient = queries.recipient_by_id(tx, recipient_id)
    if recipient is None:
        raise UnknownRecipient("nobody asked for this confirmation any more")
    known = catalog(tx).lists
    if not all(list_id in known for list_id in list_ids):
        known = catalog(tx, anew=True).lists
    lists = [known[list_id] for list_id in list_ids if list_id in known]
    current = queries.subscriptions_of(tx, recipient.id)
    confirmed: list[MailingList] = []
    for mailing_list in lists:
        for (list_id, channel), subscription in current.items():
            if list_id == mailing_list.id and subscription.status == Status.PENDING:
                apply_event(tx, recipient, list_id, channel, subscription, Event.CONFIRM, evidence=evidence, now=now)
                if mailing_list not in confirmed:
                    confirmed.append(mailing_list)
    _welcome(tx, recipient, confirmed, base_url=base_url, host=host, now=now)
    return lists


def _welcome(
    tx: Transaction, recipient: Recipient, confirmed: list[MailingList], *, base_url: str, host: str, now: datetime
) -> None:
    welcoming = [each for each in confirmed if each.settings.subscribed_email]
    if welcoming and recipient.email:
        put(
            tx,
            NewDelivery(
                kind=WELCOME,
                address=recipient.email,
                list_id=welcoming[0].id,
                recipient_id=recipient.id,
                details={
                    "lists": [each.id for each in welcoming],
                    "base_url": base_url,
                    "language": recipient.language.value if recipient.language else "",
                },
            ),
            host=host,
            now=now,
        )
