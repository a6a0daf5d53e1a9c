"""Attaching files to a message, up to five of them."""

from datetime import datetime
from mimetypes import MimeTypes

from staffetta.campaigns import queries
from staffetta.campaigns.files import file_name
from staffetta.campaigns.model import SLOTS, Attachment, File, UnknownAttachment
from staffetta.campaigns.writing import find_message, message_to_change
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument

# Not the machine's own table, which differs from one to the next.
_TYPES = MimeTypes()
UNKNOWN_TYPE = "application/octet-stream"


def attach(
    tx: Transaction,
    list_id: int,
    message_id: int,
    slot: int,
    *,
    name: str,
    content: bytes,
    most_octets: int,
    now: datetime,
) -> list[Attachment]:
    """Put a file into a slot, in place of what is there; return all that is attached.

    Raises:
        UnknownMessage: the list has no such message.
        InvalidArgument: there is no such slot, or the file is empty, too large, or without a name.

    """
    message_to_change(tx, list_id, message_id)
    if not 1 <= slot <= SLOTS:
        raise InvalidArgument(f"a message has the slots 1 to {SLOTS}")
    if not 0 < len(content) <= most_octets:
        raise InvalidArgument(f"an attachment has 1 to {most_octets} octets")
    shown = file_name(name)
    file = File(content, _TYPES.guess_type(shown)[0] or UNKNOWN_TYPE, shown)
    queries.put_attachment(tx, Attachment(message_id=message_id, slot=slot, name=shown), file, created_at=now)
    return queries.attachments_of(tx, message_id)


def detach(tx: Transaction, list_id: int, message_id: int, slot: int) -> list[Attachment]:
    """Empty a slot; return what is still attached.

    Raises:
        UnknownMessage: the list has no such message.
        UnknownAttachment: there is nothing in the slot.

    """
    message_to_change(tx, list_id, message_id)
    if not queries.delete_attachment(tx, message_id, slot):
        raise UnknownAttachment(f"message {message_id} has nothing in slot {slot}")
    return queries.attachments_of(tx, message_id)


def attachments_of(tx: Transaction, list_id: int, message_id: int) -> list[Attachment]:
    """Return what is attached to a message, by slot.

    Raises:
        UnknownMessage: the list has no such message.

    """
    find_message(tx, list_id, message_id)
    return queries.attachments_of(tx, message_id)


def attached_file(tx: Transaction, message_id: int, slot: int) -> File:
    """Return the file in a slot of a message.

    Raises:
        UnknownAttachment: there is nothing in the slot, or no such message.

    """
    found = queries.attached_file(tx, message_id, slot)
    if found is None:
        raise UnknownAttachment(f"message {message_id} has nothing in slot {slot}")
    return found
