"""Writing messages: adding, changing, cloning, deleting and reading them."""

from datetime import datetime
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from staffetta.campaigns import queries
from staffetta.campaigns.model import (
    LONGEST_NOTE,
    LONGEST_PRE_HEADER,
    LONGEST_SUBJECT,
    NEWSLETTER,
    Draft,
    GivenTracking,
    Message,
    Tracking,
    UnknownMessage,
    WrittenMessage,
    check_text,
    check_tracking,
    one_line,
)
from staffetta.campaigns.tagging import tags_meant
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.lists import catalog, get_list
from staffetta.recipients import LONGEST_VALUE, field_values


def add_message(tx: Transaction, list_id: int, draft: Draft, *, now: datetime) -> Message:
    """Write a message for a list. Fields are filled in if the draft says so or gives a value for one of them.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: subject or content is missing, or something in it is too long, or not text.

    """
    get_list(tx, list_id)
    missing = [name for name in ("subject", "content") if getattr(draft, name) is None]
    if missing:
        raise InvalidArgument(f"{', '.join(missing)}: mandatory, and missing")
    empty = Message(
        id=tx.take_id("message"),
        list_id=list_id,
        subject="",
        notes="",
        content="",
        pre_header="",
        structure=None,
        embeds_images=False,
        is_confirmation=False,
        uses_fields=bool(draft.default_values),
        default_values={},
        tracking=Tracking(),
        is_public=False,
        service_type=NEWSLETTER,
        last_sent_at=None,
        created_at=now,
        changed_at=now,
    )
    # A message that comes with values for fields uses them, whatever else it says (contract rest.md 7.6).
    message = _with(tx, empty, replace(draft, uses_fields=draft.uses_fields or None), now=now)
    queries.insert_message(tx, message)
    _set_tags(tx, message, draft)
    return message


def change_message(tx: Transaction, list_id: int, message_id: int, draft: Draft, *, now: datetime) -> Message:
    """Change what a draft says of a message, and nothing else.

    Raises:
        UnknownMessage: the list has no such message.
        InvalidArgument: something in the draft is too long, or not text, or the subject is empty.

    """
    message = message_to_change(tx, list_id, message_id)
    changed = _with(tx, message, draft, now=now)
    queries.update_message(tx, changed)
    _set_tags(tx, changed, draft)
    return changed


def clone_message(tx: Transaction, list_id: int, message_id: int, *, now: datetime) -> Message:
    """Write a message anew with its tags and attachments; the copy has not been sent, and nobody sees it online.

    Raises:
        UnknownMessage: the list has no such message.

    """
    message = find_message(tx, list_id, message_id)
    copy = replace(
        message, id=tx.take_id("message"), is_public=False, last_sent_at=None, created_at=now, changed_at=now
    )
    queries.insert_message(tx, copy)
    queries.set_tags(tx, copy.id, [tag.id for tag in queries.tags_of_message(tx, message_id)])
    queries.copy_attachments(tx, message_id, to=copy.id)
    return copy


def delete_message(tx: Transaction, list_id: int, message_id: int) -> None:
    """Delete a message with what is attached to it.

    Raises:
        UnknownMessage: the list has no such message.

    """
    message_to_change(tx, list_id, message_id)
    queries.delete_messages(tx, [message_id])


def enable_fields(tx: Transaction, list_id: int, message_id: int, *, enabled: bool, now: datetime) -> WrittenMessage:
    """Say whether the fields of recipients are filled into a message.

    Raises:
        UnknownMessage: the list has no such message.

    """
    message = message_to_change(tx, list_id, message_id)
    queries.update_message(tx, replace(message, uses_fields=enabled, changed_at=now))
    return get_message(tx, list_id, message_id)


def get_message(tx: Transaction, list_id: int, message_id: int) -> WrittenMessage:
    """Return a message of a list with all that belongs to it.

    Raises:
        UnknownMessage: the list has no such message.

    """
    message = find_message(tx, list_id, message_id)
    return WrittenMessage(message, queries.tags_of_message(tx, message_id), queries.attachments_of(tx, message_id))


def find_message(tx: Transaction, list_id: int, message_id: int) -> Message:
    """Return a message of a list, or raise UnknownMessage."""
    return _of_list(queries.find_message(tx, message_id), list_id, message_id)


def message_to_change(tx: Transaction, list_id: int, message_id: int) -> Message:
    """Return a message of a list, locked for this transaction, or raise UnknownMessage."""
    return _of_list(queries.find_message(tx, message_id, to_change=True), list_id, message_id)


def _of_list(message: Message | None, list_id: int, message_id: int) -> Message:
    if message is None or message.list_id != list_id:
        raise UnknownMessage(f"list {list_id} has no message {message_id}")
    return message


def _with(tx: Transaction, message: Message, draft: Draft, *, now: datetime) -> Message:
    """Return a message with what a draft says of it."""
    given: dict[str, Any] = {
        name: value
        for name in ("embeds_images", "is_confirmation", "uses_fields")
        if (value := getattr(draft, name)) is not None
    }
    if draft.subject is not None:
        given["subject"] = one_line("subject", draft.subject, LONGEST_SUBJECT)
        if not given["subject"]:
            raise InvalidArgument("subject: mandatory, and empty")
    if draft.content is not None:
        given["content"] = check_text("content", draft.content)
    if draft.notes is not None:
        given["notes"] = check_text("notes", draft.notes, LONGEST_NOTE)
    if draft.pre_header is not None:
        given["pre_header"] = check_text("pre-header", draft.pre_header, LONGEST_PRE_HEADER)
    if draft.structure is not UNSET:
        given["structure"] = None if draft.structure is None else check_text("structure", draft.structure)
    if draft.default_values is not None:
        given["default_values"] = _default_values(tx, draft)
    if draft.tracking is not None:
        given["tracking"] = check_tracking(_tracked(message.tracking, draft.tracking))
    return replace(message, **given, changed_at=now)


def _default_values(tx: Transaction, draft: Draft) -> dict[int, str]:
    known = catalog(tx).fields
    values = field_values(tx, draft.default_values or ())
    return {
        number: check_text("default value", value, LONGEST_VALUE)
        for number, value in sorted(values.items())
        if number in known and value
    }


def _tracked(tracking: Tracking, given: GivenTracking) -> Tracking:
    said = {name: value for name in given.__struct_fields__ if (value := getattr(given, name)) is not None}
    return replace(tracking, **said)


def _set_tags(tx: Transaction, message: Message, draft: Draft) -> None:
    if draft.tags is not None:
        queries.set_tags(tx, message.id, [tag.id for tag in tags_meant(tx, message.list_id, draft.tags)])
