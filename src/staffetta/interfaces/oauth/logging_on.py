"""Logging on (contract 3.2): sign in, consent if the application is new to the user, and back to it with a code."""

from datetime import datetime

from starlette.responses import Response
from starlette.types import Scope

from staffetta.access import LIFETIMES, PasswordChangeRequired, PasswordExpired, TokenKind, WrongPassword
from staffetta.accounts import AccountClosed
from staffetta.interfaces.clients import client_address, network_of, request_scheme
from staffetta.interfaces.oauth import grants, pages
from staffetta.interfaces.oauth.answers import cookie_of, go_back, page, set_cookie
from staffetta.interfaces.oauth.grants import SignedIn
from staffetta.interfaces.oauth.inquiries import Inquiry, WrongResponseType, read_inquiry
from staffetta.interfaces.oauth.pages import Choice, Complaint, Form, Screen
from staffetta.interfaces.oauth.problems import problem_page
from staffetta.interfaces.oauth.redirects import comparable
from staffetta.interfaces.oauth.requests import Given, read_login
from staffetta.interfaces.oauth.tickets import Stage, Ticket, Tickets
from staffetta.interfaces.passwords import PasswordChecks
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.sealing import StaleTicket, new_cookie
from staffetta.kit.clock import utc_now

EXPIRES_IN = f"{LIFETIMES[TokenKind.ACCESS].total_seconds():.0f}"


class LogOn:
    """The way through the pages. Nothing is kept between two requests: each form carries what the next step needs."""

    def __init__(self, platform: Platform, checks: PasswordChecks) -> None:
        self._platform = platform
        self._checks = checks
        self._tickets = Tickets(platform.signer)

    async def answer(self, scope: Scope, given: Given, screen: Screen) -> Response:
        """Answer one request; raises what is refused for good.

        A form that is not this browser's, or was open for too long, is shown anew and changes nothing.
        """
        try:
            inquiry = await read_inquiry(self._platform.database, given)
        except WrongResponseType as refusal:
            # People who have not been asked are sent to addresses that the operator entered, and nowhere else.
            if not refusal.inquiry.is_registered:
                raise
            return _refuse(refusal.inquiry, "unsupported_response_type", "response_type is code")
        step = _Step(self._platform, self._tickets, scope, screen, inquiry)
        if scope["method"] != "POST" or not given.body.first("ticket"):
            stale = scope["method"] == "POST" and "password" in given.body
            return step.sign_in_page(Complaint.STALE if stale else None, login=given.body.first("username").strip())
        try:
            ticket = step.read_ticket(given.body.first("ticket"))
        except StaleTicket:
            return step.sign_in_page(Complaint.STALE, login=given.body.first("username").strip())
        try:
            if ticket.stage == Stage.SIGN_IN:
                return await self._sign_in(step, given)
            return await self._decide(step, ticket, given)
        except (AccountClosed, PasswordExpired, PasswordChangeRequired) as refusal:
            return problem_page(refusal, screen, way_back=inquiry.action)

    async def _sign_in(self, step: "_Step", given: Given) -> Response:
        typed, password = given.body.first("username").strip(), given.body.first("password")
        login = read_login(typed)
        if not (login and password):
            return step.sign_in_page(Complaint.EMPTY, login=typed)
        try:
            signed_in = await self._check(step, login, password)
        except WrongPassword:
            return step.sign_in_page(Complaint.WRONG, login=typed)
        return _go_on(step.inquiry, signed_in.code) if signed_in.code else step.consent_page(signed_in)

    async def _check(self, step: "_Step", login: str, password: str) -> SignedIn:
        database = self._platform.database
        known = await database.read_across(grants.find_known_to, login, step.inquiry.application.client_id)
        network = network_of(client_address(step.scope, self._platform.trusted_proxies))
        await self._checks.check(known.user, known.password_hash, password, login=login, network=network)
        redirect_uri = comparable(step.inquiry.redirect_uri)
        return await database.write_across(grants.sign_in, login, known, redirect_uri=redirect_uri, now=step.now)

    async def _decide(self, step: "_Step", ticket: Ticket, given: Given) -> Response:
        inquiry = step.inquiry
        if given.body.first("choice") != Choice.ALLOW:
            return _refuse(inquiry, "access_denied", "The user did not allow it.")
        try:
            code = await self._platform.database.write_across(
                grants.consent,
                ticket.login,
                inquiry.application.client_id,
                password_changed_at=ticket.password_changed_at,
                redirect_uri=comparable(inquiry.redirect_uri),
                now=step.now,
            )
        except WrongPassword:
            # It was changed while the question stood there.
            return step.sign_in_page(Complaint.STALE, login=ticket.login)
        return _go_on(inquiry, code)


class _Step:
    """One request on the way, and the two pages that it can lead to."""

    def __init__(self, platform: Platform, tickets: Tickets, scope: Scope, screen: Screen, inquiry: Inquiry) -> None:
        self.scope = scope
        self.inquiry = inquiry
        self.now: datetime = utc_now()
        self._tickets = tickets
        self._screen = screen
        self._secure = request_scheme(scope, platform.trusted_proxies) == "https"
        self._cookie = cookie_of(scope, secure=self._secure)

    def read_ticket(self, text: str) -> Ticket:
        """Open the ticket of a form that was sent; raises StaleTicket."""
        return self._tickets.open(text, cookie=self._cookie, inquiry=self.inquiry.digest, now=self.now)

    def sign_in_page(self, complaint: Complaint | None = None, *, login: str = "") -> Response:
        """Ask for user name and password."""
        form = self._form(Ticket(Stage.SIGN_IN, self.now, self.inquiry.digest))
        return self._page(
            pages.sign_in(self._screen, form, login=login, complaint=complaint), 400 if complaint else 200
        )

    def consent_page(self, signed_in: SignedIn) -> Response:
        """Ask whether the application may."""
        user = signed_in.user
        ticket = Ticket(Stage.CONSENT, self.now, self.inquiry.digest, user.login, user.password_changed_at)
        return self._page(pages.consent(self._screen, self._form(ticket), login=user.login), 200)

    def _form(self, ticket: Ticket) -> Form:
        self._cookie = self._cookie or new_cookie()
        return Form(
            action=self.inquiry.action,
            ticket=self._tickets.seal(ticket, cookie=self._cookie),
            application=self.inquiry.application.name,
            destination=self.inquiry.destination,
        )

    def _page(self, html: str, status: int) -> Response:
        answer = page(html, status, leads_to=self.inquiry.redirect_uri)
        set_cookie(answer, self._cookie, secure=self._secure)
        return answer


def _go_on(inquiry: Inquiry, code: str) -> Response:
    return go_back(inquiry.redirect_uri, code=code, token_type="bearer", expires_in=EXPIRES_IN, state=inquiry.state)  # noqa: S106 - a scheme


def _refuse(inquiry: Inquiry, error: str, description: str) -> Response:
    return go_back(inquiry.redirect_uri, error=error, error_description=description, state=inquiry.state)
