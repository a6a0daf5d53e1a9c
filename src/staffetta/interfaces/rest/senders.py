"""Trusted senders: addresses that their owners allow an account to send from (seed, contract 7.3)."""

from datetime import datetime

from staffetta import senders
from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.errors import MissingIfMatch, WrongIfMatch
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.senders import NewTrustedSender, TrustedSender
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.senders import SenderState

DESCRIPTIONS = {
    SenderState.NOT_CONFIRMED: "Not confirmed (status: NotConfirmed)",
    SenderState.CONFIRMED: "Confirmed (status: Confirmed)",
    SenderState.BLOCKED: "Blocked (status: Blocked)",
}


async def trust(call: Call) -> TrustedSender:
    """Ask the owner of an address by mail whether the account may send from it."""
    body: NewTrustedSender = call.body
    asked = await call.write(
        senders.trust,
        EmailAddress.parse(body.Email),
        base_url=call.base_url,
        host=call.account.host,
        now=utc_now(),
    )
    call.platform.wake_sender()
    return _shown(asked)


async def read_senders(call: Call) -> Paged:
    """Return the senders of the account."""
    items = [_shown(each) for each in await call.read(senders.trusted_senders)]
    return page_of(call.query, items, key="CreationDate", of=TrustedSender)


async def read_sender(call: Call) -> TrustedSender:
    """Return a sender."""
    return _shown(await call.read(senders.get_sender, call.texts["sender_id"]))


async def block(call: Call) -> TrustedSender:
    """Disable a sender for good; the caller must know its address."""
    sender = await call.read(senders.get_sender, call.texts["sender_id"])
    given = (call.header("if-match") or "").strip().removeprefix("W/").strip('" ')
    if not given:
        raise MissingIfMatch(stack="")
    if not _is_address(given, sender.email):
        raise WrongIfMatch("Invalid [EmailAddress] from If-Match header field.", stack="")
    return _shown(await call.write(senders.block, sender.id, now=utc_now()))


def _is_address(given: str, email: str) -> bool:
    # Headers are read as Latin-1; an address that is more than ASCII comes in UTF-8.
    try:
        return EmailAddress.parse(given.encode("latin-1").decode()).text == email
    except (InvalidArgument, UnicodeError):
        return False


def _shown(sender: senders.TrustedSender) -> TrustedSender:
    return TrustedSender(
        AuthorizationDate=_date(sender.authorized_at),
        CreationDate=_date(sender.created_at),
        EmailAddress=sender.email,
        IdTrustedSender=sender.id,
        StatusCode=int(sender.state),
        StatusDescription=DESCRIPTIONS[sender.state],
        UpdateDate=_date(sender.changed_at),
    )


def _date(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z" if instant else ""


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="T1",
        method="POST",
        path="Console/TrustedSenders",
        summary="Ask the owner of an address to let the account send from it",
        handler=trust,
        body=NewTrustedSender,
        answer=TrustedSender,
    ),
    Endpoint(
        id="T2",
        method="GET",
        path="Console/TrustedSenders",
        summary="Read the trusted senders",
        handler=read_senders,
        answer=Page[TrustedSender],
    ),
    Endpoint(
        id="T3",
        method="GET",
        path="Console/TrustedSenders/{sender_id:text}",
        summary="Read a trusted sender",
        handler=read_sender,
        answer=TrustedSender,
    ),
    Endpoint(
        id="T4",
        method="DELETE",
        path="Console/TrustedSenders/{sender_id:text}",
        summary="Disable a trusted sender for good; If-Match holds its address",
        handler=block,
        answer=TrustedSender,
    ),
)
