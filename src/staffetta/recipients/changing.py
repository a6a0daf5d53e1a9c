"""Changing what is known of a recipient by id or address: name, address, number and fields, never a status."""

from datetime import datetime

import msgspec

from staffetta.db import Transaction, brief
from staffetta.errors import FailedPrecondition
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.phones import MobileNumber
from staffetta.recipients import queries
from staffetta.recipients.model import AddressSuppressed, Recipient, UnknownRecipient
from staffetta.recipients.placing import known_recipient
from staffetta.recipients.profiles import GivenField, field_values, save_fields


class AddressTaken(FailedPrecondition):
    """The address or number is another recipient's."""


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be known of a recipient; None changes nothing."""

    recipient_id: int | None = None
    email: EmailAddress | None = None
    mobile: MobileNumber | None = None
    name: str | None = None
    given: tuple[GivenField, ...] = ()


@brief
def change_recipient(tx: Transaction, details: Details, *, now: datetime) -> Recipient:
    """Change a recipient, found by id or else by address, and return all that is known now; an empty value clears.

    With an id the address can be another, if nobody has it. A repeat changes nothing.

    Raises:
        UnknownRecipient: there is nobody of this id or address.
        AddressTaken: the address or the number is another recipient's.
        AddressSuppressed: the new address must not be written to.

    """
    recipient = _find(tx, details)
    if details.email and details.email.text != recipient.email:
        _check_free(tx, details.email)
        queries.change_email(tx, recipient.id, details.email.text)
        recipient = msgspec.structs.replace(recipient, email=details.email.text)
    mobile = recipient.mobile
    if details.mobile and details.mobile.digits != mobile:
        mobile = details.mobile.digits
        if queries.recipient_by_mobile(tx, mobile):
            raise AddressTaken("the mobile number belongs to another recipient")
    name = recipient.name if details.name is None else details.name
    changed = msgspec.structs.replace(recipient, mobile=mobile, name=name)
    return save_fields(tx, changed, field_values(tx, details.given), now=now, anyway=changed != recipient)


def _find(tx: Transaction, details: Details) -> Recipient:
    if details.recipient_id is not None:
        return known_recipient(tx, details.recipient_id)
    recipient = queries.recipient_by_email(tx, details.email.text) if details.email else None
    if recipient is None:
        raise UnknownRecipient("there is no recipient of this e-mail address")
    return recipient


def _check_free(tx: Transaction, email: EmailAddress) -> None:
    if queries.recipient_by_email(tx, email.text):
        raise AddressTaken("the e-mail address belongs to another recipient")
    if queries.is_suppressed(tx, email.text):
        raise AddressSuppressed("the address bounced or its owner complained: it must not be written to")
