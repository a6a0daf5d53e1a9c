"""The public pages as an ASGI application: which page a path is, and what a refusal or a fault looks like."""

from collections.abc import Awaitable, Callable, Mapping
from traceback import format_tb

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from staffetta.accounts import AccountClosed, UnknownAccount
from staffetta.campaigns import UnknownAttachment
from staffetta.db import DatabaseUnavailable
from staffetta.errors import InvalidArgument, NotFound, Refusal, ResourceExhausted
from staffetta.interfaces.parameters import (
    BodyTooLarge,
    BodyTooSlow,
    Disconnected,
    Parameters,
    query_pairs,
    read_parameters,
)
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public.answers import problem_page, static_file
from staffetta.interfaces.public.confirming import confirm_page
from staffetta.interfaces.public.landing import landing_page
from staffetta.interfaces.public.library import is_of_library, library_page
from staffetta.interfaces.public.pages import Problem
from staffetta.interfaces.public.profile import profile_page
from staffetta.interfaces.public.unsubscribing import unsubscribe_page
from staffetta.interfaces.public.verifying import verify_page
from staffetta.interfaces.public.visits import Visit, open_visit
from staffetta.lists import UnknownList
from staffetta.recipients import UnknownRecipient
from staffetta.senders import SenderBlocked, UnknownSender
from staffetta.tracking import PATHS, InvalidToken, Purpose

log = structlog.get_logger()

LINKS: Mapping[str, tuple[Purpose, Callable[[Visit], Awaitable[Response]]]] = {
    PATHS[Purpose.CONFIRM]: (Purpose.CONFIRM, confirm_page),
    PATHS[Purpose.UNSUBSCRIBE]: (Purpose.UNSUBSCRIBE, unsubscribe_page),
    PATHS[Purpose.PROFILE]: (Purpose.PROFILE, profile_page),
}
VERIFY = PATHS[Purpose.SENDER]
LANDING = "/frontend/landing/"

SHOWN = ("GET", "HEAD")
SENT = (*SHOWN, "POST")


class WrongMethod(InvalidArgument):
    """The page is not asked for in this way; `allowed` are the ways there are."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("the method is not allowed")
        self.allowed = allowed


# The first that fits. Whatever a link is about that is gone, the person is told the same: this link does not work.
REFUSALS: tuple[tuple[type[Refusal], Problem, int], ...] = (
    (InvalidToken, Problem.LINK_INVALID, 404),
    (UnknownAccount, Problem.LINK_INVALID, 404),
    (UnknownList, Problem.LINK_INVALID, 404),
    (UnknownRecipient, Problem.LINK_INVALID, 404),
    (AccountClosed, Problem.LINK_INVALID, 404),
    (UnknownSender, Problem.LINK_INVALID, 404),
    (SenderBlocked, Problem.LINK_INVALID, 404),
    (UnknownAttachment, Problem.LINK_INVALID, 404),
    (NotFound, Problem.NOT_FOUND, 404),
    (WrongMethod, Problem.BAD_REQUEST, 405),
    (BodyTooLarge, Problem.TOO_LARGE, 413),
    (BodyTooSlow, Problem.BAD_REQUEST, 408),
    (ResourceExhausted, Problem.TOO_MANY, 429),
    (Refusal, Problem.BAD_REQUEST, 400),
)


class PublicPages:
    """The pages of links in mail, the landing pages of forms, and the static files of all pages."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a path that is no page of ours gets one that says so."""
        try:
            response = await self._answer(scope, receive)
        except Disconnected:
            return
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            return await self._serve(scope, receive)
        except Refusal as refusal:
            return _refused(refusal, scope)
        except Disconnected:
            raise
        except DatabaseUnavailable as error:
            log.error("database unavailable", interface="public", reason=str(error))  # noqa: TRY400 - weather, no bug
            return problem_page(Problem.FAILURE, 503, scope)
        except Exception as error:  # noqa: BLE001 - the outermost layer
            # Neither path nor message is logged: the one holds a token, the other may hold an address.
            where = "".join(format_tb(error.__traceback__))
            log.error("a page failed", interface="public", error=type(error).__name__, where=where)  # noqa: TRY400 - see above
            return problem_page(Problem.FAILURE, 500, scope)

    async def _serve(self, scope: Scope, receive: Receive) -> Response:
        path: str = scope["path"]
        folder, _, name = path.rpartition("/")
        folder = f"{folder.lower()}/"
        file = static_file(path, scope)
        if file:
            _check_method(scope, SHOWN)
            return file
        if is_of_library(path):
            _check_method(scope, SHOWN)
            return await library_page(self._platform, scope, Parameters(query_pairs(scope)))
        if folder not in (LANDING, VERIFY, *LINKS):
            raise NotFound("there is no such page")
        _check_method(scope, SHOWN if folder == LANDING else SENT)
        parameters = await read_parameters(scope, receive, body_octets=self._platform.settings.body_octets)
        if folder == LANDING:
            return await landing_page(self._platform, name.lower(), scope, parameters)
        if folder == VERIFY:
            return await verify_page(self._platform, scope, name)
        purpose, answer = LINKS[folder]
        return await answer(await open_visit(self._platform, scope, parameters, purpose=purpose, text=name))


def _check_method(scope: Scope, allowed: tuple[str, ...]) -> None:
    if scope["method"] not in allowed:
        raise WrongMethod(allowed)


def _refused(refusal: Refusal, scope: Scope) -> Response:
    problem, status = next((problem, status) for kind, problem, status in REFUSALS if isinstance(refusal, kind))
    # The rest of a body that is too large is dropped as it comes: closed at once, the connection would be reset and the
    # answer lost. Nobody waits for one that is too slow.
    response = problem_page(problem, status, scope, closing=isinstance(refusal, BodyTooSlow))
    if isinstance(refusal, WrongMethod):
        response.headers["Allow"] = ", ".join(refusal.allowed)
    return response
