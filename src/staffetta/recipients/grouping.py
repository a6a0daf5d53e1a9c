"""One recipient's membership of a group, and what it has to do with the group's list."""

from datetime import datetime

from staffetta.db import Transaction, brief
from staffetta.lists import Group, UnknownGroup, catalog
from staffetta.recipients import queries
from staffetta.recipients.model import Event, Evidence
from staffetta.recipients.placing import is_suppressed, known_recipient, reached_by
from staffetta.recipients.statuses import apply_event


@brief
def group_of(tx: Transaction, group_id: int) -> Group:
    """Return a group of any list by its id, or raise UnknownGroup."""
    found = catalog(tx).groups.get(group_id) or catalog(tx, anew=True).groups.get(group_id)
    if found is None:
        raise UnknownGroup(f"there is no group {group_id}")
    return found


@brief
def join_group(
    tx: Transaction, recipient_id: int, group_id: int, *, subscribes: bool, evidence: Evidence, now: datetime
) -> None:
    """Put a recipient into a group; `subscribes` forces the subscription to the group's list (seed on groups).

    Only a bounce or a complaint stands against that: the group is joined, the list is not. A repeat changes nothing.

    Raises:
        UnknownGroup: the account has no such group.
        UnknownRecipient: there is nobody of this id.

    """
    group = group_of(tx, group_id)
    recipient = known_recipient(tx, recipient_id)
    if group_id not in queries.groups_of(tx, recipient_id):
        queries.join_groups(tx, recipient_id, [group_id])
    channel = reached_by(recipient)
    if subscribes and not is_suppressed(tx, recipient, channel):
        known = queries.subscriptions_of(tx, recipient_id).get((group.list_id, channel))
        apply_event(tx, recipient, group.list_id, channel, known, Event.IMPORT_FORCED, evidence=evidence, now=now)


@brief
def leave_group(tx: Transaction, recipient_id: int, group_id: int) -> None:
    """Take a recipient out of a group; who is not in it stays out, and the list is not left.

    Raises:
        UnknownGroup: the account has no such group.
        UnknownRecipient: there is nobody of this id.

    """
    group_of(tx, group_id)
    known_recipient(tx, recipient_id)
    queries.leave_groups(tx, recipient_id, [group_id])
