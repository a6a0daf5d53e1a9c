"""Messages that tests write, and looking at what became of them."""

from typing import Any

from staffetta.campaigns import Draft, Message, Selection, add_message, attach, list_messages
from staffetta.db import Transaction
from trying import NOON

PNG = b"\x89PNG\r\n\x1a\n picture"


def write(tx: Transaction, list_id: int = 1, **said: Any) -> Message:
    """Write a message, saying no more than needed."""
    draft = Draft(**{"subject": "Spring", "content": "<p>Hello [nome]</p>", **said})
    return add_message(tx, list_id, draft, now=NOON)


def attach_text(tx: Transaction, message: Message, slot: int = 1, name: str = "a.txt", content: bytes = b"x") -> Any:
    """Attach a small file."""
    return attach(tx, message.list_id, message.id, slot, name=name, content=content, most_octets=100, now=NOON)


def subjects(tx: Transaction, list_id: int = 1, *, tags: tuple[str, ...] = (), **selected: Any) -> list[str]:
    """Return the subjects of a page of a list's messages."""
    page = list_messages(tx, list_id, tags=tags, selection=Selection(**selected))
    return [each.subject for each in page.messages]
