"""What a refusal or a fault looks like to a person: the page that says so."""

from traceback import format_tb

import structlog
from starlette.responses import Response
from starlette.types import Scope

from staffetta.accounts import AccountClosed, UnknownAccount
from staffetta.campaigns import UnknownAttachment, UnknownLink
from staffetta.db import DatabaseUnavailable
from staffetta.errors import InvalidArgument, NotFound, Refusal, ResourceExhausted
from staffetta.interfaces.parameters import BodyTooLarge, BodyTooSlow
from staffetta.interfaces.public.answers import problem_page
from staffetta.interfaces.public.pages import Problem
from staffetta.lists import UnknownList
from staffetta.recipients import UnknownRecipient
from staffetta.senders import SenderBlocked, UnknownSender
from staffetta.tracking import InvalidToken

log = structlog.get_logger()

SHOWN = ("GET", "HEAD")


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
    (UnknownLink, Problem.LINK_INVALID, 404),
    (NotFound, Problem.NOT_FOUND, 404),
    (WrongMethod, Problem.BAD_REQUEST, 405),
    (BodyTooLarge, Problem.TOO_LARGE, 413),
    (BodyTooSlow, Problem.BAD_REQUEST, 408),
    (ResourceExhausted, Problem.TOO_MANY, 429),
    (Refusal, Problem.BAD_REQUEST, 400),
)


def problem_of(error: Exception, scope: Scope) -> Response:
    """Return the page for what went wrong; what is our own doing is logged."""
    if isinstance(error, Refusal):
        return _refused(error, scope)
    if isinstance(error, DatabaseUnavailable):
        log.error("database unavailable", interface="public", reason=str(error))
        return problem_page(Problem.FAILURE, 503, scope)
    # Neither path nor message is logged: the one holds a token, the other may hold an address.
    where = "".join(format_tb(error.__traceback__))
    log.error("a page failed", interface="public", error=type(error).__name__, where=where)
    return problem_page(Problem.FAILURE, 500, scope)


def _refused(refusal: Refusal, scope: Scope) -> Response:
    problem, status = next((problem, status) for kind, problem, status in REFUSALS if isinstance(refusal, kind))
    # The rest of a body that is too large is dropped as it comes: closed at once, the connection would be reset and the
    # answer lost. Nobody waits for one that is too slow.
    response = problem_page(problem, status, scope, closing=isinstance(refusal, BodyTooSlow))
    if isinstance(refusal, WrongMethod):
        response.headers["Allow"] = ", ".join(refusal.allowed)
    return response
