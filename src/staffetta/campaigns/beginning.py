"""Beginning a sending: what its mails are written from is fixed, and what is changed later is for the next one."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from staffetta.accounts import find_account
from staffetta.campaigns import audiences, image_queries, queries
from staffetta.campaigns import delivery_queries as deliveries
from staffetta.campaigns import sending_queries as sendings
from staffetta.campaigns.embedding import pictures_in
from staffetta.campaigns.linking import links_in
from staffetta.campaigns.mailing import Link, Mailing
from staffetta.campaigns.model import Attachment, Message, Tag
from staffetta.campaigns.originating import find_disabled_sender
from staffetta.campaigns.sendings import CampaignSending
from staffetta.db import Transaction
from staffetta.lists import catalog
from staffetta.outbox import SendingState

log = structlog.get_logger()


class Frozen(msgspec.Struct, frozen=True):
    """A message with its attachments, as they were."""

    message: Message
    attachments: tuple[Attachment, ...]
    tags: tuple[Tag, ...] = ()


def begin(tx: Transaction, sending: CampaignSending, *, now: datetime) -> CampaignSending | None:
    """Let a locked sending begin, and return it as it is then; None when it comes to nothing and has ended.

    The message is kept in this version, its links have their numbers, and it is known up to which recipient it goes.
    One whose sender was disabled after it was launched is stopped, which is None as well: somebody is to decide on it.
    """
    message = queries.find_message(tx, sending.message_id)
    if message is None or sending.list_id not in catalog(tx).lists:
        sendings.end(tx, sending.id, SendingState.DELETED, now=now)
        return None
    if sending.not_after is not None and now > sending.not_after:
        sendings.end(tx, sending.id, SendingState.LATE, now=now)
        return None
    if find_disabled_sender(tx, sending.list_id, sending.sender_email):
        log.warning("sending stopped, as its sender was disabled", account=tx.account_id, sending=sending.id)
        sendings.set_state(tx, sending.id, SendingState.STOPPED)
        return None
    # What is claimed for another sending of the message in this moment does not know of this one.
    sendings.lock_of_message(tx, message.id)
    parameters = catalog(tx).lists[sending.list_id].settings.link_tracking_parameters
    _number_links(tx, message, links_in(message, parameters=parameters))
    deliveries.begin_counting(tx, message.id)
    begun = sending._replace(
        version=keep_version(tx, message),
        begun_at=now,
        last_id=audiences.last_id(tx, sending.list_id, sending.audience),
        subject=message.subject,
    )
    sendings.begin(tx, begun)
    sendings.message_sent(tx, message.id, now=now)
    if not begun.last_id:  # nobody is on the list
        sendings.end_by_itself(tx, sending.id, now=now)
        return None
    return begun


def read_mailing(tx: Transaction, sending: CampaignSending) -> Mailing | None:
    """Return what the mails of a sending that has begun are written from; None when its account or list is gone."""
    account = find_account(tx, tx.account_id)
    known = catalog(tx)
    mailing_list = known.lists.get(sending.list_id)
    document = sendings.version(tx, sending.message_id, sending.version or 0)
    if account is None or mailing_list is None or document is None:
        return None
    frozen = msgspec.convert(document, Frozen, strict=False, str_keys=True)
    message = frozen.message
    paths = pictures_in(message, account) if message.embeds_images else []
    images = {path: image_queries.image_file(tx, path) for path in paths}
    return Mailing(
        account=account,
        mailing_list=mailing_list,
        fields=tuple(known.fields.values()),
        message=message,
        attachments=frozen.attachments,
        links=tuple(Link(*row) for row in sendings.links(tx, sending.message_id)),
        sending_id=sending.id,
        sender_name=sending.sender_name,
        sender_email=sending.sender_email,
        values=sending.audience.values,
        images={path: file for path, file in images.items() if file is not None},
    )


def keep_version(tx: Transaction, message: Message) -> int:
    """Return the number of the version that a message is in now, keeping it if it is a new one."""
    attachments = tuple(queries.attachments_of(tx, message.id))
    document = msgspec.to_builtins(Frozen(message, attachments), str_keys=True)
    # When it was sent last changes nothing of what it says.
    document["message"]["last_sent_at"] = None
    number, newest = sendings.newest_version(tx, message.id)
    if newest == document:
        return number
    sendings.add_version(tx, message.id, number + 1, document, changed_at=message.changed_at)
    return number + 1


def _number_links(tx: Transaction, message: Message, urls: Sequence[str]) -> None:
    known = [url for _, url in sendings.links(tx, message.id)]
    new = [url for url in dict.fromkeys(urls) if url not in known]
    sendings.add_links(tx, message.id, {len(known) + place: url for place, url in enumerate(new, start=1)})
