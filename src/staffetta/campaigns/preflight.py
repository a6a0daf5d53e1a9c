"""Pre-flight: what stands in the way of sending a message, as far as the database and the message itself can tell.

What DNS says of the sender's domain is asked in `sending`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from staffetta.accounts import Account
from staffetta.campaigns.embedding import fitting, octets_in_mail, pictures_in
from staffetta.campaigns.findings import Finding, Level, named
from staffetta.campaigns.model import Message
from staffetta.campaigns.preflight_content import MOST_OCTETS, judge_content
from staffetta.campaigns.preflight_names import Names
from staffetta.campaigns.preflight_queries import attached_octets, picture_octets
from staffetta.campaigns.writing import find_message
from staffetta.db import Transaction
from staffetta.lists import ListSettings, MailingList, catalog, get_list
from staffetta.messages import find_sender_address
from staffetta.messages.senders import Mailbox, find_senders
from staffetta.recipients import Channel, Status, count
from staffetta.senders import SenderState, trusted_senders

MEGABYTE = 1024 * 1024
# Ours: what is attached is linked, and slow to fetch on a phone above this.
SLOW_OCTETS = 10 * MEGABYTE
# Ours: pictures that mails carry go to everybody; in Base64, a million mails of the first are a terabyte for the relay.
MANY_EMBEDDED = MEGABYTE
MOST_EMBEDDED = 5 * MEGABYTE


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is about to be sent, with all that is looked at.

    Attributes:
        sender: whom it says it is from.
        bounce_domain: where the list wants bounces; the platform may have a domain of its own for them.
        given_sender: the address that takes the place of the list's own, as it was given; empty for none.
        pictures: by path, the octets of the images that mails carry, as far as they have room for them.
        sender_state: whether the owner of the sender's address has confirmed it; None where nobody was asked.
        recipients: how many it goes to.

    """

    account: Account
    message: Message
    mailing_list: MailingList
    names: Names
    sender: Mailbox
    bounce_domain: str
    given_sender: str
    sender_state: SenderState | None
    attached_octets: int
    pictures: Mapping[str, int]
    recipients: int


def departure(
    tx: Transaction,
    account: Account,
    list_id: int,
    message_id: int,
    *,
    sender_email: str = "",
    recipients: int | None = None,
) -> Departure:
    """Return what is to be looked at before a message goes to a list, or to so many of it.

    Raises:
        UnknownList: the account has no such list.
        UnknownMessage: the list has no such message.

    """
    mailing_list = get_list(tx, list_id)
    message = find_message(tx, list_id, message_id)
    settings = replace(mailing_list.settings, sender_email=sender_email.strip() or mailing_list.settings.sender_email)
    senders = find_senders(replace(mailing_list, settings=settings), account.host, None)
    states = {find_sender_address(each.email).lower(): each.state for each in trusted_senders(tx)}
    return Departure(
        account=account,
        message=message,
        mailing_list=mailing_list,
        names=Names.of({field.id: field.name for field in catalog(tx).fields.values()}),
        sender=senders.author,
        bounce_domain=domain_of(senders.bounce_address),
        given_sender=sender_email.strip(),
        sender_state=states.get(senders.author.address.lower()),
        attached_octets=attached_octets(tx, message_id),
        pictures=picture_octets(tx, _pictures_of(message, account)),
        recipients=count(tx, list_id, Channel.EMAIL, Status.SUBSCRIBED) if recipients is None else recipients,
    )


def _pictures_of(message: Message, account: Account) -> list[str]:
    """Return the images that mails carry; none of a content that is too long to be looked at."""
    is_looked_at = message.embeds_images and len(message.content) <= MOST_OCTETS and "/images/" in message.content
    return pictures_in(message, account) if is_looked_at else []


def judge(leaving: Departure, *, url: str) -> Iterator[Finding]:
    """Yield what is to be said of a message without asking anybody; `url` is what links in its mails begin with."""
    yield _recipients(leaving)
    yield _sender(leaving)
    yield _one_click(url)
    yield _company(leaving.mailing_list.settings)
    yield from judge_content(leaving.message, leaving.names, disclaimer=leaving.mailing_list.settings.disclaimer)
    yield _attachments(leaving.attached_octets)
    yield from _embedded(leaving.pictures)


def domain_of(address: str) -> str:
    """Return the domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def _recipients(leaving: Departure) -> Finding:
    if not leaving.recipients:
        text = "Nobody would get it: nobody who is subscribed to the list is chosen. `staffetta import` brings people."
        return Finding("recipients", Level.RED, text)
    return Finding("recipients", Level.GREEN, "There is somebody to send to.", f"{leaving.recipients:,}")


def _sender(leaving: Departure) -> Finding:
    address, state = leaving.sender.address, leaving.sender_state
    own = find_sender_address(leaving.mailing_list.settings.sender_email).lower()
    if leaving.given_sender and not find_sender_address(leaving.given_sender):
        text = "The sender that was asked for is no address that a mail can come from."
        return Finding("sender", Level.RED, text, leaving.given_sender)
    if state == SenderState.CONFIRMED:
        return Finding("sender", Level.GREEN, "The owner of the sender's address has confirmed it.", address)
    if state == SenderState.BLOCKED:
        return Finding("sender", Level.RED, "The sender's address was disabled: send from another one.", address)
    if leaving.given_sender and address.lower() != own:
        text = "Nobody has confirmed this sender: add it to the trusted senders, and open the link that it is mailed."
        return Finding("sender", Level.RED, text, address)
    if not own:
        text = (
            f"The list has no sender address: `staffetta list set {leaving.mailing_list.id} sender_email=…` sets one."
        )
        return Finding("sender", Level.AMBER, text, address)
    text = "Nobody has confirmed the list's sender: add it to the trusted senders, and open the link that it is mailed."
    return Finding("sender", Level.AMBER, text, address)


def _one_click(url: str) -> Finding:
    """Look at the link only: the header is in every mail, whatever the list's template for it says."""
    if url.startswith("https://"):
        return Finding("one-click", Level.GREEN, "Mail programs can unsubscribe by one click (RFC 8058).")
    text = (
        "One-click unsubscribing, which Gmail and Yahoo want of bulk mail, is for https alone (RFC 8058): end TLS in a"
    )
    return Finding(
        "one-click", Level.AMBER, f"{text} proxy before the server, and set STAFFETTA_PUBLIC_SCHEME=https.", url
    )


def _company(settings: ListSettings) -> Finding:
    missing = [
        name
        for name, there in (
            ("company_name", settings.company_name.strip()),
            ("address", settings.address.strip() and settings.city.strip()),
        )
        if not there
    ]
    if missing:
        text = "The list does not say who writes, or where they are, which laws on commercial mail ask for."
        return Finding("company", Level.AMBER, f"{text} `staffetta list set` sets it.", ", ".join(missing))
    return Finding("company", Level.GREEN, "The list says who writes, and where they are.")


def _attachments(octets: int) -> Finding:
    if octets > SLOW_OCTETS:
        text = "What is attached, which mails link to, is above 10 MB: that is slow to fetch on a phone."
        return Finding("attachments", Level.AMBER, text, _megabytes(octets))
    return Finding("attachments", Level.GREEN, "What is attached is small enough to be fetched.", _megabytes(octets))


def _embedded(pictures: Mapping[str, int]) -> Iterator[Finding]:
    """Look at the pictures of a message that embeds its images, where it has any of the account's own."""
    if not pictures:
        return
    carried = fitting(pictures)
    octets = sum(octets_in_mail(pictures[path]) for path in carried)
    instead = "make them smaller, or turn `Embed` off, so that who opens it fetches them."
    if octets > MOST_EMBEDDED:
        text = f"The pictures in each mail are above 5 MB in Base64, for every recipient: {instead}"
        yield Finding("embedded-images", Level.RED, text, _megabytes(octets))
    elif octets > MANY_EMBEDDED:
        text = f"The pictures in each mail are above 1 MB in Base64, for every recipient: {instead}"
        yield Finding("embedded-images", Level.AMBER, text, _megabytes(octets))
    else:
        yield Finding("embedded-images", Level.GREEN, "The pictures in each mail are small enough.", _megabytes(octets))
    if left_out := [path.rpartition("/")[2] for path in pictures if path not in set(carried)]:
        text = "Mails have room for 5 MB of pictures: these stay on the server, and are shown where images are on."
        yield Finding("images-left-out", Level.AMBER, text, named(left_out))


def _megabytes(octets: int) -> str:
    return f"{octets / MEGABYTE:,.1f} MB"
