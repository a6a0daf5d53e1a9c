"""What a mail of a campaign asks for: its picture, where its links lead, and itself as a page.

Everybody who gets a message asks for these at once. So they are answered in bytes, with nothing in between: a
framework's request and response cost as much again as all that is done here.
"""

import re
from asyncio import get_running_loop
from base64 import b64decode

from starlette.types import Receive, Scope, Send

from staffetta.campaigns import (
    ONLINE_VERSION,
    PREFERENCES,
    PREFETCH_HEADERS,
    UNSUBSCRIBE,
    EventKind,
    UnknownLink,
    Visit,
    classify,
    destination_of,
    seen_online,
)
from staffetta.interfaces.clients import client_address
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public.collecting import Collector
from staffetta.interfaces.public.library import MESSAGE_HEADERS
from staffetta.interfaces.public.refusals import SHOWN, WrongMethod, problem_of
from staffetta.interfaces.public.trails import Known, Trails
from staffetta.tracking import CampaignToken, Purpose, Token, link

# One transparent point.
PICTURE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
# Of a link, as it is spelt in mails.
NUMBER = re.compile(r"[1-9][0-9]{0,9}")
Headers = list[tuple[bytes, bytes]]
# Whoever keeps an answer never asks again, and is not seen again.
_NOT_KEPT: Headers = [
    (b"cache-control", b"no-store, no-cache, must-revalidate, private, max-age=0"),
    (b"x-robots-tag", b"noindex, nofollow"),
]
PICTURE_HEADERS: Headers = [
    (b"content-type", b"image/gif"),
    (b"content-length", b"%d" % len(PICTURE)),
    (b"x-content-type-options", b"nosniff"),
    # Webmail shows pictures of other sites.
    (b"cross-origin-resource-policy", b"cross-origin"),
    *_NOT_KEPT,
]
# The token stays between the person and us.
REDIRECT_HEADERS: Headers = [(b"content-length", b"0"), (b"referrer-policy", b"no-referrer"), *_NOT_KEPT]


class TrackedPages:
    """`/o/TOKEN`, `/k/TOKEN/NUMBER` and `/w/TOKEN`, each recorded before it is answered.

    What programs ask for is answered as well, and counted as theirs. While the database is away, people still get to
    where they want; see `Collector`.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._read = platform.signer.read_campaign
        self._trusted = platform.trusted_proxies
        self._trails = Trails(platform.database)
        self._collector = Collector(platform.database)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a link that is none of ours leads nowhere, and a page says so."""
        try:
            status, headers, body = await self._answer(scope)
        except Exception as error:  # noqa: BLE001 - the outermost layer
            response = problem_of(error, scope)
            if scope["method"] == "HEAD":
                response.body = b""
            await response(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope) -> tuple[int, Headers, bytes]:
        if scope["method"] not in SHOWN:
            raise WrongMethod(SHOWN)
        parts = scope["path"].split("/", 4)
        if len(parts) < 3:  # noqa: PLR2004 - nothing, the page, the token
            raise UnknownLink("there is no such page")
        page, text, rest = parts[1], parts[2], parts[3:]
        token = self._read(text)
        now = get_running_loop().time()
        known = self._trails.peek(token.account_id, token.sending_id, now) or await self._trails.find(
            token.account_id, token.sending_id, now
        )
        if page in "kK" and len(rest) == 1:
            where = known.locations.get(rest[0]) or await self._personal(token, known, rest[0])
            await self._record(scope, token, known, EventKind.CLICK, int(rest[0]))
            return 302, [(b"location", where), *REDIRECT_HEADERS], b""
        if page in "oO" and not rest:
            await self._record(scope, token, known, EventKind.VIEW)
            return 200, PICTURE_HEADERS, PICTURE
        if page in "wW" and not rest:
            return await self._online(scope, token, known)
        raise UnknownLink("there is no such page")

    async def _record(
        self, scope: Scope, token: CampaignToken, known: Known, kind: EventKind, link_id: int = 0
    ) -> None:
        agent = purpose = b""
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name in PREFETCH_HEADERS:
                purpose += value
        ip = client_address(scope, self._trusted)
        actor, reason = classify(kind, method=scope["method"], purpose=purpose, agent=agent, ip=ip)
        visit = Visit(known.trail.message_id, token.sending_id, token.recipient_id, kind, link_id, actor, reason, ip)
        await self._collector.put(token.account_id, visit)

    async def _personal(self, token: CampaignToken, known: Known, number: str) -> bytes:
        found = known.trail.destinations.get(int(number)) if NUMBER.fullmatch(number) else None
        if found is None:
            raise UnknownLink("the message has no such link")
        where = await self._platform.database.read(
            token.account_id, destination_of, token.sending_id, found.url, token.recipient_id
        )
        return where.encode("ascii")

    async def _online(self, scope: Scope, token: CampaignToken, known: Known) -> tuple[int, Headers, bytes]:
        html = await self._platform.database.read(
            token.account_id, seen_online, token.sending_id, token.recipient_id, leads=self._leads(token, known)
        )
        # Whoever reads it online has followed the link that leads here, if the message has it.
        link_id = known.trail.labels.get(ONLINE_VERSION, 0)
        await self._record(scope, token, known, EventKind.CLICK if link_id else EventKind.VIEW, link_id)
        body = html.encode()
        headers = [(name.lower().encode(), value.encode()) for name, value in MESSAGE_HEADERS.items()]
        kept = [(name, value) for name, value in headers if name != b"cache-control"]
        about = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        return 200, [*about, *kept, *_NOT_KEPT], body

    def _leads(self, token: CampaignToken, known: Known) -> dict[str, str]:
        """Return the addresses of a person's own pages; of who is not to be followed it is not known whose."""
        if not token.recipient_id:
            return {}
        signer, list_id = self._platform.signer, known.trail.list_id
        whose = Token(token.account_id, token.recipient_id, (list_id, token.sending_id))
        return {
            UNSUBSCRIBE: link(signer, "", Purpose.LEAVE, whose),
            PREFERENCES: link(signer, "", Purpose.PREFERENCES, whose),
        }
