"""The public pages as an ASGI application: which page a path is, and what a refusal or a fault looks like."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from staffetta.errors import NotFound
from staffetta.interfaces.parameters import (
    Disconnected,
    Parameters,
    query_pairs,
    read_parameters,
)
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public.answers import permission, static_file
from staffetta.interfaces.public.clicking import count_click
from staffetta.interfaces.public.collecting import Collector
from staffetta.interfaces.public.confirming import confirm_page
from staffetta.interfaces.public.hosted_form import HOSTED_FORM, hosted_form
from staffetta.interfaces.public.landing import landing_page
from staffetta.interfaces.public.library import is_of_library, library_page
from staffetta.interfaces.public.profile import profile_page
from staffetta.interfaces.public.refusals import SHOWN, WrongMethod, problem_of
from staffetta.interfaces.public.unsubscribing import unsubscribe_page
from staffetta.interfaces.public.verifying import verify_page
from staffetta.interfaces.public.visits import Visit, open_visit
from staffetta.tracking import PATHS, Purpose

LINKS: Mapping[str, tuple[Sequence[Purpose], Callable[[Visit], Awaitable[Response]]]] = {
    PATHS[Purpose.CONFIRM]: ((Purpose.CONFIRM,), confirm_page),
    PATHS[Purpose.UNSUBSCRIBE]: ((Purpose.UNSUBSCRIBE, Purpose.LEAVE), unsubscribe_page),
    PATHS[Purpose.PROFILE]: ((Purpose.PROFILE, Purpose.PREFERENCES), profile_page),
}
VERIFY = PATHS[Purpose.SENDER]
LANDING = "/frontend/landing/"

SENT = (*SHOWN, "POST")


class PublicPages:
    """The pages of links in mail, the landing pages of forms, and the static files of all pages."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._collector = Collector(platform.database)

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
        except Disconnected:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost layer
            return problem_of(error, scope)

    async def _serve(self, scope: Scope, receive: Receive) -> Response:
        path: str = scope["path"]
        folder, _, name = path.rpartition("/")
        folder = f"{folder.lower()}/"
        if folder in (VERIFY, *LINKS):
            return await self._serve_link(scope, receive, folder, name)
        if path.lower() == HOSTED_FORM:
            return _asked(scope, SENT) or await hosted_form(self._platform, scope)
        if folder == LANDING:
            return _asked(scope, SHOWN) or await landing_page(self._platform, name.lower(), scope)
        file = static_file(path, scope)
        if file is None and not is_of_library(path):
            raise NotFound("there is no such page")
        _check_method(scope, SHOWN)
        return file or await library_page(self._platform, scope, Parameters(query_pairs(scope)))

    async def _serve_link(self, scope: Scope, receive: Receive, folder: str, token: str) -> Response:
        _check_method(scope, SENT)
        parameters = await read_parameters(scope, receive, body_octets=self._platform.settings.body_octets)
        if folder == VERIFY:
            return await verify_page(self._platform, scope, token)
        purposes, answer = LINKS[folder]
        visit = await open_visit(self._platform, scope, parameters, purposes=purposes, text=token)
        await count_click(visit, self._collector)
        return await answer(visit)


def _asked(scope: Scope, methods: tuple[str, ...]) -> Response | None:
    """Answer a browser that asks for another site's script; what is no question is to be a call that is allowed."""
    if scope["method"] == "OPTIONS":
        return permission(methods)
    _check_method(scope, methods)
    return None


def _check_method(scope: Scope, allowed: tuple[str, ...]) -> None:
    if scope["method"] not in allowed:
        raise WrongMethod(allowed)
