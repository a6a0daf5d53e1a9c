"""The table of form pages, and what is the same for all of them: account, state, switch, address check, throttle."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache

import structlog
from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from staffetta.accounts import (
    Account,
    AddressNotRegistered,
    Feature,
    Service,
    ServiceDisabled,
    UnknownAccount,
    account_of_host,
    require_feature,
    require_open,
)
from staffetta.db import DatabaseUnavailable
from staffetta.errors import Refusal, ResourceExhausted
from staffetta.interfaces.clients import client_address, host_of
from staffetta.interfaces.frontend.activation import PAGE as ACTIVATION
from staffetta.interfaces.frontend.activation import serve_activation
from staffetta.interfaces.frontend.codes import BODIES, Code, Outcome, answer, code_of, sentence, wants_sentence
from staffetta.interfaces.frontend.form_page import landing, redirect, subscribe_form
from staffetta.interfaces.frontend.requests import Call, read_language
from staffetta.interfaces.frontend.xml_pages import (
    xml_chk_subscriber,
    xml_subscribe,
    xml_unsubscribe,
    xml_upd_subscriber,
)
from staffetta.interfaces.parameters import (
    BodyTooLarge,
    BodyTooSlow,
    Disconnected,
    Parameters,
    read_parameters,
)
from staffetta.interfaces.platform import Platform
from staffetta.kit.counting import ANSWERS
from staffetta.kit.languages import DEFAULT, preferred_language
from staffetta.lists import Page

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class XmlPage:
    """A page that answers a code; `throttled` counts its calls under this name."""

    work: Callable[[Platform, Call], Awaitable[Outcome]]
    throttled: str = ""
    speaks: bool = False


# After these the rest of the request was not read: the connection is of no more use.
UNREAD = (BodyTooLarge, BodyTooSlow)

SUBSCRIBE_FORM = "subscribe.aspx"

# Names in lower case; the aliases are the method names of the documented Ruby gem (contract 9.1).
XML_PAGES: Mapping[str, XmlPage] = {
    "xmlsubscribe.aspx": XmlPage(xml_subscribe, throttled="xmlsubscribe.aspx", speaks=True),
    "xmlchksubscriber.aspx": XmlPage(xml_chk_subscriber),
    "xmlchksubscribe.aspx": XmlPage(xml_chk_subscriber),
    "xmlunsubscribe.aspx": XmlPage(xml_unsubscribe),
    "xmlupdsubscriber.aspx": XmlPage(xml_upd_subscriber),
    "updsubscriber.aspx": XmlPage(xml_upd_subscriber),
}


class FrontEnd:
    """The form pages of every account, as an ASGI application for paths below `/frontend/`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    names = (SUBSCRIBE_FORM, ACTIVATION, *XML_PAGES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; whatever its sender got wrong is a code or a page, never another status."""
        name = scope["path"].rpartition("/")[2].lower()
        if scope["method"] == "OPTIONS":
            await allow(send)
        elif name == SUBSCRIBE_FORM:
            await self._serve_form(scope, receive, send)
        elif name == ACTIVATION:
            await serve_activation(self._platform, scope, receive, send)
        else:
            await self._serve_xml(XML_PAGES[name], scope, receive, send)

    async def _serve_xml(self, page: XmlPage, scope: Scope, receive: Receive, send: Send) -> None:
        account: Account | None = None
        parameters = Parameters()
        closing = False
        try:
            parameters = await read_parameters(scope, receive, body_octets=self._platform.settings.body_octets)
            account = await self._account(scope)
            call = self._call(account, parameters, scope)
            self._admit(page, call)
            outcome = await page.work(self._platform, call)
        except Disconnected:
            return
        except Refusal as refusal:
            outcome = Outcome(code_of(refusal))
            closing = isinstance(refusal, UNREAD)
        except DatabaseUnavailable as error:
            log.error("database unavailable", page=scope["path"].rpartition("/")[2], reason=str(error))  # noqa: TRY400 - weather, no bug
            outcome = Outcome(Code.FAILED)
        except Exception:
            log.exception("a page failed")
            outcome = Outcome(Code.FAILED)
        accept = next((value for key, value in scope["headers"] if key == b"accept"), b"") if page.speaks else b""
        body = BODIES[outcome.code]
        if page.speaks and wants_sentence(account, parameters, accept):
            body = self._sentence(outcome, account, parameters, scope)
        _counter(scope["path"].rpartition("/")[2].lower(), int(outcome.code)).inc()
        await answer(send, body, closing=closing)

    async def _serve_form(self, scope: Scope, receive: Receive, send: Send) -> None:
        closing = False
        location = f"/frontend/landing/{Page.ERROR}"
        try:
            parameters = await read_parameters(scope, receive, body_octets=self._platform.settings.body_octets)
            account = await self._account(scope)
            call = self._call(account, parameters, scope)
            if self._platform.throttles.may_subscribe(account.id, SUBSCRIBE_FORM):
                location = await subscribe_form(self._platform, call)
            else:
                location = landing(Page.ERROR, None, call)
        except Disconnected:
            return
        except Refusal as refusal:
            closing = isinstance(refusal, UNREAD)
        except DatabaseUnavailable as error:
            log.error("database unavailable", page=SUBSCRIBE_FORM, reason=str(error))  # noqa: TRY400 - weather, no bug
        except Exception:
            log.exception("a page failed")
        await redirect(send, location, closing=closing)

    async def _account(self, scope: Scope) -> Account:
        account = await account_of_host(self._platform.database, host_of(scope))
        if account is None:
            raise UnknownAccount("no account answers to this host")
        require_open(account)
        require_feature(account, Feature.FRONT_END)
        return account

    def _call(self, account: Account, parameters: Parameters, scope: Scope) -> Call:
        ip = client_address(scope, self._platform.trusted_proxies)
        return Call(account, parameters, scope, ip, self._platform.base_url(account, scope))

    def _admit(self, page: XmlPage, call: Call) -> None:
        rules = call.account.rules_of(Service.FRONT_END)
        if not rules.is_on:
            raise ServiceDisabled("the FrontEnd service is switched off")
        if not rules.admits(call.ip):
            raise AddressNotRegistered("the caller's address is not registered")
        if page.throttled and not self._platform.throttles.may_subscribe(call.account.id, page.throttled):
            raise ResourceExhausted("the account's calls of this page are used up")

    def _sentence(self, outcome: Outcome, account: Account | None, parameters: Parameters, scope: Scope) -> bytes:
        accept_language = next((value for key, value in scope["headers"] if key == b"accept-language"), b"")
        language = (
            read_language(parameters)
            or preferred_language(accept_language.decode("latin-1"))
            or (account.language if account else DEFAULT)
        )
        keys = {
            Code.DONE: "sentence_0_pending" if outcome.asks else "sentence_0_subscribed",
            Code.MALFORMED: "sentence_2",
            Code.ALREADY: "sentence_3",
            Code.NOT_REGISTERED: "sentence_1011",
        }
        return sentence(keys.get(Code(outcome.code), "sentence_1"), language)


@cache
def _counter(page: str, code: int) -> Counter:
    return ANSWERS.labels(page, str(code))


async def allow(send: Send) -> None:
    """Answer a browser that asks whether it may call from another origin (contract 9.1)."""
    headers = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", b"86400"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
