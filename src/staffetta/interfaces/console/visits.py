"""One request to the console: who asks, on whose host, in which language, and what an answer is made with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from staffetta.access import UnknownSession, User, held_session, user_of_session
from staffetta.accounts import (
    Account,
    AccountClosed,
    AccountState,
    UnknownAccount,
    account_of_host,
    account_of_id,
    get_account,
)
from staffetta.interfaces.clients import client_address, host_of, network_of, request_scheme
from staffetta.interfaces.console.cookies import Cookie, Cookies
from staffetta.interfaces.console.pages import Frame, News
from staffetta.interfaces.console.requests import Given, read_given
from staffetta.interfaces.console.throttling import ResetThrottle
from staffetta.interfaces.console.tickets import Purpose, Ticket
from staffetta.interfaces.pages import SECURITY_HEADERS
from staffetta.interfaces.passwords import PasswordChecks
from staffetta.interfaces.platform import LOOPBACK, Platform
from staffetta.interfaces.sealing import Seals, StaleTicket, new_cookie
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import DEFAULT, Language, find_language, preferred_language

HOME: Final = "/console"
SIGN_IN: Final = "/console/sign-in"
CLOSED: Final = (AccountState.INACTIVE, AccountState.SUSPENDED)
# What stays in the address when the language is changed.
KEPT: Final = ("next", "t", "client_id")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every visit is served with."""

    platform: Platform
    seals: Seals[Ticket]
    checks: PasswordChecks
    resets: ResetThrottle


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request. `host_account` is whose host this is, if it is anybody's; `user` and `account` are who is signed in.

    `user` is there only where the password is one to go on with: neither one-time nor expired.
    """

    desk: Desk
    scope: Scope
    path: str
    given: Given
    cookies: Cookies
    host_account: Account | None
    user: User | None
    account: Account | None
    now: datetime
    language: Language = field(init=False)

    def __post_init__(self) -> None:
        """Find the language: chosen by hand, the account's, the browser's, or that of whose host this is."""
        chosen = find_language(self.given.query.first("lang"))
        if chosen:
            self.cookies.put(Cookie.LANGUAGE, chosen)
        asked = preferred_language(Headers(scope=self.scope).get("accept-language", ""))
        ours = self.account.language if self.account else None
        theirs = self.host_account.language if self.host_account else DEFAULT
        self.language = find_language(self.cookies.get(Cookie.LANGUAGE)) or ours or asked or theirs

    @property
    def platform(self) -> Platform:
        """The running platform."""
        return self.desk.platform

    @property
    def is_post(self) -> bool:
        """Whether a form was sent."""
        return bool(self.scope["method"] == "POST")

    @property
    def ip(self) -> str:
        """The address that the person calls from, or ""."""
        return client_address(self.scope, self.platform.trusted_proxies)

    @property
    def network(self) -> str:
        """The network that the person is taken to hold."""
        return network_of(self.ip)

    def admits(self, user: User) -> bool:
        """Tell whether a user may be here: not on the host of another account, unless it is this machine's own name."""
        host = host_of(self.scope)
        shared = host in ("localhost", "[::1]") or host.startswith(LOOPBACK[0])
        return shared or self.host_account is None or self.host_account.id == user.account_id

    def ticket(self, purpose: Purpose, subject: str = "", *, changed_at: datetime | None = None) -> str:
        """Seal a ticket for this browser, which gets a cookie to bind it to where it has none."""
        if not self.cookies.get(Cookie.BROWSER):
            self.cookies.put(Cookie.BROWSER, new_cookie())
        ticket = Ticket(purpose, self.now, subject, changed_at)
        return self.desk.seals.seal(ticket, cookie=self.cookies.get(Cookie.BROWSER))

    def read_ticket(self, purpose: Purpose) -> Ticket:
        """Open the ticket of the form that was sent; raises StaleTicket."""
        return self.open(self.given.form.first("ticket"), purpose)

    def open(self, text: str, purpose: Purpose) -> Ticket:
        """Open a ticket; raises StaleTicket."""
        ticket = self.desk.seals.open(text, cookie=self.cookies.get(Cookie.BROWSER), now=self.now)
        if ticket.purpose != purpose:
            raise StaleTicket("the ticket is for something else")
        return ticket

    def change_browser(self, token: str = "") -> None:
        """Give the browser another cookie: what was sealed for the old one is good for nothing."""
        self.cookies.put(Cookie.BROWSER, token or new_cookie())
        self.cookies.put(Cookie.STEP, "")
        self.cookies.put(Cookie.FLASH, "")

    def frame(self, room: str = "") -> Frame:
        """Return what is around a page; news that wait are told in it, once."""
        owner = self.account or self.host_account
        operator = self.platform.settings.operator_name or "Staffetta"
        kept = {name: value for name in KEPT if (value := self.given.query.first(name))}
        return Frame(
            language=self.language,
            brand=owner.name if owner and owner.plan.white_label else operator,
            room=room,
            language_url=f"{self.path}?{urlencode({**kept, 'lang': ''})}",
            login=self.user.login if self.user else "",
            sign_out_ticket=self.ticket(Purpose.SIGN_OUT) if self.user else "",
            news=self._news(),
        )

    def page(self, html: str, status: int = 200) -> Response:
        """Answer a page."""
        return self._finished(HTMLResponse(html, status, dict(SECURITY_HEADERS)))

    def go(self, path: str, news: News | None = None, *, about: str = "") -> Response:
        """Send the browser on, and tell it something there."""
        if news:
            self.cookies.put(Cookie.FLASH, self.ticket(Purpose.FLASH, f"{news} {about}"))
        # 303: whatever came, what follows is a GET (RFC 9110 §15.4.4).
        return self._finished(RedirectResponse(path, 303, dict(SECURITY_HEADERS)))

    def go_to_sign_in(self, news: News | None = None) -> Response:
        """Ask for the password, and come back here afterwards."""
        client_id = self.given.query.first("client_id")
        way_back = f"{self.path}?{urlencode({'client_id': client_id})}" if client_id else self.path
        way_back = "" if way_back == HOME else way_back
        return self.go(with_next(SIGN_IN, self.given.next or way_back), news)

    def _news(self) -> tuple[News, str] | None:
        sealed = self.cookies.get(Cookie.FLASH)
        if not sealed:
            return None
        self.cookies.put(Cookie.FLASH, "")
        try:
            word, _, about = self.open(sealed, Purpose.FLASH).subject.partition(" ")
        except StaleTicket:
            return None
        return (News(word), about) if word in set(News) else None

    def _finished(self, response: Response) -> Response:
        self.cookies.apply(response)
        return response


def with_next(path: str, way_on: str) -> str:
    """Return a path that knows where to go on to."""
    return f"{path}?{urlencode({'next': way_on})}" if way_on else path


async def open_visit(desk: Desk, scope: Scope, receive: Receive, path: str) -> Visit:
    """Read a request, and find who is signed in.

    Raises:
        Refusal: the request cannot be read.
        DatabaseUnavailable: nobody knows who is signed in.

    """
    platform = desk.platform
    now = utc_now()
    given = await read_given(scope, receive, body_octets=platform.settings.body_octets)
    cookies = Cookies(scope, secure=request_scheme(scope, platform.trusted_proxies) == "https")
    user = await _user(platform, cookies.get(Cookie.BROWSER), now)
    visit = Visit(
        desk=desk,
        scope=scope,
        path=path,
        given=given,
        cookies=cookies,
        host_account=await account_of_host(platform.database, host_of(scope)),
        user=user,
        account=await _account(platform, user) if user else None,
        now=now,
    )
    if user and visit.account and (visit.account.state in CLOSED or not visit.admits(user)):
        visit.user = visit.account = None
    return visit


async def _user(platform: Platform, token: str, now: datetime) -> User | None:
    if not token:
        return None
    try:
        held = await platform.database.read_across(held_session, token, now=now)
        if held.is_due(now):
            await platform.database.write_across(user_of_session, token, now=now)
        user = held.user
    except (UnknownSession, AccountClosed):
        return None
    # A password that has run out since is not good for choosing another: only whoever knows it may do that.
    return None if user.one_time or user.is_expired(now) else user


async def _account(platform: Platform, user: User) -> Account | None:
    try:
        account = await account_of_id(platform.database, user.account_id)
        if account.state == AccountState.TERMS_NOT_ACCEPTED:
            # Another process may have heard of their acceptance a second ago.
            account = await platform.database.read_across(get_account, user.account_id)
    except UnknownAccount:
        return None
    return account
