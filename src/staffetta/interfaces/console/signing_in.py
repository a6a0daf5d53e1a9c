"""Signing in, and what may stand between that and the console: a password of one's own, and the terms of service."""

from datetime import timedelta

from starlette.responses import Response

from staffetta.access import WrongPassword
from staffetta.accounts import AccountClosed, AccountState
from staffetta.accounts.terms import OutdatedTerms, accept_terms, current_terms
from staffetta.errors import Refusal
from staffetta.interfaces.console import entering, pages
from staffetta.interfaces.console.cookies import Cookie
from staffetta.interfaces.console.entering import Entered, ForPrograms
from staffetta.interfaces.console.pages import Complaint, Form, News
from staffetta.interfaces.console.passwords import LONGEST_PASSWORD, complaints_about, hash_of, is_password
from staffetta.interfaces.console.tickets import Purpose
from staffetta.interfaces.console.visits import HOME, SIGN_IN, Visit, with_next
from staffetta.interfaces.passwords import Busy, Locked
from staffetta.interfaces.sealing import StaleTicket
from staffetta.kit.languages import Language

CHOOSE = "/console/choose-password"
TERMS = "/console/terms"


async def sign_in(visit: Visit) -> Response:
    """Ask for user name and password, and let in who knows them."""
    if not visit.is_post:
        return visit.go(visit.given.next or HOME) if visit.user else _sign_in_page(visit)
    mistake = _mistake_of(visit)
    if mistake:
        return _sign_in_page(visit, mistake)
    try:
        return _go_on(visit, await _enter(visit, visit.given.login, visit.given.form.first("password")))
    except Locked as refusal:
        answer = _sign_in_page(visit, complaint_of(refusal), status=429)
        answer.headers["Retry-After"] = str(refusal.seconds)
        return answer
    except (WrongPassword, AccountClosed, ForPrograms, Busy) as refusal:
        return _sign_in_page(visit, complaint_of(refusal), status=503 if isinstance(refusal, Busy) else 400)


async def choose_password(visit: Visit) -> Response:
    """Ask whoever has signed in with a one-time or expired password for one of their own."""
    try:
        step = visit.open(visit.cookies.get(Cookie.STEP), Purpose.STEP)
    except StaleTicket:
        return visit.go(HOME) if visit.user else visit.go_to_sign_in(News.STEP_OVER if visit.is_post else None)
    login, database = step.subject, visit.platform.database
    known = await database.read_across(entering.find_known, login)
    if known.user is None or known.user.password_changed_at != step.password_changed_at:
        visit.change_browser()
        return visit.go_to_sign_in(News.STEP_OVER)
    complaints: list[Complaint] = []
    if visit.is_post:
        complaints = await _complaints_about_choice(visit, login, known.password_hash)
        if not complaints:
            password_hash = await hash_of(visit.platform.throttles, visit.given.form.first("new"))
            return await _enter_with(visit, login, password_hash)
    api_user = f"a{known.user.account_id}"
    gets_it_too = login == f"m{known.user.account_id}" and await database.read_across(
        entering.has_no_password, api_user
    )
    form = Form(ticket=visit.ticket(Purpose.CHOOSE, login), next=visit.given.next, complaints=complaints)
    html = pages.choose_password(
        visit.frame(),
        form,
        login=login,
        first=known.user.one_time,
        api_user=api_user if gets_it_too else "",
    )
    return visit.page(html, 400 if complaints else 200)


async def terms(visit: Visit) -> Response:
    """Show the terms of service, and note who accepts them; nothing else is reachable before."""
    if visit.user is None or visit.account is None:
        return visit.go_to_sign_in()
    if not visit.is_post:
        return await _terms_page(visit)
    try:
        ticket = visit.read_ticket(Purpose.TERMS)
    except StaleTicket:
        return await _terms_page(visit, "stale_terms")
    if not visit.given.form.first("accepted"):
        return await _terms_page(visit, "terms_missing", field="accepted")
    version, _, language = ticket.subject.partition(" ")
    try:
        await visit.platform.database.write(
            visit.user.account_id,
            accept_terms,
            login=visit.user.login,
            ip=visit.ip,
            version=int(version),
            language=Language(language),
            now=visit.now,
        )
    except OutdatedTerms:
        return await _terms_page(visit, "terms_changed")
    return visit.go(visit.given.next or HOME, News.TERMS_ACCEPTED)


async def sign_out(visit: Visit) -> Response:
    """End the session, if it was this browser that asked for it."""
    if not visit.is_post or visit.user is None:
        return visit.go(HOME)
    try:
        visit.read_ticket(Purpose.SIGN_OUT)
    except StaleTicket:
        return visit.go(HOME, News.STALE_FORM)
    await visit.platform.database.write_across(entering.leave, visit.cookies.get(Cookie.BROWSER))
    visit.change_browser()
    return visit.go(SIGN_IN, News.SIGNED_OUT)


def _mistake_of(visit: Visit) -> Complaint | None:
    try:
        visit.read_ticket(Purpose.SIGN_IN)
    except StaleTicket:
        return Complaint("", "stale_form")
    if not visit.given.login:
        return Complaint("username", "login_missing")
    return None if visit.given.form.first("password") else Complaint("password", "password_needed")


async def _enter(visit: Visit, login: str, password: str) -> Entered:
    database = visit.platform.database
    known = await database.read_across(entering.find_known, login)
    # To whoever has no business on this host, the user is nobody; the time that it takes tells them nothing either.
    user = known.user if known.user and visit.admits(known.user) else None
    tried = password if len(password) <= LONGEST_PASSWORD else ""
    await visit.desk.checks.check(user, known.password_hash, tried, login=login, network=visit.network)
    return await database.write_across(entering.enter, login, known, now=visit.now)


def _go_on(visit: Visit, entered: Entered) -> Response:
    # What was sealed for the browser before is good for nothing from here on, so that nobody can have planted it.
    visit.change_browser(entered.token)
    if entered.token:
        return visit.go(visit.given.next or HOME)
    step = visit.ticket(Purpose.STEP, entered.user.login, changed_at=entered.user.password_changed_at)
    visit.cookies.put(Cookie.STEP, step)
    return visit.go(with_next(CHOOSE, visit.given.next))


def _sign_in_page(visit: Visit, complaint: Complaint | None = None, *, status: int = 400) -> Response:
    form = Form(
        ticket=visit.ticket(Purpose.SIGN_IN), next=visit.given.next, complaints=[complaint] if complaint else []
    )
    html = pages.sign_in(visit.frame(), form, login=visit.given.typed_login)
    return visit.page(html, status if complaint else 200)


def complaint_of(refusal: Refusal) -> Complaint:
    """Say why a password did not do."""
    match refusal:
        case Locked():
            # In whole minutes, and not a second too early.
            return Complaint("", "locked", wait=timedelta(minutes=-(-refusal.seconds // 60)))
        case Busy():
            return Complaint("", "busy")
        case AccountClosed():
            suspended = refusal.state == AccountState.SUSPENDED
            return Complaint("", "account_suspended" if suspended else "account_inactive")
        case ForPrograms():
            return Complaint("username", "for_programs")
        case _:
            return Complaint("", "wrong_password")


async def _complaints_about_choice(visit: Visit, login: str, password_hash: str) -> list[Complaint]:
    try:
        ticket = visit.read_ticket(Purpose.CHOOSE)
    except StaleTicket:
        return [Complaint("", "stale_choice")]
    if ticket.subject != login:
        return [Complaint("", "stale_choice")]
    complaints = complaints_about(visit.given, login=login)
    if not complaints and await is_password(visit.platform.throttles, password_hash, visit.given.form.first("new")):
        return [Complaint("new", "password_same")]
    return complaints


async def _enter_with(visit: Visit, login: str, password_hash: str) -> Response:
    step = visit.open(visit.cookies.get(Cookie.STEP), Purpose.STEP)
    if step.password_changed_at is None:
        raise StaleTicket("the step is about no password")
    try:
        entered = await visit.platform.database.write_across(
            entering.enter_with_new_password,
            login,
            password_hash,
            changed_at=step.password_changed_at,
            now=visit.now,
        )
    except (WrongPassword, AccountClosed):
        visit.change_browser()
        return visit.go_to_sign_in(News.STEP_OVER)
    visit.change_browser(entered.token)
    return visit.go(visit.given.next or HOME, News.PASSWORD_CHOSEN)


async def _terms_page(visit: Visit, key: str = "", *, field: str = "") -> Response:
    if visit.account is None:
        raise RuntimeError("nobody is signed in")
    current = await visit.platform.database.read_across(current_terms, visit.language)
    form = Form(
        ticket=visit.ticket(Purpose.TERMS, f"{current.version} {current.language}"),
        next=visit.given.next,
        complaints=[Complaint(field, key)] if key else [],
    )
    return visit.page(pages.terms(visit.frame(), form, account=visit.account, current=current), 400 if key else 200)
