"""Refusals as pages: what a person is told when nobody can log on here."""

from collections.abc import Mapping
from datetime import timedelta

from starlette.responses import Response

from staffetta.access import ApplicationBlocked, PasswordChangeRequired, PasswordExpired, UnknownApplication
from staffetta.accounts import AccountClosed, AccountState
from staffetta.errors import NotFound, Refusal
from staffetta.interfaces.oauth import pages
from staffetta.interfaces.oauth.answers import page
from staffetta.interfaces.oauth.inquiries import WrongResponseType
from staffetta.interfaces.oauth.pages import Problem, Screen
from staffetta.interfaces.oauth.redirects import WrongRedirect
from staffetta.interfaces.parameters import BodyTooLarge, BodyTooSlow
from staffetta.interfaces.passwords import Busy, Locked

# The first that fits.
PROBLEMS: tuple[tuple[type[Refusal], Problem, int], ...] = (
    (UnknownApplication, Problem.UNKNOWN_APPLICATION, 400),
    (ApplicationBlocked, Problem.BLOCKED_APPLICATION, 403),
    (WrongRedirect, Problem.WRONG_REDIRECT, 400),
    (WrongResponseType, Problem.WRONG_RESPONSE_TYPE, 400),
    (PasswordExpired, Problem.PASSWORD_EXPIRED, 403),
    (PasswordChangeRequired, Problem.PASSWORD_CHANGE_REQUIRED, 403),
    (Locked, Problem.LOCKED, 429),
    (Busy, Problem.BUSY, 503),
    (NotFound, Problem.NOT_FOUND, 404),
    (BodyTooLarge, Problem.TOO_LARGE, 413),
    (BodyTooSlow, Problem.BAD_REQUEST, 408),
    (Refusal, Problem.BAD_REQUEST, 400),
)
CLOSED: Mapping[AccountState, Problem] = {
    AccountState.INACTIVE: Problem.ACCOUNT_INACTIVE,
    AccountState.SUSPENDED: Problem.ACCOUNT_SUSPENDED,
    AccountState.EXPIRED: Problem.ACCOUNT_EXPIRED,
    AccountState.TERMS_NOT_ACCEPTED: Problem.TERMS_NOT_ACCEPTED,
}


def problem_page(refusal: Refusal, screen: Screen, *, way_back: str = "") -> Response:
    """Say why not, and to who guessed when there is another try.

    What the person can put right in the console leads there, and from there to `way_back`.
    """
    if isinstance(refusal, AccountClosed):
        return page(pages.problem(screen, CLOSED[refusal.state], way_back=way_back), 403)
    problem, status = next((problem, status) for kind, problem, status in PROBLEMS if isinstance(refusal, kind))
    seconds = refusal.seconds if isinstance(refusal, Locked) else 0
    # In whole minutes, and not a second too early.
    answer = page(pages.problem(screen, problem, wait=timedelta(minutes=-(-seconds // 60)), way_back=way_back), status)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer
