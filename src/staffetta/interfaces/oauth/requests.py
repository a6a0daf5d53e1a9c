"""Reading a request of OAuth2: parameters in query, body or both, and an application's credentials (contract 3.3)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import Receive, Scope

from staffetta.interfaces.application_credentials import Credentials
from staffetta.interfaces.application_credentials import read_credentials as read_both
from staffetta.interfaces.parameters import (
    CONTROLS,
    Parameters,
    body_announced,
    form_pairs,
    query_pairs,
    read_body,
)

# Two clients announce a body and never send it: where the query says it all, the body gets no more time than this.
PATIENCE_SECONDS = 0.25
# No login has as many characters; what a stranger types is kept for a while to count the tries.
LONGEST_LOGIN = 200

FORM = b"application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a request. `whole` tells whether all of it arrived."""

    query: Parameters
    body: Parameters
    whole: bool = True

    def first(self, name: str) -> str:
        """Return a value by its lower-case name: the body wins over the query."""
        return self.body.first(name) or self.query.first(name)


async def read_given(
    scope: Scope, receive: Receive, *, body_octets: int, suffices: Callable[[Parameters], bool]
) -> Given:
    """Read the parameters of query and body; a body is a form or a JSON object, whatever it calls itself.

    Raises:
        InvalidArgument, BodyTooLarge, BodyTooSlow, Disconnected: as for the form pages.

    """
    query = Parameters(query_pairs(scope))
    content_type, announced = body_announced(scope, body_octets=body_octets)
    if not announced:
        return Given(query, Parameters())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS if suffices(query) else None):
            body = await read_body(receive, body_octets=body_octets)
    except TimeoutError:
        return Given(query, Parameters(), whole=False)
    return Given(query, Parameters(_body_pairs(content_type, body)))


def read_credentials(scope: Scope, given: Given) -> Credentials:
    """Return the credentials of the Basic header and of the parameters."""
    return read_both(scope, client_id=given.first("client_id"), client_secret=given.first("client_secret"))


def read_login(text: str) -> str:
    """Return a login as it is kept, whatever blanks and letter case it was typed in."""
    return text.strip().lower()[:LONGEST_LOGIN]


def _body_pairs(content_type: bytes, body: bytes) -> list[tuple[str, str]]:
    if content_type.lower().startswith(b"multipart/"):
        return form_pairs(content_type, body)
    return _object_pairs(body) if body.lstrip().startswith(b"{") else form_pairs(FORM, body)


def _object_pairs(body: bytes) -> list[tuple[str, str]]:
    """Return the texts and numbers of a JSON object; what cannot be read as one has none."""
    try:
        members = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [(name, CONTROLS.sub("", str(value))) for name, value in members.items() if isinstance(value, str | int)]
