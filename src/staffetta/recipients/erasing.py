"""Forgetting: a recipient's relation to one list, or the whole person."""

from collections.abc import Callable, Collection
from datetime import datetime

from staffetta import outbox
from staffetta.db import Transaction, brief
from staffetta.errors import PermissionDenied
from staffetta.lists import catalog, get_list, require_removable
from staffetta.recipients import leaving_queries, ledger, queries
from staffetta.recipients.model import Cause, Channel, Event, Evidence, Recipient, Subscription
from staffetta.recipients.placing import known_recipient
from staffetta.recipients.statuses import apply_event

# Each takes a millisecond or two, while other writers wait.
MOST_AT_ONCE = 100


class BeyondTheirLists(PermissionDenied):
    """The person is on lists that the caller does not see."""


@brief
def take_off_list(tx: Transaction, recipient_id: int, list_id: int, *, evidence: Evidence, now: datetime) -> None:
    """Forget a recipient's relation to a list, its groups too, as if there had been none; the ledger tells of it.

    A repeat changes nothing. What must not be written to stays so.

    Raises:
        UnknownList: the account has no such list.
        UnknownRecipient: there is nobody of this id.

    """
    mailing_list = get_list(tx, list_id)
    recipient = known_recipient(tx, recipient_id)
    groups = {group.id for group in catalog(tx, anew=True).groups_of(list_id)}
    _take_off(tx, recipient, mailing_list.id, groups, evidence=evidence, now=now)


def take_members_off_list(
    tx: Transaction,
    list_id: int,
    group_id: int,
    *,
    evidence: Evidence,
    now: datetime,
    most: int = MOST_AT_ONCE,
    erase_one: Callable[..., None] | None = None,
) -> int:
    """Take up to `most` members of a group that is to be removed off its list; return how many, 0 when it is empty.

    Who stands on no other list, not even as one who left it, is erased, by `erase_one` where others keep something of
    people as well. What a crash between two calls leaves is a
    group with fewer members; repeat the calls.

    Raises:
        UnknownList, UnknownGroup: the account has no such list, or the list no such group.
        GroupNotDeletable: every list keeps the group.

    """
    require_removable(tx, list_id, group_id)
    groups = {group.id for group in catalog(tx, anew=True).groups_of(list_id)}
    members = leaving_queries.members_of(tx, group_id, most=most)
    for recipient_id in members:
        recipient = queries.recipient_by_id(tx, recipient_id)
        standing = queries.subscriptions_of(tx, recipient_id)
        if recipient and all(each.list_id == list_id for each in standing.values()):
            (erase_one or erase)(tx, recipient_id, evidence=evidence, now=now)
        elif recipient:
            _take_off(tx, recipient, list_id, groups, evidence=evidence, now=now)
        else:
            # Who joined while being erased by another connection; left alone, they would never let the group end.
            queries.leave_groups(tx, recipient_id, [group_id])
    return len(members)


def erase(
    tx: Transaction,
    recipient_id: int,
    *,
    evidence: Evidence,
    now: datetime,
    lists: Collection[int] | None = None,
) -> None:
    """Forget a person for good: data, subscriptions, groups, mails to them, and who they were in the ledger.

    The ledger keeps its digests and says that somebody was erased. An address that must not be written to stays so.
    `lists` are those that the caller sees; None means all.

    Raises:
        UnknownRecipient: there is nobody of this id, or no more.
        BeyondTheirLists: the person is on a list that the caller does not see.

    """
    recipient = known_recipient(tx, recipient_id)
    standing = queries.subscriptions_of(tx, recipient_id)
    if lists is not None and not {each.list_id for each in standing.values()} <= set(lists):
        raise BeyondTheirLists("the recipient is on lists that are not visible to this user")
    _detach(tx, recipient, standing, cause=Cause.ERASURE, evidence=evidence, now=now)
    queries.leave_groups(tx, recipient_id, sorted(queries.groups_of(tx, recipient_id)))
    outbox.forget(tx, recipient_id, now=now)
    queries.delete_recipient(tx, recipient_id)
    ledger.forget(tx, recipient_id, evidence=evidence, now=now)


def _take_off(
    tx: Transaction, recipient: Recipient, list_id: int, groups: set[int], *, evidence: Evidence, now: datetime
) -> None:
    standing = queries.subscriptions_of(tx, recipient.id)
    of_list = {key: each for key, each in standing.items() if each.list_id == list_id}
    _detach(tx, recipient, of_list, cause=Cause.API, evidence=evidence, now=now)
    queries.leave_groups(tx, recipient.id, sorted(groups & queries.groups_of(tx, recipient.id)))


def _detach(
    tx: Transaction,
    recipient: Recipient,
    standing: dict[tuple[int, Channel], Subscription],
    *,
    cause: Cause,
    evidence: Evidence,
    now: datetime,
) -> None:
    for (list_id, channel), known in standing.items():
        apply_event(tx, recipient, list_id, channel, known, Event.DETACH, evidence=evidence, now=now, cause=cause)
