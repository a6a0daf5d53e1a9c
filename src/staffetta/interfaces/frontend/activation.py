"""WSActivation.aspx: a program activates a web service for its account, and registers its own address (contract 4)."""

from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import structlog
from starlette.types import Receive, Scope, Send

from staffetta.accounts import (
    Account,
    AddressRefused,
    Author,
    Service,
    ServiceDisabled,
    UnknownAccount,
    account_of_host,
    activate,
    host_only,
    parse_service,
)
from staffetta.db import DatabaseUnavailable
from staffetta.errors import InvalidArgument, Refusal
from staffetta.interfaces.clients import client_address, host_of
from staffetta.interfaces.parameters import BodyTooLarge, BodyTooSlow, Disconnected, Parameters, read_parameters
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.web_credentials import NOT_ENABLED, UNKNOWN_ACCOUNT, UNRECOGNIZED, ServiceRefused
from staffetta.kit.clock import utc_now
from staffetta.kit.counting import ANSWERS

log = structlog.get_logger()

PAGE = "wsactivation.aspx"
DONE: Final = 0
# What is missing is summed up: -30 when nothing was given.
MISSING: Final = {"ws_name": -2, "usr": -4, "pwd": -8, "nl_url": -16}
ACTIVATION_FAILED: Final = -1009
ADDRESS_REFUSED: Final = -1010
# As the documentation writes them in answers.
NAMES: Final = {Service.IMPORT: "WS_MailUpImport", Service.FRONT_END: "FrontEnd"}


class Activated(NamedTuple):
    """What was activated, for whom."""

    account: Account
    service: Service
    user: str


class Credentials(NamedTuple):
    """What the caller says to be let in."""

    user: str
    password: str


class NotActivated(Refusal):
    """The service was not activated; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"not activated: {code}")
        self.code = code


async def serve_activation(platform: Platform, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one call: with status 200 and a code, whatever comes of it."""
    closing = False
    try:
        parameters = await read_parameters(scope, receive, body_octets=platform.settings.body_octets)
        document = _document(DONE, await _activate(platform, parameters, scope))
        code = DONE
    except Disconnected:
        return
    except Refusal as refusal:
        code = _code_of(refusal)
        document = _document(code)
        closing = isinstance(refusal, BodyTooLarge | BodyTooSlow)
    except DatabaseUnavailable as error:
        log.error("database unavailable", page=PAGE, reason=str(error))  # noqa: TRY400 - weather, no bug
        code = ACTIVATION_FAILED
        document = _document(code)
    except Exception:
        log.exception("a page failed")
        code = UNRECOGNIZED
        document = _document(code)
    # A sum of what is missing is one mistake to count, not fifteen.
    ANSWERS.labels(PAGE, "missing" if UNRECOGNIZED < code < DONE else str(code)).inc()
    await _send(send, document, closing=closing)


async def _activate(platform: Platform, parameters: Parameters, scope: Scope) -> Activated:
    service, credentials, console = _read(parameters)
    account = await _account(platform, console, scope)
    ip = client_address(scope, platform.trusted_proxies)
    await platform.web_credentials.service_account(
        credentials, host_account=account, service=service, ip=ip, checks_caller=False
    )
    author = Author(credentials.user.lower(), ip)
    await platform.database.write(account.id, activate, service, ip=ip, by=author, now=utc_now())
    return Activated(account, service, credentials.user)


def _read(parameters: Parameters) -> tuple[Service, Credentials, str]:
    given = {name: parameters.first(name) for name in MISSING}
    # A blank can be a password, or part of one.
    said = {name: value if name == "pwd" else value.strip() for name, value in given.items()}
    service = _service(said["ws_name"])
    missing = sum(code for name, code in MISSING.items() if not said[name] or (name == "ws_name" and service is None))
    if service is None or missing:
        raise NotActivated(missing)
    return service, Credentials(said["usr"], said["pwd"]), said["nl_url"]


def _service(name: str) -> Service | None:
    try:
        return parse_service(name.replace("_", ""))
    except InvalidArgument:
        return None


async def _account(platform: Platform, console: str, scope: Scope) -> Account:
    """Return the account of the console that is named; it must be the one whose host was asked, too."""
    host = _host(console)
    account = await account_of_host(platform.database, host) if host else None
    asked = await account_of_host(platform.database, host_of(scope))
    if account is None or (asked and asked.id != account.id):
        raise UnknownAccount("nl_url is not the console host of this account")
    return account


def _host(console: str) -> str:
    """Return a console's host out of what clients make of it: with a scheme, a path, a port, a slash at its end."""
    try:
        netloc = urlsplit(console if "://" in console else f"//{console}").netloc
    except ValueError:
        return ""
    return host_only(netloc).removesuffix(".")


def _code_of(refusal: Refusal) -> int:
    match refusal:
        case NotActivated() | ServiceRefused():
            return refusal.code
        case UnknownAccount():
            return UNKNOWN_ACCOUNT
        case AddressRefused():
            return ADDRESS_REFUSED
        case ServiceDisabled():
            return NOT_ENABLED
        case _:
            return UNRECOGNIZED


def _document(code: int, activated: Activated | None = None) -> bytes:
    details = _details(activated, utc_now()) if activated else ""
    return f"<mailupMessage><mailupBody><ReturnCode>{code}</ReturnCode>{details}</mailupBody></mailupMessage>".encode()


def _details(activated: Activated, now: datetime) -> str:
    today = now.astimezone(ZoneInfo(activated.account.time_zone)).date()
    # The blanks around the name are documented.
    return (
        f"<WS_Activation><WS_Name> {NAMES[activated.service]} </WS_Name><DateOfRequest>{today}</DateOfRequest>"
        f"<User>{escape(activated.user)}</User></WS_Activation>"
    )


async def _send(send: Send, document: bytes, *, closing: bool) -> None:
    headers = [
        (b"content-type", b"text/xml; charset=utf-8"),
        (b"content-length", str(len(document)).encode()),
        (b"access-control-allow-origin", b"*"),
        (b"cache-control", b"no-store"),
    ]
    if closing:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": document})
