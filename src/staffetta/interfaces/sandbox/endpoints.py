"""Caught mail as an ASGI application: to read by page, by JSON, or octet by octet; nothing here changes anything."""

import asyncio
import re
from collections.abc import Mapping
from traceback import format_tb
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from staffetta.db import DatabaseUnavailable
from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Refusal
from staffetta.interfaces.clients import netloc_of, request_scheme
from staffetta.interfaces.pages import SANDBOX_SECURITY_HEADERS, SECURITY_HEADERS, render
from staffetta.interfaces.parameters import LARGEST_ID, Parameters, decode_pairs
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.sandbox.access import check_access
from staffetta.interfaces.sandbox.pages import Listing, MailContent, MailRow, mail_list, mail_missing, mail_view
from staffetta.interfaces.sandbox.reading import FRAME_POLICY, as_json, framed, mail_name, take_apart
from staffetta.kit.languages import Language
from staffetta.outbox import caught, caught_mail, count_caught
from staffetta.outbox.queries import caught_rows

log = structlog.get_logger()

MAILS = "/sandbox/mail"
JSON = "/sandbox/mail.json"
MAIL = re.compile(r"/sandbox/mail/(\d{1,10})-(\d{1,18})(/source|/frame)?", re.ASCII)
NUMBER = re.compile(r"\d{1,7}", re.ASCII)

PAGE_MAILS = 50
LIMIT = 100
MOST = 1_000
LONGEST_SEARCH = 200

# What a mail says of itself must do nothing even when somebody opens it by itself.
SOURCE_HEADERS = {**SECURITY_HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}
FRAME_HEADERS = {**SECURITY_HEADERS, "Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}

STATUSES: Mapping[type[Refusal], int] = {
    InvalidArgument: 400,
    PermissionDenied: 403,
    NotFound: 404,
    FailedPrecondition: 404,
}
TITLES = {400: "That is not understood", 403: "Not for everybody", 404: "Nothing here", 405: "Only to be read"}
FAILED = "The mistake is ours, not yours; the log of the server says more."


class NothingCaught(FailedPrecondition):
    """Mail leaves by a relay, and none was caught before."""


class Sandbox:
    """What was caught because no relay is configured, below `/sandbox`; and `/`, which leads there."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whoever may not read is told which setting lets them."""
        response = await self._answer(scope)
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        path = scope["path"].rstrip("/").lower()
        if scope["method"] not in ("GET", "HEAD"):
            return _refused(path, 405, "There is nothing here that could be changed.", Allow="GET, HEAD")
        try:
            return await self._serve(path, scope)
        except Refusal as refusal:
            status = next(status for family, status in STATUSES.items() if isinstance(refusal, family))
            return _refused(path, status, str(refusal))
        except DatabaseUnavailable as error:
            log.error("database unavailable", interface="sandbox", reason=str(error))  # noqa: TRY400 - weather, no bug
            return _refused(path, 503, "The database does not answer; try again in a moment.")
        except Exception as error:  # noqa: BLE001 - the outermost layer
            # What the exception says is not logged: it may hold an address.
            where = "".join(format_tb(error.__traceback__))
            log.error("a page failed", interface="sandbox", error=type(error).__name__, where=where)  # noqa: TRY400 - see above
            return _refused(path, 500, FAILED)

    async def _serve(self, path: str, scope: Scope) -> Response:
        if path == "":
            if not self._platform.catches_mail:
                raise NotFound("Mail programs and forms know where to go from here; there is no page for people.")
            return RedirectResponse(MAILS, 302, dict(SECURITY_HEADERS))
        check_access(self._platform, scope)
        await self._check_any()
        parameters = Parameters(decode_pairs(scope["query_string"]))
        mail = MAIL.fullmatch(path)
        if path == "/sandbox":
            return RedirectResponse(MAILS, 302, dict(SECURITY_HEADERS))
        if path == MAILS:
            return _page(mail_list(await self._listing(parameters), hint=self._hint(scope)))
        if path == JSON:
            return await self._json(parameters)
        if mail:
            return await self._mail(int(mail[1]), int(mail[2]), mail[3], parameters)
        raise NotFound(f"Caught mail is at {MAILS}, and as JSON at {JSON}.")

    async def _check_any(self) -> None:
        if self._platform.catches_mail:
            return
        if not await self._platform.database.read_across(caught_rows, search="", most=1, skipped=0):
            raise NothingCaught(
                "Mail leaves by the relays of STAFFETTA_RELAYS; only while that setting is empty is it caught here."
            )

    async def _mail(self, account_id: int, mail_id: int, view: str | None, parameters: Parameters) -> Response:
        row = None
        if account_id <= LARGEST_ID:
            row = await self._platform.database.read_across(caught_mail, account_id, mail_id)
        if view is None:
            listing = await self._listing(parameters)
            return _page(mail_missing(listing), 404) if row is None else _page(_view(row, listing, parameters))
        if row is None:
            raise NotFound("There is no such mail; it may have made room for newer ones.")
        raw = bytes(row.raw)
        if view == "/source":
            return Response(raw, headers={**SOURCE_HEADERS, "Content-Type": "text/plain; charset=utf-8"})
        return HTMLResponse(framed(take_apart(raw).html), headers=FRAME_HEADERS)

    async def _json(self, parameters: Parameters) -> Response:
        most = _number(parameters, "limit", default=LIMIT)
        number = _number(parameters, "page", default=1)
        if not 1 <= most <= MOST or number < 1:
            raise InvalidArgument(f"limit is a number from 1 to {MOST}, page one from 1.")
        rows = await self._platform.database.read_across(
            caught, search=_search(parameters), most=most, skipped=(number - 1) * most
        )
        # A thousand mails take a second to read; other requests need not wait for that.
        body = await asyncio.to_thread(as_json, rows)
        return Response(body, headers={**SECURITY_HEADERS, "Content-Type": "application/json"})

    async def _listing(self, parameters: Parameters) -> Listing:
        search = _search(parameters)
        total = await self._platform.database.read_across(count_caught, search=search)
        last = max(1, -(-total // PAGE_MAILS))
        number = min(max(1, _number(parameters, "page", default=1)), last)
        rows = await self._platform.database.read_across(
            caught_rows, search=search, most=PAGE_MAILS, skipped=(number - 1) * PAGE_MAILS
        )
        return Listing(
            mails=[_row(row, search, number) for row in rows],
            url=MAILS,
            search=search,
            page=number,
            total=total,
            newer_url=MAILS + _query(search, number - 1) if number > 1 else "",
            older_url=MAILS + _query(search, number + 1) if number < last else "",
        )

    def _hint(self, scope: Scope) -> str:
        scheme = request_scheme(scope, self._platform.trusted_proxies)
        host = netloc_of(scope) or self._platform.settings.bind
        return f"curl -d 'email=ada@example.org&list=1' {scheme}://{host}/frontend/subscribe.aspx"


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, dict(SANDBOX_SECURITY_HEADERS))


def _refused(path: str, status: int, reason: str, **headers: str) -> Response:
    headers |= SECURITY_HEADERS
    if path == JSON:
        body = msgspec.json.encode({"error": reason})
        return Response(body, status, {**headers, "Content-Type": "application/json"})
    title = TITLES.get(status, "Something went wrong")
    return HTMLResponse(render("sandbox/refused.html", Language.EN, title=title, reason=reason), status, headers)


def _view(row: Any, listing: Listing, parameters: Parameters) -> str:
    parts = take_apart(bytes(row.raw))
    url = f"{MAILS}/{mail_name(row)}"
    content = MailContent(
        headers=parts.headers,
        text=parts.text,
        source_url=f"{url}/source",
        frame_url=f"{url}/frame" if parts.html else "",
    )
    return mail_view(_row(row, _search(parameters), listing.page), content, listing=listing)


def _row(row: Any, search: str, number: int) -> MailRow:
    return MailRow(
        # Numbers count within an account, and the page shows mails of all: both together tell them apart.
        id=row.account_id << 63 | row.id,
        url=f"{MAILS}/{mail_name(row)}{_query(search, number)}",
        to=row.to_address,
        from_=row.from_address,
        subject=row.subject,
        caught_at=row.caught_at,
        kind=row.kind,
    )


def _query(search: str, number: int) -> str:
    query: dict[str, str | int] = {}
    if search:
        query["q"] = search
    if number > 1:
        query["page"] = number
    return f"?{urlencode(query)}" if query else ""


def _search(parameters: Parameters) -> str:
    return " ".join(parameters.first("q").split())[:LONGEST_SEARCH]


def _number(parameters: Parameters, name: str, *, default: int) -> int:
    """Return a number of a few digits; 0 stands for what is none."""
    text = parameters.first(name)
    if not text:
        return default
    return int(text) if NUMBER.fullmatch(text) else 0
