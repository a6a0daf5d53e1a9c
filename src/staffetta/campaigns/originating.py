"""Whom mails of a sending say they are from, which must be no address that was disabled."""

from dataclasses import replace

from staffetta.accounts import find_account
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition
from staffetta.lists import MailingList, get_list
from staffetta.messages import Senders, find_senders
from staffetta.senders import is_blocked


class SenderDisabled(FailedPrecondition):
    """The address that a sending would say it is from was disabled, which is for good."""


def senders_of_sending(mailing_list: MailingList, host: str, *, sender_name: str, sender_email: str) -> Senders:
    """Return whom mails come from: who the sending says, or else the list's own."""
    settings = mailing_list.settings
    own = replace(
        settings,
        sender_name=sender_name or settings.sender_name,
        sender_email=sender_email or settings.sender_email,
    )
    return find_senders(replace(mailing_list, settings=own), host, None)


def find_disabled_sender(tx: Transaction, list_id: int, sender_email: str) -> str:
    """Return the address that a sending would say it is from if that was disabled; else an empty text.

    Raises:
        UnknownList: the account has no such list.

    """
    account = find_account(tx, tx.account_id)
    host = account.host if account else ""
    senders = senders_of_sending(get_list(tx, list_id), host, sender_name="", sender_email=sender_email)
    address = senders.author.address
    return address if is_blocked(tx, address) else ""


def require_sender(tx: Transaction, list_id: int, sender_email: str) -> None:
    """Refuse a sending that would say it is from an address that was disabled.

    Raises:
        UnknownList: the account has no such list.
        SenderDisabled: it would.

    """
    address = find_disabled_sender(tx, list_id, sender_email)
    if address:
        raise SenderDisabled(f"the sender {address} was disabled")
