"""The rooms of people who are signed in: the account at a glance, who may act for me, my password."""

from starlette.responses import Response

from staffetta.access import NotAuthorized, User, WrongPassword, authorizations_of, revoke
from staffetta.accounts import Account
from staffetta.interfaces.console import entering, pages
from staffetta.interfaces.console.pages import Complaint, Form, News
from staffetta.interfaces.console.passwords import LONGEST_PASSWORD, complaints_about, hash_of
from staffetta.interfaces.console.signing_in import complaint_of
from staffetta.interfaces.console.tickets import Purpose
from staffetta.interfaces.console.visits import Visit
from staffetta.interfaces.passwords import Busy, Locked
from staffetta.interfaces.sealing import StaleTicket
from staffetta.lists import catalog_of

APPLICATIONS = "/console/applications"
PASSWORD = "/console/password"  # noqa: S105 - a path


async def home(visit: Visit, user: User, account: Account) -> Response:
    """Show how the account stands."""
    platform = visit.platform
    known = await catalog_of(platform.database, account.id)
    html = pages.home(
        visit.frame("home"),
        account=account,
        user=user,
        lists=[each for each in known.lists.values() if user.sees(each.id)],
        server=platform.base_url(account, visit.scope),
        operator_email=platform.settings.operator_email,
        now=visit.now,
    )
    return visit.page(html)


async def applications(visit: Visit, user: User, account: Account) -> Response:
    """Show which applications may act for the user."""
    rows = await visit.platform.database.read(account.id, authorizations_of, user.login)
    return visit.page(pages.applications(visit.frame("applications"), rows, account=account))


async def revoke_application(visit: Visit, user: User, account: Account) -> Response:
    """Ask whether an application is to act no longer, and see to it."""
    database = visit.platform.database
    client_id = (visit.given.form if visit.is_post else visit.given.query).first("client_id")
    rows = await database.read(account.id, authorizations_of, user.login)
    found = next((each for each in rows if each.client_id == client_id), None)
    if found is None:
        return visit.go(APPLICATIONS, News.NOT_AUTHORIZED if client_id else None)
    complaints: list[Complaint] = []
    if visit.is_post:
        try:
            if visit.read_ticket(Purpose.REVOKE).subject != client_id:
                raise StaleTicket("the form was about another application")
            await database.write(account.id, revoke, user.login, client_id)
        except NotAuthorized:
            return visit.go(APPLICATIONS, News.NOT_AUTHORIZED)
        except StaleTicket:
            complaints = [Complaint("", "stale_form")]
        else:
            return visit.go(APPLICATIONS, News.REVOKED, about=found.name)
    form = Form(ticket=visit.ticket(Purpose.REVOKE, client_id), complaints=complaints)
    html = pages.revoke(visit.frame("applications"), form, application=found.name, client_id=client_id)
    return visit.page(html, 400 if complaints else 200)


async def password(visit: Visit, user: User, account: Account) -> Response:
    """Ask for the present password and another one, and change it."""
    del account
    if not visit.is_post:
        return _password_page(visit)
    mistakes = _mistakes_of(visit, user)
    if mistakes:
        return _password_page(visit, *mistakes)
    try:
        return await _change(visit, user, visit.given.form.first("current"), visit.given.form.first("new"))
    except WrongPassword:
        return _password_page(visit, Complaint("current", "wrong_current"))
    except (Locked, Busy) as refusal:
        return _password_page(visit, complaint_of(refusal), status=503 if isinstance(refusal, Busy) else 429)


def _mistakes_of(visit: Visit, user: User) -> list[Complaint]:
    try:
        visit.read_ticket(Purpose.PASSWORD)
    except StaleTicket:
        return [Complaint("", "stale_form")]
    current, new = visit.given.form.first("current"), visit.given.form.first("new")
    mistakes = [] if current else [Complaint("current", "current_missing")]
    mistakes += complaints_about(visit.given, login=user.login)
    return mistakes or ([Complaint("new", "password_same")] if current == new else [])


async def _change(visit: Visit, user: User, current: str, new: str) -> Response:
    database, throttles = visit.platform.database, visit.platform.throttles
    known = await database.read_across(entering.find_known, user.login)
    tried = current if len(current) <= LONGEST_PASSWORD else ""
    await visit.desk.checks.check(user, known.password_hash, tried, login=user.login, network=visit.network)
    password_hash = await hash_of(throttles, new)
    entered = await database.write_across(entering.change, user.login, known, password_hash, now=visit.now)
    # All sessions ended with the old password, this one too.
    visit.change_browser(entered.token)
    return visit.go(PASSWORD, News.PASSWORD_CHANGED)


def _password_page(visit: Visit, *complaints: Complaint, status: int = 400) -> Response:
    form = Form(ticket=visit.ticket(Purpose.PASSWORD), complaints=complaints)
    return visit.page(pages.password(visit.frame("password"), form), status if complaints else 200)
