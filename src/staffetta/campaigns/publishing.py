"""Publishing: which messages everybody may read online, and what they read."""

import re
from collections.abc import Mapping
from datetime import datetime
from html import escape

from msgspec.structs import replace

from staffetta.campaigns import queries
from staffetta.campaigns.model import Message, UnknownMessage
from staffetta.campaigns.writing import message_to_change
from staffetta.db import Transaction
from staffetta.lists import Field, catalog, get_list

PLACEHOLDER = re.compile(r"\[([^\[\]<>\r\n]{1,50})\]")
# Links that the sending makes for each recipient (contract soap-http-smtp.md 10.1 and 10.3); here they lead nowhere.
PERSONAL_LINK = re.compile(r"https?://\[(?:sub|unsubscribe)\]/?", re.IGNORECASE)


def set_visibility(tx: Transaction, list_id: int, message_id: int, *, visible: bool, now: datetime) -> None:
    """Let everybody read a message online, or nobody any more; a repeat changes nothing.

    Raises:
        UnknownMessage: the list has no such message.

    """
    message = message_to_change(tx, list_id, message_id)
    if message.is_public != visible:
        queries.update_message(tx, replace(message, is_public=visible, changed_at=now))


def online_version(tx: Transaction, message_id: int) -> str:
    """Return what everybody reads of a published message: nobody's data, but the default values of fields.

    Raises:
        UnknownMessage: the account has no such message, or it is not published.

    """
    message = queries.find_message(tx, message_id)
    if message is None or not message.is_public or not get_list(tx, message.list_id).settings.public:
        raise UnknownMessage("there is no such message online")
    return _for_everybody(message, catalog(tx).fields)


def _for_everybody(message: Message, fields: Mapping[int, Field]) -> str:
    content = PERSONAL_LINK.sub("#", message.content)
    if not message.uses_fields:
        return content
    defaults = message.default_values
    values = {f"campo{number}": defaults.get(number, "") for number in fields}
    values |= {field.name.casefold(): defaults.get(number, "") for number, field in fields.items()}

    def value(found: re.Match[str]) -> str:
        known = values.get(found[1].strip().casefold())
        return found[0] if known is None else escape(known)

    return PLACEHOLDER.sub(value, content)
