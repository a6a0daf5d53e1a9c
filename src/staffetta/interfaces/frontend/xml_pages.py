"""The four Xml pages: their parameters, the operation behind each, and the code that comes of it (contract 9.3-9.6)."""

from dataclasses import dataclass

from staffetta.accounts import Account
from staffetta.errors import InvalidArgument
from staffetta.interfaces.clients import network_of
from staffetta.interfaces.frontend.codes import Code, MalformedAddress, Outcome
from staffetta.interfaces.frontend.requests import (
    Call,
    read_csv_fields,
    read_email,
    read_groups,
    read_language,
    read_lists,
    read_mobile,
    read_name,
    read_sender,
)
from staffetta.interfaces.parameters import Parameters, is_true, split_ids
from staffetta.interfaces.platform import Platform
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.kit.phones import MobileNumber
from staffetta.lists import MailingList, list_of, parse_guid
from staffetta.recipients import (
    SignedUp,
    SignUp,
    Source,
    Status,
    check_status,
    subscribe,
    unsubscribe_address,
    update_by_address,
)


async def xml_subscribe(platform: Platform, call: Call) -> Outcome:
    """Sign up for one or several lists, each asking for its own confirmation unless ConfirmListID names one."""
    parameters = call.parameters
    lists = read_lists(parameters)
    confirming = split_ids(parameters.first("confirmlistid")).ids
    sender_email, sender_name = read_sender(parameters)
    signed_up = await sign_up(
        platform,
        call,
        SignUp(
            lists=lists,
            email=read_email(parameters),
            mobile=await _mobile(platform, call, "sms", lists[0]),
            groups=read_groups(parameters),
            fields=read_csv_fields(parameters),
            name=read_name(parameters),
            language=read_language(parameters),
            confirm=is_true(parameters.first("confirm"), default=True),
            ask_for=next((each for each in confirming if each in lists), None),
            sender_email=sender_email,
            sender_name=sender_name,
            base_url=call.base_url,
            host=call.account.host,
        ),
        source=Source.XML,
    )
    if signed_up.was_subscribed:
        return Outcome(Code.ALREADY)
    return Outcome(Code.DONE, asks=Status.PENDING in signed_up.statuses)


async def sign_up(platform: Platform, call: Call, who: SignUp, *, source: Source) -> SignedUp:
    """Run the operation, hold it to the caps, and let the sender know of the mail that it planned."""
    if not (who.email or who.mobile):
        raise InvalidArgument("email or sms: one of them is needed")
    caps = platform.caps
    if who.confirm and who.email and not platform.throttles.may_ask(call.account.id, network_of(call.ip)):
        caps = platform.no_more_requests
    signed_up = await platform.database.write(
        call.account.id, subscribe, who, evidence=call.evidence(source), now=utc_now(), caps=caps
    )
    if signed_up.requests:
        platform.wake_sender()
    return signed_up


async def xml_chk_subscriber(platform: Platform, call: Call) -> Outcome:
    """Answer where an address stands on a list: 2 subscribed, 3 unsubscribed, 4 pending, 1 anything else."""
    target = await _target(platform, call)
    return Outcome(await platform.database.read(call.account.id, check_status, target.list_id, target.address))


async def xml_unsubscribe(platform: Platform, call: Call) -> Outcome:
    """Unsubscribe an address from a list at once."""
    target = await _target(platform, call)
    await platform.database.write(
        call.account.id,
        unsubscribe_address,
        target.list_id,
        target.address,
        base_url=call.base_url,
        host=call.account.host,
        evidence=call.evidence(Source.XML),
        now=utc_now(),
    )
    platform.wake_sender()
    return Outcome(Code.DONE)


async def xml_upd_subscriber(platform: Platform, call: Call) -> Outcome:
    """Change the fields and groups of an address on a list, never its status."""
    parameters = call.parameters
    target = await _target(platform, call)
    values = read_csv_fields(parameters)
    if "--" in parameters.first("csvfldvalues"):
        raise InvalidArgument("a value contains two hyphens")
    await platform.database.write(
        call.account.id,
        update_by_address,
        target.list_id,
        target.address,
        fields=values,
        groups=read_groups(parameters),
        replace_groups=is_true(parameters.first("replace"), default=False),
        now=utc_now(),
    )
    return Outcome(Code.DONE)


@dataclass(frozen=True, slots=True)
class _Target:
    list_id: int
    address: EmailAddress | MobileNumber


async def _target(platform: Platform, call: Call) -> _Target:
    """Read which list and address a call is about; the list's GUID is the secret that allows it.

    Raises:
        Refusal: the list, its GUID or the address is missing, malformed or does not match. These pages have one code
            for all of it, so that a stranger learns nothing.

    """
    lists = read_lists(call.parameters)
    if len(lists) != 1:
        raise InvalidArgument("list: one list number")
    mailing_list = await list_of(platform.database, call.account.id, lists[0])
    _check_guid(call.account, call.parameters, mailing_list)
    try:
        address = read_email(call.parameters) or await _mobile(platform, call, "sms", mailing_list.id)
    except MalformedAddress as error:
        raise InvalidArgument(str(error)) from error
    if address is None:
        raise InvalidArgument("email or sms: one of them is needed")
    return _Target(mailing_list.id, address)


def _check_guid(account: Account, parameters: Parameters, mailing_list: MailingList) -> None:
    given = parameters.first("listguid")
    if not given and not account.options.require_guid:
        return
    if parse_guid(given) != mailing_list.guid:
        raise InvalidArgument("the GUID is not the list's")


async def _mobile(platform: Platform, call: Call, name: str, list_id: int) -> MobileNumber | None:
    if not call.parameters.first(name).strip():
        return None
    mailing_list = await list_of(platform.database, call.account.id, list_id)
    return read_mobile(call.parameters, name, default_prefix=mailing_list.settings.default_prefix)
