"""The console as an ASGI application: which page a path is, who may see it, and what a refusal or fault looks like."""

from collections.abc import Awaitable, Callable, Mapping
from traceback import format_tb

import structlog
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from staffetta.access import User
from staffetta.accounts import Account, AccountState
from staffetta.db import DatabaseUnavailable
from staffetta.errors import InvalidArgument, NotFound, Refusal, ResourceExhausted
from staffetta.interfaces.console import forgetting, pages, rooms, signing_in
from staffetta.interfaces.console.forgetting import DeadLink
from staffetta.interfaces.console.pages import Frame, Problem
from staffetta.interfaces.console.throttling import ResetThrottle
from staffetta.interfaces.console.tickets import Ticket
from staffetta.interfaces.console.visits import HOME, Desk, Visit, open_visit, with_next
from staffetta.interfaces.pages import SECURITY_HEADERS
from staffetta.interfaces.parameters import BodyTooLarge, BodyTooSlow, Disconnected
from staffetta.interfaces.passwords import PasswordChecks
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.sealing import Seals
from staffetta.kit.languages import DEFAULT, preferred_language

log = structlog.get_logger()

METHODS = ("GET", "HEAD", "POST")

# What is on the way in, and sees to itself who may be there.
DOORS: Mapping[str, Callable[[Visit], Awaitable[Response]]] = {
    "/console/sign-in": signing_in.sign_in,
    "/console/choose-password": signing_in.choose_password,
    "/console/terms": signing_in.terms,
    "/console/sign-out": signing_in.sign_out,
    "/console/forgotten": forgetting.forgotten,
    "/console/reset": forgetting.reset,
}
# What is for people who are signed in and have accepted the terms.
ROOMS: Mapping[str, Callable[[Visit, User, Account], Awaitable[Response]]] = {
    HOME: rooms.home,
    rooms.APPLICATIONS: rooms.applications,
    "/console/applications/revoke": rooms.revoke_application,
    rooms.PASSWORD: rooms.password,
}


class WrongMethod(InvalidArgument):
    """A page is neither shown nor sent by this method."""


# The first that fits.
REFUSALS: tuple[tuple[type[Refusal], Problem, int], ...] = (
    (DeadLink, Problem.RESET_DEAD, 404),
    (NotFound, Problem.NOT_FOUND, 404),
    (WrongMethod, Problem.BAD_REQUEST, 405),
    (BodyTooLarge, Problem.TOO_LARGE, 413),
    (BodyTooSlow, Problem.BAD_REQUEST, 408),
    (ResourceExhausted, Problem.TOO_MANY, 429),
    (Refusal, Problem.BAD_REQUEST, 400),
)


class Console:
    """What is served at `/console` and below."""

    def __init__(self, platform: Platform) -> None:
        self._desk = Desk(
            platform=platform,
            seals=Seals(platform.signer, "console", Ticket),
            checks=PasswordChecks(platform.throttles),
            resets=ResetThrottle(platform.settings),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; letter case and a slash at the end of the path do not matter."""
        try:
            response = await self._answer(scope, receive)
        except Disconnected:
            return
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        visit: Visit | None = None
        try:
            path = scope["path"].rstrip("/ ").lower()
            if scope["method"] not in METHODS:
                raise WrongMethod("the method is not allowed")
            visit = await open_visit(self._desk, scope, receive, path)
            return await _serve(visit)
        except Refusal as refusal:
            problem, status = next((problem, status) for kind, problem, status in REFUSALS if isinstance(refusal, kind))
            response = self._problem_page(scope, visit, problem, status)
            if isinstance(refusal, WrongMethod):
                response.headers["Allow"] = ", ".join(METHODS)
            if isinstance(refusal, BodyTooSlow):
                response.headers["Connection"] = "close"
            return response
        except Disconnected:
            raise
        except DatabaseUnavailable as error:
            log.error("database unavailable", interface="console", reason=str(error))  # noqa: TRY400 - weather, no bug
            return self._problem_page(scope, None, Problem.FAILURE, 503)
        except Exception as error:  # noqa: BLE001 - the outermost layer
            # What the exception says is not logged: it may hold a password or an address.
            where = "".join(format_tb(error.__traceback__))
            log.error("a page failed", interface="console", error=type(error).__name__, where=where)  # noqa: TRY400 - see above
            return self._problem_page(scope, None, Problem.FAILURE, 500)

    def _problem_page(self, scope: Scope, visit: Visit | None, problem: Problem, status: int) -> Response:
        if visit:
            return visit.page(pages.problem(visit.frame("nowhere" if _is_at_home(visit) else ""), problem), status)
        asked = preferred_language(Headers(scope=scope).get("accept-language", ""))
        frame = Frame(language=asked or DEFAULT, brand=self._desk.platform.settings.operator_name or "Staffetta")
        return HTMLResponse(pages.problem(frame, problem), status, dict(SECURITY_HEADERS))


def _is_at_home(visit: Visit) -> bool:
    return visit.account is not None and visit.account.state != AccountState.TERMS_NOT_ACCEPTED


async def _serve(visit: Visit) -> Response:
    door = DOORS.get(visit.path)
    if door:
        return await door(visit)
    if visit.user is None or visit.account is None:
        # To strangers there is the same behind every path.
        return visit.go_to_sign_in()
    if visit.account.state == AccountState.TERMS_NOT_ACCEPTED:
        return visit.go(with_next(signing_in.TERMS, visit.path if visit.path != HOME else ""))
    room = ROOMS.get(visit.path)
    if room is None:
        raise NotFound("there is no such page")
    return await room(visit, visit.user, visit.account)
