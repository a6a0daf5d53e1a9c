"""What public pages are sent as: HTML that nothing may keep or follow, nor most of it frame, or the way elsewhere."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from staffetta.interfaces.pages import (
    SECURITY_HEADERS,
    STATIC_HEADERS,
    headers_of_form_leading_to,
    static_files,
)
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.pages import Problem
from staffetta.kit.languages import DEFAULT, Language, preferred_language
from staffetta.lists import MailingList, Page


def page(html: str, status: int = 200, *, leads_to: str = "") -> Response:
    """Answer a page; `leads_to` is where the answer to its form may redirect to."""
    headers = headers_of_form_leading_to(leads_to) if leads_to else SECURITY_HEADERS
    return HTMLResponse(html, status, dict(headers))


def page_for_other_sites(html: str, *, leads_to: Sequence[str] = ()) -> Response:
    """Answer a page that other sites may show in a frame, and their scripts read; `leads_to` as above."""
    return HTMLResponse(html, 200, dict(headers_of_form_leading_to(*leads_to, framed=True)))


def permission(methods: tuple[str, ...]) -> Response:
    """Answer a browser that asks whether a script of another site may call (Fetch §3.2.3)."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=200, headers=headers)


def redirect(url: str, status: int = 302) -> Response:
    """Send a person on to another page."""
    return RedirectResponse(url, status, dict(SECURITY_HEADERS))


def problem_page(problem: Problem, status: int, scope: Scope, *, closing: bool = False) -> Response:
    """Say why there is nothing to see, in the language that the browser asks for."""
    answer = page(pages.problem(problem, language=browser_language(scope) or DEFAULT), status)
    if closing:
        answer.headers["Connection"] = "close"
    return answer


def browser_language(scope: Scope) -> Language | None:
    """Return the best of our languages that the browser asks for, if it asks for any."""
    return preferred_language(Headers(scope=scope).get("accept-language", ""))


def own_page(mailing_list: MailingList, name: Page) -> str:
    """Return the address of the page that a list has of its own in place of ours, or ""."""
    url = mailing_list.settings.pages.get(name, "")
    return url if urlsplit(url).scheme in ("http", "https") else ""


def static_file(path: str, scope: Scope) -> Response | None:
    """Answer a static file, or 304 to who has it; None where there is none."""
    file = static_files().get(path)
    if file is None:
        return None
    headers = {**STATIC_HEADERS, "ETag": file.etag}
    # RFC 9110 §13.1.2: the comparison is weak, and `*` stands for whatever there is.
    known = [tag.strip().removeprefix("W/") for tag in Headers(scope=scope).get("if-none-match", "").split(",")]
    if file.etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers={**headers, "Content-Type": file.content_type})
