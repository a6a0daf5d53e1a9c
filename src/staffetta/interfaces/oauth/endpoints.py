"""OAuth2 as an ASGI application: which of its pages a path is, and what a refusal or a fault looks like."""

from collections.abc import Callable
from traceback import format_tb

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from staffetta.accounts import account_of_host
from staffetta.db import DatabaseUnavailable
from staffetta.errors import NotFound, Refusal
from staffetta.interfaces.clients import host_of
from staffetta.interfaces.oauth import pages, tokens
from staffetta.interfaces.oauth.answers import allow_other_origins, page
from staffetta.interfaces.oauth.logging_on import LogOn
from staffetta.interfaces.oauth.pages import Problem, Screen
from staffetta.interfaces.oauth.problems import problem_page
from staffetta.interfaces.oauth.requests import Given, read_given
from staffetta.interfaces.parameters import BodyTooSlow, Disconnected, Parameters, decode_pairs
from staffetta.interfaces.passwords import PasswordChecks
from staffetta.interfaces.platform import Platform
from staffetta.kit.languages import DEFAULT, find_language, preferred_language

log = structlog.get_logger()

PAGES = ("/authorization/oauth/logon", "/authorization/oauth/authorization", "/authorization/authorization")
TOKEN = "/authorization/oauth/token"  # noqa: S105 - a path


class OAuth:
    """The pages to log on and consent, and the token endpoint: what is served below `/Authorization/`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._checks = PasswordChecks(platform.throttles)
        self._log_on = LogOn(platform, self._checks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; letter case and a slash at the end of the path do not matter."""
        path = scope["path"].rstrip("/ ").lower()
        try:
            if scope["method"] == "OPTIONS":
                response = Response()
            elif path == TOKEN:
                response = await self._token(scope, receive)
            else:
                response = await self._page(path, scope, receive)
        except Disconnected:
            return
        if scope["method"] == "HEAD":
            response.body = b""
        await allow_other_origins(response)(scope, receive, send)

    async def _token(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] not in ("GET", "POST"):
            response = tokens.failed("invalid_request", "The method is GET or POST.", status=405)
            response.headers["Allow"] = "GET, POST, OPTIONS"
            return response
        try:
            given = await self._read(scope, receive, suffices=tokens.suffices(scope))
        except Refusal as refusal:
            return _closing(tokens.refused(refusal), closes=isinstance(refusal, BodyTooSlow))
        if scope["method"] == "GET" and given.first("response_type") and not given.first("grant_type"):
            # Some ask here for the page to log on (contract 3.2).
            return await self._log_on_page(scope, given)
        return _closing(await self._answer_token(scope, given), closes=not given.whole)

    async def _answer_token(self, scope: Scope, given: Given) -> Response:
        try:
            return await tokens.token(self._platform, self._checks, scope, given)
        except Refusal as refusal:
            return tokens.refused(refusal)
        except DatabaseUnavailable as error:
            _log_weather(error)
            return tokens.failed("temporarily_unavailable", "The database does not answer: try again.", status=503)
        except Exception as error:  # noqa: BLE001 - the outermost layer
            _log_fault(error)
            return tokens.failed("server_error", "The mistake is ours: try again in a few minutes.", status=503)

    async def _page(self, path: str, scope: Scope, receive: Receive) -> Response:
        if path not in PAGES:
            if "text/html" not in Headers(scope=scope).get("accept", ""):
                return tokens.failed("invalid_request", "There is nothing at this address.", status=404)
            return problem_page(NotFound("there is no such page"), await self._screen(scope))
        if scope["method"] not in ("GET", "HEAD", "POST"):
            response = page(pages.problem(await self._screen(scope), Problem.BAD_REQUEST), 405)
            response.headers["Allow"] = "GET, HEAD, POST, OPTIONS"
            return response
        try:
            given = await self._read(scope, receive, suffices=lambda _: False)
        except Refusal as refusal:
            return _closing(problem_page(refusal, await self._screen(scope)), closes=isinstance(refusal, BodyTooSlow))
        return await self._log_on_page(scope, given)

    async def _log_on_page(self, scope: Scope, given: Given) -> Response:
        screen = await self._screen(scope, given)
        try:
            return await self._log_on.answer(scope, given, screen)
        except Refusal as refusal:
            return problem_page(refusal, screen)
        except DatabaseUnavailable as error:
            _log_weather(error)
            return page(pages.problem(screen, Problem.FAILURE), 503)
        except Exception as error:  # noqa: BLE001 - the outermost layer
            _log_fault(error)
            return page(pages.problem(screen, Problem.FAILURE), 500)

    async def _read(self, scope: Scope, receive: Receive, *, suffices: Callable[[Parameters], bool]) -> Given:
        return await read_given(scope, receive, body_octets=self._platform.settings.body_octets, suffices=suffices)

    async def _screen(self, scope: Scope, given: Given | None = None) -> Screen:
        """Return the language that is asked for, the browser's, or that of the account whose host this is."""
        parameters = given or Given(Parameters(decode_pairs(scope["query_string"])), Parameters())
        language = find_language(parameters.first("lang"))
        language = language or preferred_language(Headers(scope=scope).get("accept-language", ""))
        try:
            account = await account_of_host(self._platform.database, host_of(scope))
        except DatabaseUnavailable:
            account = None
        if account is None:
            return Screen(language=language or DEFAULT)
        return Screen(language=language or account.language, owner=account.name)


def _closing(response: Response, *, closes: bool) -> Response:
    """Say that the connection is of no more use where the body of the request was not read to its end."""
    if closes:
        response.headers["Connection"] = "close"
    return response


def _log_weather(error: DatabaseUnavailable) -> None:
    log.error("database unavailable", interface="oauth", reason=str(error))


def _log_fault(error: Exception) -> None:
    # What the exception says is not logged: it may hold a password.
    where = "".join(format_tb(error.__traceback__))
    log.error("a page failed", interface="oauth", error=type(error).__name__, where=where)
