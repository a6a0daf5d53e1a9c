"""subscribe.aspx: the handler of forms on other people's sites, which sends the visitor on to a page (contract 9.2)."""

from urllib.parse import quote, urlencode

from starlette.types import Send

from staffetta.errors import Refusal
from staffetta.interfaces.frontend.codes import MalformedAddress
from staffetta.interfaces.frontend.requests import (
    Call,
    read_email,
    read_form_fields,
    read_groups,
    read_language,
    read_lists,
    read_mobile,
    read_name,
    read_sender,
)
from staffetta.interfaces.frontend.xml_pages import sign_up
from staffetta.interfaces.parameters import is_true
from staffetta.interfaces.platform import Platform
from staffetta.lists import MailingList, Page, list_of
from staffetta.recipients import SignUp, Source, Status

LANDING = "/frontend/landing/"
# What may stand in an address besides letters and digits (RFC 3986 §2.2); not `'`, which HTML also takes for a quote.
ADDRESS_CHARACTERS = "%:/?#[]@!$&()*+,;=-._~"


async def subscribe_form(platform: Platform, call: Call) -> str:
    """Sign up for one or several lists with one confirmation request; return where the visitor goes next."""
    mailing_list: MailingList | None = None
    try:
        lists = read_lists(call.parameters)
        mailing_list = await list_of(platform.database, call.account.id, lists[0])
        page = await _sign_up(platform, call, lists, mailing_list)
    except MalformedAddress:
        page = Page.INVALID
    except Refusal:
        page = Page.ERROR
    return landing(page, mailing_list, call)


async def _sign_up(platform: Platform, call: Call, lists: tuple[int, ...], first: MailingList) -> Page:
    parameters = call.parameters
    email = read_email(parameters)
    mobile = read_mobile(parameters, "number", default_prefix=first.settings.default_prefix)
    if not (email or mobile):
        raise MalformedAddress("email: an address is needed")
    sender_email, sender_name = read_sender(parameters)
    signed_up = await sign_up(
        platform,
        call,
        SignUp(
            lists=lists,
            email=email,
            mobile=mobile,
            groups=read_groups(parameters),
            fields=read_form_fields(parameters),
            name=read_name(parameters),
            language=read_language(parameters),
            confirm=is_true(parameters.first("confirm"), default=True),
            ask_for=lists[0],
            sender_email=sender_email,
            sender_name=sender_name,
            base_url=call.base_url,
            host=call.account.host,
        ),
        source=Source.FORM,
    )
    if signed_up.was_subscribed:
        return Page.ALREADY
    return Page.PENDING if Status.PENDING in signed_up.statuses else Page.SUBSCRIBED


def landing(page: Page, mailing_list: MailingList | None, call: Call) -> str:
    """Return the page that a sign-up ends on: the list's own where it has one, else ours, root-relative."""
    external = mailing_list.settings.pages.get(page, "") if mailing_list else ""
    if external.lower().startswith(("http://", "https://")):
        return quote(external, safe=ADDRESS_CHARACTERS)
    query: dict[str, str | int] = {}
    if mailing_list:
        query["list"] = mailing_list.id
    language = read_language(call.parameters)
    if language:
        query["lang"] = language.value
    return LANDING + page.value + (f"?{urlencode(query)}" if query else "")


async def redirect(send: Send, location: str, *, closing: bool = False) -> None:
    """Send the visitor on; a client without redirects cuts the address out of the first `href` (contract 9.2).

    It takes the text between the quotes for the address, so that a `&` in it must not be escaped for HTML; whatever
    could end the attribute is percent-escaped in both places.
    """
    address = location.encode("ascii")
    body = b'<html><body><a href="%b">&rarr;</a></body></html>' % address
    headers = [
        (b"location", address),
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"access-control-allow-origin", b"*"),
        (b"cache-control", b"no-store"),
    ]
    if closing:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": body})
