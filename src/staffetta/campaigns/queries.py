"""The SQL of messages, tags and attachments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from staffetta.campaigns.model import Attachment, File, Message, MessageHead, Tag, Tracking
from staffetta.campaigns.tables import attachments, message_tags, messages, tags
from staffetta.db import Statement, Transaction, json_rows

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_OF_LIST = bindparam("of_list", type_=Integer())
_OF_MESSAGE = bindparam("of_message", type_=Integer())
_OF_TAG = bindparam("of_tag", type_=Integer())
_OF_SLOT = bindparam("of_slot", type_=Integer())
_COLUMNS = tuple(column.name for column in messages.columns if column.name != "account_id")
# What changes; the others are fixed when a message is made, or have an operation of their own.
_WRITTEN = (
    "subject",
    "notes",
    "content",
    "pre_header",
    "structure",
    "embeds_images",
    "is_confirmation",
    "uses_fields",
    "default_values",
    "tracking",
    "is_public",
    "changed_at",
)
_HEAD = tuple(messages.c[name] for name in MessageHead._fields)
_TAG = (tags.c.id, tags.c.name, tags.c.enabled)
_THIS = (messages.c.account_id == _ACCOUNT, messages.c.id == _OF_MESSAGE)
_TAGS_OF_LIST = (tags.c.account_id == _ACCOUNT, tags.c.list_id == _OF_LIST)
_ATTACHED = (attachments.c.account_id == _ACCOUNT, attachments.c.message_id == _OF_MESSAGE)


def _values(table: Any, names: Sequence[str], prefix: str = "") -> dict[str, Any]:
    return {name: bindparam(f"{prefix}{name}", type_=table.c[name].type) for name in names}


MESSAGE = Statement(select(*(messages.c[name] for name in _COLUMNS)).where(*_THIS))
MESSAGE_TO_CHANGE = Statement(select(*(messages.c[name] for name in _COLUMNS)).where(*_THIS).with_for_update())
INSERT_MESSAGE = Statement(insert(messages).values(account_id=_ACCOUNT, **_values(messages, _COLUMNS)))
UPDATE_MESSAGE = Statement(update(messages).where(*_THIS).values(**_values(messages, _WRITTEN, "new_")))

TAGS = Statement(select(*_TAG).where(*_TAGS_OF_LIST).order_by(tags.c.id))
TAG = Statement(select(*_TAG).where(*_TAGS_OF_LIST, tags.c.id == _OF_TAG).with_for_update())
TAG_BY_NAME = Statement(select(*_TAG).where(*_TAGS_OF_LIST, tags.c.name == bindparam("of_name", type_=Text())))
INSERT_TAG = Statement(insert(tags).values(account_id=_ACCOUNT, **_values(tags, ("id", "list_id", "name", "enabled"))))
UPDATE_TAG = Statement(
    update(tags)
    .where(tags.c.account_id == _ACCOUNT, tags.c.id == _OF_TAG)
    .values(**_values(tags, ("name", "enabled"), "new_"))
)
DELETE_TAG = Statement(delete(tags).where(tags.c.account_id == _ACCOUNT, tags.c.id == _OF_TAG))
TAKE_TAG_OFF = Statement(
    delete(message_tags).where(message_tags.c.account_id == _ACCOUNT, message_tags.c.tag_id == _OF_TAG)
)
TAGS_OF_MESSAGE = Statement(
    select(*_TAG)
    .join(message_tags, (message_tags.c.account_id == tags.c.account_id) & (message_tags.c.tag_id == tags.c.id))
    .where(tags.c.account_id == _ACCOUNT, message_tags.c.message_id == _OF_MESSAGE)
    .order_by(tags.c.id)
)
TAG_MESSAGE = Statement(
    insert(message_tags).values(account_id=_ACCOUNT, **_values(message_tags, ("message_id", "tag_id")))
)
UNTAG_MESSAGE = Statement(
    delete(message_tags).where(message_tags.c.account_id == _ACCOUNT, message_tags.c.message_id == _OF_MESSAGE)
)

ATTACHMENTS = Statement(
    select(attachments.c.message_id, attachments.c.slot, attachments.c.name)
    .where(*_ATTACHED)
    .order_by(attachments.c.slot)
)
ATTACHED_FILE = Statement(
    select(attachments.c.content, attachments.c.content_type, attachments.c.name).where(
        *_ATTACHED, attachments.c.slot == _OF_SLOT
    )
)
_ATTACHMENT_COLUMNS = ("message_id", "slot", "name", "content_type", "content", "created_at")
INSERT_ATTACHMENT = Statement(
    insert(attachments).values(account_id=_ACCOUNT, **_values(attachments, _ATTACHMENT_COLUMNS))
)
COPY_ATTACHMENTS = Statement(
    insert(attachments).from_select(
        ("account_id", *_ATTACHMENT_COLUMNS),
        select(
            attachments.c.account_id,
            bindparam("new_message", type_=Integer()).label("message_id"),
            *(attachments.c[name] for name in _ATTACHMENT_COLUMNS[1:]),
        ).where(*_ATTACHED),
    )
)
DELETE_ATTACHMENT = Statement(delete(attachments).where(*_ATTACHED, attachments.c.slot == _OF_SLOT))

SOME_OF_LIST = Statement(
    select(messages.c.id)
    .where(messages.c.account_id == _ACCOUNT, messages.c.list_id == _OF_LIST)
    .order_by(messages.c.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update()
)
_going = json_rows("going", id=Integer)
_GOING: Select[Any] = select(_going.c.id)
DELETE_MANY = tuple(
    Statement(delete(table).where(table.c.account_id == _ACCOUNT, column.in_(_GOING)))
    for table, column in (
        (attachments, attachments.c.message_id),
        (message_tags, message_tags.c.message_id),
        (messages, messages.c.id),
    )
)
DELETE_TAGS_OF_LIST = Statement(delete(tags).where(*_TAGS_OF_LIST))


def find_message(tx: Transaction, message_id: int, *, to_change: bool = False) -> Message | None:
    """Return a message, locked for this transaction if it is to be changed."""
    row = tx.first(MESSAGE_TO_CHANGE if to_change else MESSAGE, of_message=message_id)
    if row is None:
        return None
    values = row._asdict()
    values["tracking"] = msgspec.convert(values["tracking"], Tracking)
    values["default_values"] = {int(number): value for number, value in values["default_values"].items()}
    return Message(**values)


def insert_message(tx: Transaction, message: Message) -> None:
    """Add a message."""
    tx.run(INSERT_MESSAGE, **{name: getattr(message, name) for name in _COLUMNS})


def update_message(tx: Transaction, message: Message) -> None:
    """Change what is written of a message."""
    values = {f"new_{name}": getattr(message, name) for name in _WRITTEN}
    tx.run(UPDATE_MESSAGE, of_message=message.id, **values)


def delete_messages(tx: Transaction, message_ids: Sequence[int]) -> None:
    """Delete messages with what is attached to them."""
    for statement in DELETE_MANY:
        tx.run(statement, going=[(each,) for each in message_ids])


def some_of_list(tx: Transaction, list_id: int, *, most: int) -> list[int]:
    """Return the ids of some messages of a list."""
    return [row.id for row in tx.all(SOME_OF_LIST, of_list=list_id, most=most)]


def messages_page(
    tx: Transaction,
    conditions: Sequence[ColumnElement[bool]],
    *,
    order: Sequence[ColumnElement[Any]],
    offset: int,
    limit: int,
) -> list[MessageHead]:
    """Return messages that fulfil conditions, newest first unless ordered."""
    query = select(*_HEAD).where(messages.c.account_id == _ACCOUNT, *conditions)
    ordered = query.order_by(*order, messages.c.id.desc()).limit(limit).offset(offset)
    return tx.all(Statement(ordered, row_type=MessageHead))


def count_messages(tx: Transaction, conditions: Sequence[ColumnElement[bool]]) -> int:
    """Return how many messages fulfil conditions."""
    query = select(func.count().label("messages")).select_from(messages)
    return int(tx.first(Statement(query.where(messages.c.account_id == _ACCOUNT, *conditions))).messages)


def with_a_tag(names: Sequence[str], list_id: int) -> ColumnElement[bool]:
    """Return the condition that a message has a tag of one of these names."""
    tagged = (
        select(message_tags.c.message_id)
        .join(tags, (tags.c.account_id == message_tags.c.account_id) & (tags.c.id == message_tags.c.tag_id))
        .where(
            message_tags.c.account_id == _ACCOUNT,
            tags.c.list_id == list_id,
            or_(false(), *(tags.c.name == name for name in names)),
        )
    )
    return messages.c.id.in_(tagged)


def tags_of_list(tx: Transaction, list_id: int) -> list[Tag]:
    """Return the tags of a list in the order of their ids."""
    return [Tag(**row._asdict()) for row in tx.all(TAGS, of_list=list_id)]


def find_tag(tx: Transaction, list_id: int, tag_id: int) -> Tag | None:
    """Return a tag of a list, locked for this transaction."""
    row = tx.first(TAG, of_list=list_id, of_tag=tag_id)
    return Tag(**row._asdict()) if row else None


def tag_by_name(tx: Transaction, list_id: int, name: str) -> Tag | None:
    """Return the tag that a list has under a name."""
    row = tx.first(TAG_BY_NAME, of_list=list_id, of_name=name)
    return Tag(**row._asdict()) if row else None


def insert_tag(tx: Transaction, list_id: int, tag: Tag) -> None:
    """Add a tag to a list."""
    tx.run(INSERT_TAG, id=tag.id, list_id=list_id, name=tag.name, enabled=tag.enabled)


def update_tag(tx: Transaction, tag: Tag) -> None:
    """Change a tag."""
    tx.run(UPDATE_TAG, of_tag=tag.id, new_name=tag.name, new_enabled=tag.enabled)


def delete_tag(tx: Transaction, tag_id: int) -> None:
    """Delete a tag, and take it off its messages."""
    tx.run(TAKE_TAG_OFF, of_tag=tag_id)
    tx.run(DELETE_TAG, of_tag=tag_id)


def delete_tags_of_list(tx: Transaction, list_id: int) -> None:
    """Delete the tags of a list whose messages are gone."""
    tx.run(DELETE_TAGS_OF_LIST, of_list=list_id)


def tags_of_message(tx: Transaction, message_id: int) -> list[Tag]:
    """Return the tags of a message in the order of their ids."""
    return [Tag(**row._asdict()) for row in tx.all(TAGS_OF_MESSAGE, of_message=message_id)]


def set_tags(tx: Transaction, message_id: int, tag_ids: Sequence[int]) -> None:
    """Give a message these tags and no others."""
    tx.run(UNTAG_MESSAGE, of_message=message_id)
    tx.run_many(TAG_MESSAGE, [{"message_id": message_id, "tag_id": each} for each in tag_ids])


def attachments_of(tx: Transaction, message_id: int) -> list[Attachment]:
    """Return what is attached to a message, by slot."""
    return [Attachment(**row._asdict()) for row in tx.all(ATTACHMENTS, of_message=message_id)]


def attached_file(tx: Transaction, message_id: int, slot: int) -> File | None:
    """Return the file in a slot of a message."""
    row = tx.first(ATTACHED_FILE, of_message=message_id, of_slot=slot)
    return File(bytes(row.content), row.content_type, row.name) if row else None


def put_attachment(tx: Transaction, attachment: Attachment, file: File, *, created_at: datetime) -> None:
    """Put a file into a slot, in place of what is there."""
    delete_attachment(tx, attachment.message_id, attachment.slot)
    tx.run(
        INSERT_ATTACHMENT,
        message_id=attachment.message_id,
        slot=attachment.slot,
        name=file.name,
        content_type=file.content_type,
        content=file.content,
        created_at=created_at,
    )


def copy_attachments(tx: Transaction, message_id: int, *, to: int) -> None:
    """Attach to a message what is attached to another."""
    tx.run(COPY_ATTACHMENTS, of_message=message_id, new_message=to)


def delete_attachment(tx: Transaction, message_id: int, slot: int) -> bool:
    """Empty a slot; False where it was empty."""
    return bool(tx.changed(DELETE_ATTACHMENT, of_message=message_id, of_slot=slot))
