"""What mail to the bounce domain leads to: bounces and complaints are recorded, who wants to leave has left."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from staffetta.accounts import find_account
from staffetta.campaigns import (
    Bounce,
    Complained,
    Patience,
    find_sent,
    leave_by_mail,
    record_bounces,
    record_complaints,
)
from staffetta.db import Connection, brief
from staffetta.recipients import Evidence, Source
from staffetta.sending.refusals import Verdict
from staffetta.sending.reports import AutoReply, Complaint, DeliveryReports, LeaveRequest, Received, Unknown
from staffetta.tracking import CampaignToken, InvalidToken, Purpose, Signer

# RFC 5321 §4.5.3.1.1.
LONGEST_LOCAL_PART = 64
MOST_TRACES = 20
PREFIXES = {"b-": Purpose.RETURN, "u-": Purpose.LEAVE_BY_MAIL}
# Where mailbox providers are told to send complaints; a domain must have the second one (RFC 5321 §4.5.1).
DESKS = ("abuse", "postmaster", "fbl")


class Deed(StrEnum):
    """What a mail means for the recipient that it is about."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    BLOCK = "block"
    COMPLAINT = "complaint"
    LEAVE = "leave"
    # Nothing: a delay or a delivery, somebody who is away, what names none of our mails, what nobody understands.
    NOTICE = "notice"
    AUTO_REPLY = "auto_reply"
    UNMATCHED = "unmatched"
    UNKNOWN = "unknown"

    @property
    def changes_something(self) -> bool:
        """Whether it is recorded."""
        return self not in (Deed.NOTICE, Deed.AUTO_REPLY, Deed.UNMATCHED, Deed.UNKNOWN)


class Return(NamedTuple):
    """What came back of one mail of a sending; `words` are those of a server, or what proves a wish to leave."""

    deed: Deed
    token: CampaignToken
    words: str = ""


class Address(NamedTuple):
    """An address at the bounce domain: which mail it belongs to, and for what; a desk's has no token."""

    purpose: Purpose | None
    token: CampaignToken | None


BOUNCES = {Verdict.HARD: Deed.HARD_BOUNCE, Verdict.SOFT: Deed.SOFT_BOUNCE, Verdict.BLOCKED: Deed.BLOCK}
_NOBODY = CampaignToken(0, 0, 0)


def read_address(signer: Signer, local_part: str) -> Address | None:
    """Return what the local part of an address at the bounce domain says, None if there is no such address."""
    local_part = local_part.lower()
    if local_part in DESKS:
        return Address(None, None)
    purpose = PREFIXES.get(local_part[:2])
    if purpose is None or len(local_part) > LONGEST_LOCAL_PART or not local_part.isascii():
        return None
    try:
        return Address(purpose, signer.read_address(purpose, local_part[2:]))
    except InvalidToken:
        return None


def understand(signer: Signer, bounce_domain: str, to: Address, said: Received, *, proof: str) -> Return:
    """Return what a mail to an address means; `proof` tells the mail from others.

    A program's answer leaves no list, and whoever is asked by a person to let them leave does so, at whichever address.
    """
    token = to.token or _find_token(signer, bounce_domain, said) or _NOBODY
    leaves_by_mail = to.purpose == Purpose.LEAVE_BY_MAIL
    match said:
        case AutoReply():
            found = Return(Deed.AUTO_REPLY, token)
        case Complaint() | LeaveRequest() if token is _NOBODY:
            found = Return(Deed.UNMATCHED, token)
        case Complaint():
            found = Return(Deed.COMPLAINT, token, f"{said.kind} {said.reporter}".rstrip())
        case LeaveRequest():
            found = Return(Deed.LEAVE, token, proof)
        case DeliveryReports():
            found = _bounce(said, token) if to.purpose == Purpose.RETURN else Return(Deed.NOTICE, token)
        case Unknown():
            found = Return(Deed.LEAVE, token, proof) if leaves_by_mail else Return(Deed.UNKNOWN, token)
    return found


@brief
def take_in(
    connection: Connection,
    returns: Sequence[Return],
    *,
    ip: str,
    patience: Patience,
    url_of: Callable[[str], str],
    now: datetime,
) -> list[Deed]:
    """Record what came back; return what each was: unmatched where its sending is gone. A repeat changes nothing."""
    deeds: list[Deed] = []
    bounces: list[Bounce] = []
    complaints: list[Complained] = []
    for each in returns:
        account_id, recipient_id, sending_id = each.token
        account = find_account(connection, account_id) if each.deed.changes_something else None
        tx = connection.for_account(account_id)
        sent = find_sent(tx, sending_id) if account else None
        deeds.append(each.deed if sent or not each.deed.changes_something else Deed.UNMATCHED)
        if account is None or sent is None:
            continue
        match each.deed:
            case Deed.COMPLAINT:
                complaints.append(
                    Complained(
                        account_id=account_id,
                        message_id=sent.message_id,
                        sending_id=sending_id,
                        recipient_id=recipient_id,
                        report=each.words,
                    )
                )
            case Deed.LEAVE:
                evidence = Evidence(source=Source.RECIPIENT, ip=ip, wording=each.words)
                leave_by_mail(
                    tx,
                    recipient_id,
                    sending_id,
                    sent,
                    base_url=url_of(account.host),
                    host=account.host,
                    evidence=evidence,
                    now=now,
                )
            case _:
                bounces.append(
                    Bounce(
                        account_id=account_id,
                        message_id=sent.message_id,
                        sending_id=sending_id,
                        recipient_id=recipient_id,
                        is_hard=each.deed == Deed.HARD_BOUNCE,
                        reply=each.words,
                        speaks_of_address=each.deed != Deed.BLOCK,
                    )
                )
    record_bounces(connection, bounces, patience=patience, now=now)
    record_complaints(connection, complaints, now=now)
    return deeds


def _bounce(said: DeliveryReports, token: CampaignToken) -> Return:
    report = said.mildest
    if report is None or report.verdict == Verdict.NOTHING:
        return Return(Deed.NOTICE, token)
    words = report.diagnostic if report.status in report.diagnostic else f"{report.status} {report.diagnostic}".strip()
    return Return(BOUNCES[report.verdict], token, words or report.status)


def _find_token(signer: Signer, bounce_domain: str, said: Received) -> CampaignToken | None:
    """Return the token of the mail that a report is about: its return path, or the address to leave by."""
    if not isinstance(said, Complaint | LeaveRequest):
        return None
    pattern = rf"\b([bu]-)([a-z2-7]{{16,62}})@{re.escape(bounce_domain.lower())}"
    for count, found in enumerate(re.finditer(pattern, said.traces.lower(), re.ASCII)):
        if count == MOST_TRACES:
            break
        try:
            return signer.read_address(PREFIXES[found[1]], found[2])
        except InvalidToken:
            continue
    return None
