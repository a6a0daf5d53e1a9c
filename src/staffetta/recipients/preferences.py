"""What a person sees and changes by the links in their mail: the lists they are on, their fields and groups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from staffetta.db import Transaction
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import Catalog, Field, Group, MailingList, catalog
from staffetta.recipients import queries
from staffetta.recipients.following import let_follow, may_be_followed
from staffetta.recipients.model import AddressSuppressed, Cause, Channel, Event, Evidence, Status
from staffetta.recipients.profiles import Profile, change_groups, get_profile, save_fields
from staffetta.recipients.signing_up import SignUp, subscribe
from staffetta.recipients.statuses import apply_event
from staffetta.recipients.unsubscribing import unsubscribe

ON = (Status.SUBSCRIBED, Status.PENDING)

# A person is shown the fields that say something of them, and these many that a form is likely to ask for.
FIELDS_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands on the lists that an account has."""

    profile: Profile
    catalog: Catalog
    # Whether it may be recorded what the person opens and follows.
    followed: bool = True

    def lists_named(self, list_ids: Sequence[int]) -> list[MailingList]:
        """Return those of the lists that still exist."""
        return [self.catalog.lists[each] for each in list_ids if each in self.catalog.lists]

    @property
    def lists_on(self) -> list[MailingList]:
        """The lists that the person is on, those not confirmed yet among them."""
        return self.lists_named(self.profile.lists_with(*ON))

    @property
    def lists_received(self) -> list[MailingList]:
        """The lists that the person is subscribed to."""
        return self.lists_named(self.profile.lists_with(Status.SUBSCRIBED))

    @property
    def offered(self) -> list[MailingList]:
        """The lists that a preference centre shows: all public ones, and those that the person is on."""
        on = self.lists_on
        return [each for each in self.catalog.lists.values() if each.settings.public or each in on]

    @property
    def fields_shown(self) -> list[Field]:
        """The fields that have a value, and the first few that the account has given a name."""
        fields = self.catalog.fields.values()
        first = [each for each in fields if each.name.lower() != f"campo{each.id}"][:FIELDS_SHOWN]
        return [each for each in fields if each in first or self.profile.recipient.fields.get(str(each.id))]

    def groups_offered(self, list_id: int) -> list[Group]:
        """Return the groups of a list that a person may choose: not those that every list has for its owner's use."""
        return [each for each in self.catalog.groups_of(list_id) if each.deletable]

    def left_by_link(self, list_id: int) -> bool:
        """Tell whether the person has left a list by a link of ours, and may come back by one."""
        return any(
            each.list_id == list_id and each.status == Status.UNSUBSCRIBED and each.cause == Cause.LINK
            for each in self.profile.subscriptions.values()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person has chosen: the lists to receive, the groups to be in, the values of fields.

    `followed` is whether it may be recorded what they open and follow; None where they were not asked.
    """

    lists: Collection[int] = ()
    groups: Collection[int] = ()
    fields: Mapping[int, str] = field(default_factory=dict)
    followed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What became of a person's wishes: the lists that they left, and those that they receive now."""

    left: Sequence[MailingList]
    received: Sequence[MailingList]


def read_standing(tx: Transaction, recipient_id: int, list_ids: Sequence[int] = ()) -> Standing:
    """Return where a person stands, with the lists that a link names if they exist.

    Raises:
        UnknownRecipient: there is none, or it was erased.

    """
    known = catalog(tx)
    if not all(each in known.lists for each in list_ids):
        known = catalog(tx, anew=True)
    profile = get_profile(tx, recipient_id)
    return Standing(profile=profile, catalog=known, followed=may_be_followed(tx, recipient_id))


def save_preferences(
    tx: Transaction,
    recipient_id: int,
    wishes: Wishes,
    *,
    base_url: str,
    host: str,
    evidence: Evidence,
    now: datetime,
) -> Granted:
    """Grant what a person chose in the preference centre; a repeat changes nothing.

    Lists that are offered and not wished for are left. Others are subscribed to without asking again, for who holds a
    link has the mailbox, unless the address bounced or its owner complained. Groups change on the lists wished for.

    Raises:
        UnknownRecipient: the recipient was erased.

    """
    before = read_standing(tx, recipient_id)
    offered = {each.id for each in before.offered}
    wanted = offered & set(wishes.lists)
    leaving = tuple(each.id for each in before.lists_on if each.id not in wanted)
    left = unsubscribe(
        tx, recipient_id, leaving, base_url=base_url, host=host, cause=Cause.LINK, evidence=evidence, now=now
    )
    joining = wanted - {each.id for each in before.lists_received}
    _join(tx, before.profile, sorted(joining), evidence=evidence, now=now)
    _save(tx, before, wishes, list_ids=tuple(sorted(wanted)), now=now)
    return Granted(left=left, received=read_standing(tx, recipient_id).lists_received)


def save_profile(
    tx: Transaction, recipient_id: int, list_ids: tuple[int, ...], wishes: Wishes, *, now: datetime
) -> None:
    """Change the fields that a person is shown and their groups on some lists, never where they stand.

    Raises:
        UnknownRecipient: the recipient was erased.

    """
    _save(tx, read_standing(tx, recipient_id, list_ids), wishes, list_ids=list_ids, now=now)


def resubscribe(
    tx: Transaction, recipient_id: int, list_ids: Sequence[int], *, evidence: Evidence, now: datetime
) -> list[MailingList]:
    """Undo a person's leaving by link, on the channels that were left; return those of the lists received now.

    Who left in another way, or whose address must not be written to, stays away.

    Raises:
        UnknownRecipient: the recipient was erased.

    """
    standing = read_standing(tx, recipient_id, list_ids)
    recipient = standing.profile.recipient
    addresses = {Channel.EMAIL: recipient.email, Channel.SMS: recipient.mobile}
    for (list_id, channel), subscription in standing.profile.subscriptions.items():
        left_by_link = subscription.status == Status.UNSUBSCRIBED and subscription.cause == Cause.LINK
        if list_id not in list_ids or not left_by_link or queries.is_suppressed(tx, addresses[channel] or ""):
            continue
        apply_event(tx, recipient, list_id, channel, subscription, Event.SIGN_UP, evidence=evidence, now=now)
    return [each for each in read_standing(tx, recipient_id).lists_received if each.id in list_ids]


def _join(tx: Transaction, profile: Profile, list_ids: Sequence[int], *, evidence: Evidence, now: datetime) -> None:
    email = profile.recipient.email
    if email is None:
        return
    for list_id in list_ids:
        known = profile.subscriptions.get((list_id, Channel.EMAIL))
        if known and known.cause is not None and known.cause.is_final:
            continue
        try:
            sign_up = SignUp(lists=(list_id,), email=EmailAddress(email), confirm=False)
            subscribe(tx, sign_up, evidence=evidence, now=now)
        except AddressSuppressed:
            return


def _save(tx: Transaction, standing: Standing, wishes: Wishes, *, list_ids: tuple[int, ...], now: datetime) -> None:
    shown = {each.id for each in standing.fields_shown}
    values = {number: value for number, value in wishes.fields.items() if number in shown}
    save_fields(tx, standing.profile.recipient, values, now=now)
    if wishes.followed is not None:
        let_follow(tx, standing.profile.recipient.id, allowed=wishes.followed)
    offered = {group.id for list_id in list_ids for group in standing.groups_offered(list_id)}
    others = set(standing.profile.groups) - offered
    change_groups(tx, standing.profile.recipient.id, others | offered & set(wishes.groups), of_lists=list_ids)
