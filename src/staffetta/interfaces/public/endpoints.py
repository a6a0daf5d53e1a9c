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
        file = static_file(path, scope)
        if file:
            _check_method(scope, SHOWN)
            return file
        if is_of_library(path):
            _check_method(scope, SHOWN)
            return await library_page(self._platform, scope, Parameters(query_pairs(scope)))
        if folder not in (LANDING, VERIFY, *LINKS):
            raise NotFound("there is no such page")
        if folder == LANDING and scope["method"] == "OPTIONS":
            return permission(SHOWN)
        _check_method(scope, SHOWN if folder == LANDING else SENT)
        parameters = await read_parameters(scope, receive, body_octets=self._platform.settings.body_octets)
        if folder == LANDING:
            return await landing_page(self._platform, name.lower(), scope, parameters)
        if folder == VERIFY:
            return await verify_page(self._platform, scope, name)
        purposes, answer = LINKS[folder]
        visit = await open_visit(self._platform, scope, parameters, purposes=purposes, text=name)
        await count_click(visit, self._collector)
        return await answer(visit)


def _check_method(scope: Scope, allowed: tuple[str, ...]) -> None:
    if scope["method"] not in allowed:
        raise WrongMethod(allowed)
