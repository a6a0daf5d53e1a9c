"""Launching messages: to a list, to groups of it or to one person, at once or at a time to come.

A launch writes one row, the sending. Who gets it is found out as it goes: a sender asks for the next people of the
audience, and writes a row for each with the commit that claims them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from staffetta import outbox
from staffetta.accounts import find_account
from staffetta.campaigns import audiences, queries
from staffetta.campaigns import delivery_queries as deliveries
from staffetta.campaigns import sending_queries as sendings
from staffetta.campaigns.delivery_queries import Doubtful
from staffetta.campaigns.ending import end_if_settled
from staffetta.campaigns.model import LONGEST_NOTE, Message, UnknownMessage, check_text, one_line
from staffetta.campaigns.originating import require_sender
from staffetta.campaigns.repeating import KeyTaken, check_key, find_repeated
from staffetta.campaigns.sendings import Audience, CampaignSending, Launched
from staffetta.campaigns.writing import find_message
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument, ResourceExhausted
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import get_group
from staffetta.messages import find_sender_address
from staffetta.outbox import DeliveryState, SendingState, UnknownSending
from staffetta.recipients import Evidence, SignUp, Sought, Status, check_status, place, search
from staffetta.settings import InDoubtPolicy

LONGEST_NAME = 100
# Whoever has more people in mind than this puts them into a group.
MOST_RECIPIENTS = 10_000


class TooLate(FailedPrecondition):
    """A sending would begin after the time after which it must not."""


class NotSubscribed(FailedPrecondition):
    """The person does not get what is sent to the list."""


def send_message(
    tx: Transaction,
    list_id: int,
    message_id: int,
    *,
    audience: Audience,
    starts_at: datetime | None = None,
    not_after: datetime | None = None,
    sender_name: str = "",
    sender_email: str = "",
    once_key: str | None = None,
    in_doubt: str = "",
    notes: str = "",
    now: datetime,
) -> Launched:
    """Launch a message of a list, at once or at an instant to come; one that has passed means at once.

    A caller that gives `once_key` may repeat the call: the sending of that key is answered, whatever has become of it,
    and no other is made. What would begin after `not_after` does not begin at all. `in_doubt` is one of InDoubtPolicy
    for what a crash leaves in doubt; without it the platform's own is heeded.

    Raises:
        KeyTaken: the key is that of a sending of another message, or to others.
        UnknownMessage, UnknownGroup: the list has none of this id.
        InvalidArgument: something given is no address, too long, or contradicts itself.
        SenderDisabled: the address that it would say it is from was disabled.
        ResourceExhausted: it is for more people than the account's plan has messages left this month.

    """
    key = check_key(once_key)
    repeated = find_repeated(tx, key, list_id=list_id, message_id=message_id, audience=audience)
    if repeated:
        return repeated
    message = find_message(tx, list_id, message_id)
    _check(tx, message, audience)
    sender_email = _sender(sender_email)
    require_sender(tx, list_id, sender_email)
    begins = max(starts_at, now) if starts_at else now
    if not_after is not None and not_after < begins:
        raise InvalidArgument("the sending would begin after the time after which it must not")
    sending = CampaignSending(
        id=0,
        list_id=list_id,
        message_id=message_id,
        subject=message.subject,
        notes=check_text("notes", notes, LONGEST_NOTE) or message.notes,
        state=SendingState.DEFERRED if begins > now else SendingState.IMMEDIATE,
        starts_at=begins,
        not_after=not_after,
        sender_name=one_line("sender's name", sender_name, LONGEST_NAME),
        sender_email=sender_email,
        once_key=key,
        in_doubt=_policy(in_doubt),
        addressed=audiences.count(tx, list_id, audience, message_id=message_id),
        created_at=now,
        audience=audience,
    )
    return _add(tx, sending, now=now)


def send_to_one(
    tx: Transaction,
    message_id: int,
    address: EmailAddress,
    *,
    values: Mapping[int, str],
    starts_at: datetime | None = None,
    not_after: datetime | None = None,
    sender_name: str = "",
    sender_email: str = "",
    once_key: str | None = None,
    in_doubt: str = "",
    evidence: Evidence,
    now: datetime,
) -> Launched:
    """Send a message to one address, at once if not told otherwise (contract rest.md 7.7, D3).

    Whoever is new to its list is subscribed to it; who has left it is not brought back. `once_key` is as for
    `send_message`, also when the person has left since.

    Raises:
        KeyTaken: the key is that of a sending of another message, to somebody else or with other values.
        UnknownMessage: the account has no such message.
        NotSubscribed: the person has left the list, or was asked to confirm and has not.
        AddressSuppressed: the address bounced, or its owner complained.

    """
    message = message_of_account(tx, message_id)
    key = check_key(once_key)
    if key is not None:
        known = tuple(each.recipient.id for each in search(tx, Sought(emails=[address.text])))
        audience = Audience(recipients=known, values=values)
        repeated = find_repeated(tx, key, list_id=message.list_id, message_id=message_id, audience=audience)
        if repeated:
            return repeated
    sign_up = SignUp(email=address, lists=(message.list_id,), confirm=False)
    placed = place(tx, sign_up, evidence=evidence, now=now)
    if check_status(tx, message.list_id, address) != Status.SUBSCRIBED:
        raise NotSubscribed("the address is not subscribed to the list of the message")
    return send_message(
        tx,
        message.list_id,
        message_id,
        audience=Audience(recipients=(placed.recipient_id,), values=values),
        starts_at=starts_at,
        not_after=not_after,
        sender_name=sender_name,
        sender_email=sender_email,
        once_key=key,
        in_doubt=in_doubt,
        now=now,
    )


def message_of_account(tx: Transaction, message_id: int) -> Message:
    """Return a message of whatever list, or raise UnknownMessage."""
    message = queries.find_message(tx, message_id)
    if message is None:
        raise UnknownMessage(f"there is no message {message_id}")
    return message


def get_campaign_sending(tx: Transaction, sending_id: int) -> CampaignSending:
    """Return the sending of a message, or raise UnknownSending."""
    found = sendings.find(tx, sending_id)
    if found is None:
        raise UnknownSending(f"there is no sending {sending_id}")
    return found


def sendings_of_message(tx: Transaction, list_id: int, message_id: int) -> list[CampaignSending]:
    """Return the sendings of a message, the newest first.

    Raises:
        UnknownMessage: the list has no such message.

    """
    find_message(tx, list_id, message_id)
    return sendings.of_message(tx, message_id)


def campaign_sendings(tx: Transaction, *, most: int) -> list[CampaignSending]:
    """Return the account's sendings of messages, the newest first."""
    return sendings.newest(tx, most=most)


def launch_sending(
    tx: Transaction, sending_id: int, *, starts_at: datetime | None = None, now: datetime
) -> outbox.Sending:
    """Let a sending of whatever kind begin or, if it was stopped, go on where it is, at once or at an instant to come.

    Raises:
        UnknownSending: the account has no such sending.
        TooLate: it has not begun, and would after the time after which it must not.
        SenderDisabled: the address that it says it is from was disabled.
        FailedPrecondition: it was launched before, or has ended.

    """
    sending = sendings.lock(tx, sending_id)
    if sending is not None and sending.ended_at is None:
        _require_in_time(sending, begins=max(starts_at, now) if starts_at else now)
        require_sender(tx, sending.list_id, sending.sender_email)
    launched = outbox.launch(tx, sending_id, starts_at=starts_at, now=now)
    if launched.message_id is None:
        return launched
    due_at = launched.starts_at or now
    deliveries.move(tx, launched.message_id, sending_id, of=DeliveryState.HELD, to=DeliveryState.DEFERRED, now=due_at)
    end_if_settled(tx, launched.message_id, sending_id, now=now)
    return launched


def doubtful(tx: Transaction, sending_id: int, *, most: int) -> list[Doubtful]:
    """Return whose mail of a sending a crash left in doubt, or raise UnknownSending."""
    return deliveries.in_doubt(tx, get_campaign_sending(tx, sending_id), most=most)


def _add(tx: Transaction, sending: CampaignSending, *, now: datetime) -> Launched:
    try:
        _require_within_plan(tx, sending.addressed, now=now)
        added = sending._replace(id=tx.take_id("sending"))
        if not sendings.insert_sending(tx, added):
            raise KeyTaken("the key has just been used for another sending")
    except (ResourceExhausted, KeyTaken):
        # On PostgreSQL a call at the same time may have launched it since its key was looked for.
        repeated = find_repeated(
            tx, sending.once_key, list_id=sending.list_id, message_id=sending.message_id, audience=sending.audience
        )
        if repeated is None:
            raise
        return repeated
    return Launched(added.id, added.addressed)


def _check(tx: Transaction, message: Message, audience: Audience) -> None:
    for group_id in (*audience.groups, *audience.excluded):
        get_group(tx, message.list_id, group_id)
    if len(audience.recipients) > MOST_RECIPIENTS:
        raise InvalidArgument(f"at most {MOST_RECIPIENTS} recipients by name: put them into a group")
    earlier = sendings.find(tx, audience.not_reached_by) if audience.not_reached_by else None
    if audience.not_reached_by and (earlier is None or earlier.message_id != message.id):
        raise UnknownSending(f"message {message.id} has no sending {audience.not_reached_by}")
    if earlier:
        require_repeatable(tx, message.id)


def require_repeatable(tx: Transaction, message_id: int) -> None:
    """Refuse to send a message to those not reached while a sending of it may still reach them.

    Raises:
        FailedPrecondition: one has not ended.

    """
    for each in sendings.of_message(tx, message_id):
        if each.ended_at is None:
            raise FailedPrecondition(
                f"sending {each.id} has not ended: let it end, or delete it, before its message is repeated"
            )


def _require_in_time(sending: CampaignSending, *, begins: datetime) -> None:
    if sending.begun_at is None and sending.not_after is not None and sending.not_after < begins:
        raise TooLate(f"sending {sending.id} must not begin after {sending.not_after:%Y-%m-%d %H:%M:%S} UTC")


def _require_within_plan(tx: Transaction, more: int, *, now: datetime) -> None:
    """Refuse what would be more than the account's plan has for a month, which begins where the account is."""
    account = find_account(tx, tx.account_id)
    most = account.plan.monthly_messages if account else 0
    if account is None or not most:
        return
    zone = ZoneInfo(account.time_zone)
    month = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    left = most - sendings.mails_since(tx, month.astimezone(UTC))
    if more > left:
        raise ResourceExhausted(f"the account's plan has {most} messages a month, of which {max(0, left)} are left")


def _policy(in_doubt: str) -> str:
    policy = in_doubt.strip().lower()
    if policy and policy not in set(InDoubtPolicy):
        raise InvalidArgument(f"what happens to what is in doubt is one of {', '.join(InDoubtPolicy)}")
    return policy


def _sender(address: str) -> str:
    if not address.strip():
        return ""
    found = find_sender_address(address)
    if not found:
        raise InvalidArgument("the sender's address is none that every mail server takes")
    return found
