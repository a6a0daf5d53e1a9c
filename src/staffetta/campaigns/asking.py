"""Confirmation requests that people write: a message with a link by which somebody confirms (contract 10.1)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from staffetta.campaigns import queries
from staffetta.campaigns.following import addressees
from staffetta.campaigns.heading import LONGEST_SUBJECT, Line
from staffetta.campaigns.linking import CONFIRM, UNSUBSCRIBE, as_html
from staffetta.campaigns.mailing import Addressee
from staffetta.campaigns.markup import sound_text
from staffetta.campaigns.merging import merge_values, sources_of
from staffetta.campaigns.model import Message
from staffetta.campaigns.plain_text import plain_text
from staffetta.campaigns.rewriting import leads_of
from staffetta.campaigns.viewing import show
from staffetta.campaigns.writing import find_message
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition
from staffetta.lists import Field, MailingList, catalog
from staffetta.messages import clean

# Contents that are kept with what was found in them: it is asked for each person again.
MOST_LOOKED_AT: Final = 16


class AsksNobody(FailedPrecondition):
    """The message has no link by which somebody could confirm."""


class Request(NamedTuple):
    """A message that asks one person to confirm; `to` is None where nothing is known of them any more."""

    message: Message
    fields: tuple[Field, ...]
    to: Addressee | None


class WrittenRequest(NamedTuple):
    """What a request says to one person."""

    subject: str
    text: str
    html: str


def require_request(tx: Transaction, list_id: int, message_id: int) -> None:
    """Refuse a message by which nobody can confirm.

    Raises:
        UnknownMessage: the list has no such message.
        AsksNobody: it has no link to confirm, or none that a person sees.

    """
    if not _asks(find_message(tx, list_id, message_id), _fields(tx)):
        raise AsksNobody(f"message {message_id} has no link [sub]")


class Asked(NamedTuple):
    """Whom to ask for which list, by which message."""

    list_id: int
    message_id: int
    recipient_id: int


def find_requests(tx: Transaction, asked: Sequence[Asked]) -> list[Request | None]:
    """Return what each is asked by; None if the list has no such message, or nobody can confirm by it any more."""
    fields = _fields(tx)
    messages = {each: queries.find_message(tx, each) for each in {each.message_id for each in asked}}
    people = addressees(tx, [each.recipient_id for each in asked])
    requests = []
    for each in asked:
        message = messages[each.message_id]
        asks = message is not None and message.list_id == each.list_id and _asks(message, fields)
        requests.append(Request(message, fields, people.get(each.recipient_id)) if message and asks else None)
    return requests


def write_request(
    request: Request, mailing_list: MailingList, *, confirm_url: str, unsubscribe_url: str
) -> WrittenRequest:
    """Return what a request says; its links lead straight to where they lead, for no sending counts them."""
    message, settings = request.message, mailing_list.settings
    values = merge_values(request.fields, message, request.to)
    html = show(
        message,
        values,
        parameters=settings.link_tracking_parameters,
        disclaimer=settings.disclaimer,
        leads={CONFIRM: confirm_url, UNSUBSCRIBE: unsubscribe_url},
    )
    html = sound_text(html)  # a value can hold what marks of ours are spelt with
    subject = Line(message.subject, {key: key for key in values}).fill(values)
    return WrittenRequest(clean(subject, limit=LONGEST_SUBJECT), plain_text(html) + "\n", html)


def _asks(message: Message, fields: tuple[Field, ...]) -> bool:
    return _leads_to_confirm(message.content, frozenset(sources_of(fields) if message.uses_fields else ()))


@lru_cache(MOST_LOOKED_AT)
def _leads_to_confirm(content: str, placeholders: frozenset[str]) -> bool:
    return CONFIRM in leads_of(as_html(content), dict.fromkeys(placeholders, ""))


def _fields(tx: Transaction) -> tuple[Field, ...]:
    return tuple(catalog(tx).fields.values())
