"""MailUpSend: writing messages, and reading what was written (contract 5.5)."""

import asyncio
import re
from collections.abc import Iterable
from datetime import datetime

from staffetta.access import User
from staffetta.campaigns import (
    Draft,
    Selection,
    add_message,
    change_message,
    get_message,
    get_template,
    list_messages,
    templates,
)
from staffetta.campaigns import clone_message as clone
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import split_ids
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.contents import draft_of
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.instants import in_rome
from staffetta.interfaces.soap.naming import spelling
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList, UnknownList, catalog_of, list_of, parse_guid

# One answer holds no more: the newest.
MOST_MESSAGES = 10_000
# Cutting more takes milliseconds, in which nobody else is answered.
MOST_AT_ONCE = 65_536
HEAD, BODY = "head", "body"


async def create_newsletter(call: Call, user: User) -> str:
    """Write a message for a list."""
    draft = await draft_of(call)
    made = await call.write(user.account_id, add_message, call.number("listID"), draft, now=utc_now())
    return _number_of(made.id)


async def edit_newsletter(call: Call, user: User) -> str:
    """Change what is given of a message."""
    list_id, message_id = call.number("listID"), call.number("newsletterId")
    draft = await draft_of(call)
    if draft.content == "":
        raise InvalidArgument("content: empty; leave it out to keep what there is")
    await list_of(call.platform.database, user.account_id, list_id)
    await call.write(user.account_id, change_message, list_id, message_id, draft, now=utc_now())
    return _number_of(message_id)


async def clone_newsletter(call: Call, user: User) -> int:
    """Write a message anew, under another subject if one is given; return the number of the copy."""
    mailing_list = await list_named(call, user)
    subject = call.text("subject").strip()
    return await call.write(
        user.account_id, _clone, mailing_list.id, call.number("messageToCloneId"), subject=subject, now=utc_now()
    )


def _clone(tx: Transaction, list_id: int, message_id: int, *, subject: str, now: datetime) -> int:
    copy = clone(tx, list_id, message_id, now=now)
    if subject:
        change_message(tx, list_id, copy.id, Draft(subject=subject), now=now)
    return copy.id


async def get_newsletters(call: Call, user: User) -> str:
    """Return the messages of a list, newest first; what is a copy of another is not told apart."""
    found = await call.read(
        user.account_id, list_messages, call.number("listID"), selection=Selection(limit=MOST_MESSAGES)
    )
    heads = ((each.id, each.subject, each.notes, in_rome(each.created_at)) for each in found.messages)
    return await _newsletters(call, user, heads)


async def get_templates(call: Call, user: User) -> str:
    """Return the templates that messages begin with: the same for every list, and as old as the server."""
    await list_of(call.platform.database, user.account_id, call.number("listID"))
    return await _newsletters(call, user, ((each.id, each.title, each.text, "") for each in templates().values()))


async def get_newsletter_code(call: Call, user: User) -> str:
    """Return a message, or a template, with what is in it: whole, and what its head and its body have."""
    list_id, number = call.number("listID"), call.number("newsletterID")
    await list_of(call.platform.database, user.account_id, list_id)
    if call.flag("isTemplate"):
        template = get_template(number)
        subject, content = template.title, template.content
    else:
        message = (await call.read(user.account_id, get_message, list_id, number)).message
        subject, content = message.subject, message.content
    head = element("listID", text(list_id)) + _number_of(number) + element("newsletterSubject", text(subject))
    written = _code(content) if len(content) <= MOST_AT_ONCE else await asyncio.to_thread(_code, content)
    return head + written


async def list_named(call: Call, user: User) -> MailingList:
    """Return the list of a call that names it by `listId`, by `listGuid` or by both, which then agree.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: the number or the GUID is none.

    """
    number, guid = call.text("listId").strip(), call.text("listGuid").strip()
    wanted = parse_guid(guid) if guid else ""
    if number:
        found = await list_of(call.platform.database, user.account_id, _list_id(number))
    else:
        known = (await catalog_of(call.platform.database, user.account_id)).lists.values()
        matching = [each for each in known if wanted and each.guid == wanted]
        if not matching:
            raise UnknownList("there is no such list: give its listId, its listGuid, or both")
        found = matching[0]
    if wanted and found.guid != wanted:
        raise UnknownList("listId and listGuid are of two lists")
    return found


def _list_id(written: str) -> int:
    ids = split_ids(written).ids
    if len(ids) != 1:
        raise InvalidArgument("listId: the number of a list")
    return ids[0]


async def _newsletters(call: Call, user: User, found: Iterable[tuple[int, str, str, str]]) -> str:
    shown = await spelling(call.platform.database, user.account_id)
    written = (
        element(
            "newsletter",
            _number_of(number),
            element("subject", text(shown(subject))),
            element("note", text(shown(note))),
            element("creationdate", created),
        )
        for number, subject, note, created in found
    )
    return element("list", element("newsletters", *written))


def _number_of(message_id: int) -> str:
    return element("newsletterID", text(message_id))


def _code(content: str) -> str:
    head, body = _inside(content, HEAD), _inside(content, BODY)
    return (
        element("newsletterHeader", text(head or ""))
        + element("newsletterBody", text(content if body is None else body))
        + element("newsletterCode", text(content))
    )


def _inside(content: str, tag: str) -> str | None:
    """Return what stands in the first element of a tag, None where there is none."""
    opening = re.search(rf"<{tag}(?=[\s>/])", content, re.IGNORECASE)
    begins = content.find(">", opening.end()) + 1 if opening else 0
    if not begins:
        return None
    closing = re.compile(rf"</{tag}(?=[\s>])", re.IGNORECASE).search(content, begins)
    return content[begins : closing.start() if closing else len(content)]
