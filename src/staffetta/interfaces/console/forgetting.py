"""Forgotten passwords: a link by mail, and the page that it leads to."""

import asyncio
from datetime import timedelta
from traceback import format_tb

import structlog
from starlette.background import BackgroundTask
from starlette.responses import Response

from staffetta.access import User, WrongPassword
from staffetta.accounts import Account, UnknownAccount, UserKind, account_of_id
from staffetta.errors import NotFound
from staffetta.interfaces.console import entering, pages
from staffetta.interfaces.console.pages import Complaint, Form, News
from staffetta.interfaces.console.passwords import complaints_about, hash_of
from staffetta.interfaces.console.tickets import Purpose
from staffetta.interfaces.console.visits import SIGN_IN, Visit
from staffetta.interfaces.sealing import StaleTicket
from staffetta.tracking import InvalidToken, ResetToken

log = structlog.get_logger()

GOOD_FOR = timedelta(hours=2)


class DeadLink(NotFound):
    """The link was used, is too old, or is none of ours."""


async def forgotten(visit: Visit) -> Response:
    """Ask who has forgotten their password, and mail them a link; the answer does not tell whether there is anybody."""
    if not visit.is_post:
        return _forgotten_page(visit)
    try:
        visit.read_ticket(Purpose.FORGOTTEN)
    except StaleTicket:
        return _forgotten_page(visit, Complaint("", "stale_form"))
    if not visit.given.login:
        return _forgotten_page(visit, Complaint("username", "login_missing"))
    visit.desk.resets.count(visit.network)
    known = await visit.platform.database.read_across(entering.find_known, visit.given.login)
    answer = visit.page(pages.forgotten_done(visit.frame(), login=visit.given.typed_login))
    user = known.user
    if user and user.email and user.kind == UserKind.CONSOLE and visit.admits(user):
        # After the answer, so that its time does not tell either.
        answer.background = BackgroundTask(_mail, visit, user)
    return answer


async def reset(visit: Visit) -> Response:
    """Ask whoever opened the link for another password; only sending the form changes it, for mail is scanned."""
    text = visit.given.form.first("t") if visit.is_post else visit.given.query.first("t")
    token = await _token(visit, text)
    complaints: list[Complaint] = []
    if visit.is_post:
        complaints = _complaints(visit, token)
        if not complaints:
            return await _replace(visit, token)
    form = Form(ticket=visit.ticket(Purpose.RESET, token.login), complaints=complaints)
    html = pages.reset(visit.frame(), form, login=token.login, token=text)
    return visit.page(html, 400 if complaints else 200)


async def _mail(visit: Visit, user: User) -> None:
    try:
        account = await account_of_id(visit.platform.database, user.account_id)
        if await _put(visit, user, account):
            visit.platform.wake_sender()
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the answer has left: nobody else hears of it
        where = "".join(format_tb(error.__traceback__))
        log.error("no link was mailed", account=user.account_id, error=type(error).__name__, where=where)  # noqa: TRY400 - what it says may hold an address


async def _put(visit: Visit, user: User, account: Account) -> bool:
    return await visit.platform.database.write(
        account.id,
        entering.mail_reset,
        user,
        account,
        language=visit.language,
        base_url=visit.platform.base_url(account, visit.scope),
        now=visit.now,
    )


async def _token(visit: Visit, text: str) -> ResetToken:
    try:
        token = visit.platform.signer.read_reset(text)
    except InvalidToken as error:
        raise DeadLink("the link is not one of ours") from error
    known = await visit.platform.database.read_across(entering.find_known, token.login)
    user = known.user
    if (
        user is None
        or user.account_id != token.account_id
        or user.password_changed_at != token.changed_at
        or not timedelta(0) <= visit.now - token.issued_at <= GOOD_FOR
    ):
        raise DeadLink("the link was used, or is too old")
    return token


def _complaints(visit: Visit, token: ResetToken) -> list[Complaint]:
    try:
        ticket = visit.read_ticket(Purpose.RESET)
    except StaleTicket:
        return [Complaint("", "stale_choice")]
    if ticket.subject != token.login:
        return [Complaint("", "stale_choice")]
    return complaints_about(visit.given, login=token.login)


async def _replace(visit: Visit, token: ResetToken) -> Response:
    password_hash = await hash_of(visit.platform.throttles, visit.given.form.first("new"))
    try:
        await visit.platform.database.write_across(
            entering.replace_password, token.login, password_hash, changed_at=token.changed_at, now=visit.now
        )
    except (WrongPassword, UnknownAccount) as error:
        raise DeadLink("the link was used") from error
    visit.change_browser()
    return visit.go(SIGN_IN, News.PASSWORD_RESET)


def _forgotten_page(visit: Visit, complaint: Complaint | None = None) -> Response:
    form = Form(ticket=visit.ticket(Purpose.FORGOTTEN), complaints=[complaint] if complaint else [])
    return visit.page(pages.forgotten(visit.frame(), form, login=visit.given.typed_login), 400 if complaint else 200)
