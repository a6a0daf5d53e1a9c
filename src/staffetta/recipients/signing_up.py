"""Signing up: the one operation behind every form page, interface, import and console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from staffetta.db import ALONE, Alone, Call, Transaction, brief, together
from staffetta.errors import Refusal
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language
from staffetta.kit.phones import MobileNumber
from staffetta.lists import MailingList, catalog, find_groups, get_list, get_lists
from staffetta.outbox import NewDelivery, planned_since, put
from staffetta.recipients import queries
from staffetta.recipients.model import AddressSuppressed, Channel, Event, Evidence, Recipient, Status
from staffetta.recipients.statuses import apply_event

CONFIRMATION = "confirmation"
LONGEST_VALUE = 1_000


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs up, for which lists, and how the platform asks back.

    At least one of `email` and `mobile` is given. `confirm` asks the person by mail before anything is sent to them.
    `ask_for` is the list whose message asks for all of them; None asks for each list by its own.
    """

    lists: tuple[int, ...]
    email: EmailAddress | None = None
    mobile: MobileNumber | None = None
    groups: tuple[int, ...] = ()
    fields: Mapping[int, str] = msgspec.field(default_factory=dict)
    name: str = ""
    language: Language | None = None
    confirm: bool = True
    ask_for: int | None = None
    sender_email: str = ""
    sender_name: str = ""
    base_url: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How often an address is asked for its confirmation; None asks without end, zero never."""

    interval: timedelta
    per_day: int


class SignedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-up came to: the status on every list, whether that was so before, and how many mails ask."""

    recipient_id: int
    statuses: tuple[Status, ...]
    was_subscribed: bool
    requests: int


def _subscribe_together(calls: Sequence[Call]) -> list[SignedUp | Refusal | Alone]:
    """Do what `subscribe` does for many: those whom nobody knows are written together."""
    new = _newcomers(calls)
    with calls[0].tx.gathering():
        return [call.answer(_welcome) if number in new else ALONE for number, call in enumerate(calls)]


def _newcomers(calls: Sequence[Call]) -> set[int]:
    """Return which calls are about an address that neither the account nor another call knows."""
    by_address: dict[tuple[Transaction, str], list[int]] = {}
    for number, (tx, (sign_up, *_), _) in enumerate(calls):
        if sign_up.email and not sign_up.mobile:
            by_address.setdefault((tx, sign_up.email.text), []).append(number)
    known: dict[Transaction, set[str]] = {
        tx: queries.known_among(tx, [address for wall, address in by_address if wall is tx])
        for tx in {tx for tx, _ in by_address}
    }
    return {
        numbers[0] for (tx, address), numbers in by_address.items() if len(numbers) == 1 and address not in known[tx]
    }


def _welcome(
    tx: Transaction, sign_up: SignUp, *, evidence: Evidence, now: datetime, caps: Caps | None = None
) -> SignedUp:
    lists = get_lists(tx, tuple(dict.fromkeys(sign_up.lists)))
    return _put_on(tx, lists, None, sign_up, evidence=evidence, now=now, caps=caps)


@together(_subscribe_together)
@brief
def subscribe(
    tx: Transaction, sign_up: SignUp, *, evidence: Evidence, now: datetime, caps: Caps | None = None
) -> SignedUp:
    """Put a person on lists; with `confirm` they are pending and are mailed a link to confirm by.

    Signing up twice is harmless: someone subscribed stays so, is mailed nothing, and gets the groups and fields all
    the same (contract 15.10). Someone pending is asked again, within the caps.

    Raises:
        UnknownList: the account has not all of the lists; nothing has changed.
        AddressSuppressed: the address bounced or complained, and must not be written to, not even to ask.

    """
    lists = get_lists(tx, tuple(dict.fromkeys(sign_up.lists)))
    found = _find(tx, sign_up)
    for address in (sign_up.email and sign_up.email.text, sign_up.mobile and sign_up.mobile.digits):
        if address and queries.is_suppressed(tx, address):
            raise AddressSuppressed("the address is suppressed")
    return _put_on(tx, lists, found, sign_up, evidence=evidence, now=now, caps=caps)


def _put_on(
    tx: Transaction,
    lists: Sequence[MailingList],
    found: Recipient | None,
    sign_up: SignUp,
    *,
    evidence: Evidence,
    now: datetime,
    caps: Caps | None,
) -> SignedUp:
    """Put somebody on lists who is known, or is not."""
    recipient, changed = save_person(tx, sign_up, found, now=now)
    current = queries.subscriptions_of(tx, recipient.id) if found else {}

    event = Event.SIGN_UP_TO_CONFIRM if sign_up.confirm and sign_up.email else Event.SIGN_UP
    old_statuses: list[Status] = []
    statuses: list[Status] = []
    to_ask: list[MailingList] = []
    for mailing_list in lists:
        for channel in channels_of(sign_up):
            known = current.get((mailing_list.id, channel))
            old, new = apply_event(tx, recipient, mailing_list.id, channel, known, event, evidence=evidence, now=now)
            if new == Status.UNSUBSCRIBED:
                raise AddressSuppressed("the address bounced or complained")
            old_statuses.append(old)
            statuses.append(new)
            if new == Status.PENDING and mailing_list not in to_ask:
                to_ask.append(mailing_list)

    join_wanted(tx, recipient.id, sign_up, is_new=found is None)
    requests = ask_to_confirm(tx, recipient, sign_up, to_ask, now=now, caps=caps, is_new=found is None) if to_ask else 0
    return SignedUp(
        recipient_id=recipient.id,
        statuses=tuple(statuses),
        was_subscribed=not changed and all(status == Status.SUBSCRIBED for status in old_statuses),
        requests=requests,
    )


def channels_of(sign_up: SignUp) -> list[Channel]:
    """Return the channels that the person has given an address for."""
    return [Channel.EMAIL] * bool(sign_up.email) + [Channel.SMS] * bool(sign_up.mobile)


def _find(tx: Transaction, sign_up: SignUp) -> Recipient | None:
    if sign_up.email:
        return queries.recipient_by_email(tx, sign_up.email.text)
    assert sign_up.mobile  # noqa: S101 - one of the two is given
    return queries.recipient_by_mobile(tx, sign_up.mobile.digits)


def save_person(tx: Transaction, sign_up: SignUp, found: Recipient | None, *, now: datetime) -> tuple[Recipient, bool]:
    """Return the recipient as it is now, and whether an existing one got another number (contract 9.3)."""
    mobile = sign_up.mobile.digits if sign_up.mobile else None
    fields = known_fields(tx, sign_up.fields)
    if found is None:
        recipient = Recipient(
            id=tx.pooled_id("recipient"),
            email=sign_up.email.text if sign_up.email else None,
            mobile=mobile,
            name=sign_up.name,
            language=sign_up.language,
            fields=fields,
        )
        queries.insert_recipient(tx, recipient, now=now)
        return recipient, False
    recipient = msgspec.structs.replace(
        found,
        mobile=mobile or found.mobile,
        name=sign_up.name or found.name,
        language=sign_up.language or found.language,
        fields={**found.fields, **fields},
    )
    if recipient != found:
        queries.update_recipient(tx, recipient, now=now)
    return recipient, recipient.mobile != found.mobile and found.mobile is not None


def known_fields(tx: Transaction, values: Mapping[int, str]) -> dict[str, str]:
    """Return the values of fields that the account has, by number; an empty value changes nothing."""
    if not values:
        return {}
    known = catalog(tx).fields
    if not all(number in known for number in values):
        known = catalog(tx, anew=True).fields
    return {str(number): value[:LONGEST_VALUE] for number, value in values.items() if number in known and value}


def join_wanted(tx: Transaction, recipient_id: int, sign_up: SignUp, *, is_new: bool) -> None:
    """Put the person into those of the groups that belong to the lists."""
    wanted = {group.id for group in find_groups(tx, sign_up.groups, list_ids=sign_up.lists)}
    if wanted:
        queries.join_groups(tx, recipient_id, wanted if is_new else wanted - queries.groups_of(tx, recipient_id))


def ask_to_confirm(
    tx: Transaction,
    recipient: Recipient,
    sign_up: SignUp,
    lists: Sequence[MailingList],
    *,
    now: datetime,
    caps: Caps | None,
    is_new: bool,
) -> int:
    """Plan the confirmation requests and return how many; the caps guard strangers from being flooded by a form."""
    assert recipient.email  # noqa: S101 - only an address can be asked
    requests: list[tuple[MailingList, tuple[MailingList, ...]]]
    if sign_up.ask_for is None:
        requests = [(each, (each,)) for each in lists]
    else:
        requests = [(get_list(tx, sign_up.ask_for), tuple(lists))]
    if caps:
        asked = [] if is_new else planned_since(tx, recipient.id, CONFIRMATION, now - timedelta(days=1))
        lately = {row.list_id for row in asked if row.created_at > now - caps.interval}
        requests = [each for each in requests if each[0].id not in lately][: max(0, caps.per_day - len(asked))]
    for mailing_list, confirms in requests:
        details = {
            "lists": [each.id for each in confirms],
            "base_url": sign_up.base_url,
            "language": recipient.language.value if recipient.language else "",
        }
        if sign_up.sender_email or sign_up.sender_name:
            details["sender"] = [sign_up.sender_email, sign_up.sender_name]
        put(
            tx,
            NewDelivery(
                kind=CONFIRMATION,
                address=recipient.email,
                list_id=mailing_list.id,
                recipient_id=recipient.id,
                details=details,
            ),
            host=sign_up.host,
            now=now,
        )
    return len(requests)
