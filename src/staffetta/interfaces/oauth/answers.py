"""What the pages of logging on are sent as, the way back to an application, and who may call from other origins."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from staffetta.interfaces.oauth.redirects import leading_to
from staffetta.interfaces.oauth.tickets import LIFETIMES, Stage
from staffetta.interfaces.pages import POLICY, SECURITY_HEADERS

# Contract 2.4: an official sample runs in a browser, on another origin. Never with credentials of the browser's.
CROSS_ORIGIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, If-Match",
        "Access-Control-Max-Age": "86400",
    }
)

COOKIE = "staffetta-sign-in"
LONGEST_COOKIE = 100


def page(html: str, status: int = 200, *, leads_to: str = "") -> Response:
    """Answer a page; `leads_to` is where the answer to its form may redirect to."""
    return HTMLResponse(html, status, {**SECURITY_HEADERS, **_policy_of_form_to(leads_to)})


def go_back(uri: str, **answer: str) -> Response:
    """Send a person back to the application, with its answer in the query."""
    return RedirectResponse(
        leading_to(uri, **{key: value for key, value in answer.items() if value}), 302, dict(SECURITY_HEADERS)
    )


def allow_other_origins(response: Response) -> Response:
    """Let pages of other origins read an answer, a refusal too."""
    MutableHeaders(raw=response.raw_headers).update(CROSS_ORIGIN)
    return response


def cookie_of(scope: Scope, *, secure: bool) -> str:
    """Return the value of our cookie, or ""."""
    header = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    value = cookie_parser(header).get(_cookie_name(secure=secure), "")
    return value if value.isascii() and len(value) <= LONGEST_COOKIE else ""


def set_cookie(response: Response, value: str, *, secure: bool) -> None:
    """Give the browser our cookie, which no script reads and no form of another site brings along."""
    response.set_cookie(
        _cookie_name(secure=secure),
        value,
        max_age=int(LIFETIMES[Stage.SIGN_IN].total_seconds()),
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _cookie_name(*, secure: bool) -> str:
    # The prefix keeps neighbours under the same domain from setting it; browsers have it with TLS alone.
    return f"__Host-{COOKIE}" if secure else COOKIE


def _policy_of_form_to(uri: str) -> Mapping[str, str]:
    """Return the policy of a form whose answer leads away.

    Browsers hold `form-action` against every redirect that follows, those of the application's own pages included, and
    where these lead we cannot know: so the scheme is named, not the host.
    """
    scheme = uri.partition(":")[0].lower()
    return (
        {"Content-Security-Policy": POLICY.replace("form-action 'self'", f"form-action 'self' {scheme}:")}
        if uri
        else {}
    )
