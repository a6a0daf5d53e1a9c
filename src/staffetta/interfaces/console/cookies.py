"""The console's cookies: which they are, and how a browser gets and loses them."""

from enum import StrEnum

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

LONGEST = 1_500
YEAR_SECONDS = 365 * 24 * 3_600


class Cookie(StrEnum):
    """What we keep in a browser; all but the language is gone when it is closed."""

    # The session, or before there is one a random value that forms are bound to.
    BROWSER = "staffetta-console"
    STEP = "staffetta-console-step"
    FLASH = "staffetta-console-flash"
    LANGUAGE = "staffetta-console-language"


class Cookies:
    """The cookies of one request, and those that its answer changes."""

    def __init__(self, scope: Scope, *, secure: bool) -> None:
        header = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        self._came = cookie_parser(header)
        self._changed: dict[Cookie, str] = {}
        self._secure = secure

    def get(self, cookie: Cookie) -> str:
        """Return a cookie's value as it will be after the answer, or ""."""
        value = self._changed.get(cookie, self._came.get(self._name(cookie), ""))
        return value if value.isascii() and value.isprintable() and len(value) <= LONGEST else ""

    def put(self, cookie: Cookie, value: str) -> None:
        """Let the answer set a cookie, or with "" delete it."""
        if value or self._name(cookie) in self._came or cookie in self._changed:
            self._changed[cookie] = value

    def apply(self, response: Response) -> None:
        """Write what was changed into an answer; no script reads it, and no form of another site brings it along."""
        for cookie, value in self._changed.items():
            age = 0 if not value else YEAR_SECONDS if cookie == Cookie.LANGUAGE else None
            response.set_cookie(
                self._name(cookie), value, max_age=age, secure=self._secure, httponly=True, samesite="lax"
            )

    def _name(self, cookie: Cookie) -> str:
        # The prefix keeps neighbours under the same domain from setting it; browsers have it with TLS alone.
        return f"__Host-{cookie}" if self._secure else cookie.value
