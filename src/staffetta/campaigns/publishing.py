"""Publishing: which messages everybody may read online, and what they read."""

from datetime import datetime

from msgspec.structs import replace

from staffetta.campaigns import queries
from staffetta.campaigns.merging import merge_values
from staffetta.campaigns.model import UnknownMessage
from staffetta.campaigns.viewing import show
from staffetta.campaigns.writing import message_to_change
from staffetta.db import Transaction
from staffetta.lists import catalog, get_list


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
    mailing_list = get_list(tx, message.list_id) if message else None
    if message is None or mailing_list is None or not (message.is_public and mailing_list.settings.public):
        raise UnknownMessage("there is no such message online")
    settings = mailing_list.settings
    return show(
        message,
        merge_values(tuple(catalog(tx).fields.values()), message, None),
        parameters=settings.link_tracking_parameters,
        disclaimer=settings.disclaimer,
    )
