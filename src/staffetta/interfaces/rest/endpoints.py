"""What an endpoint of the REST services is: one line of the table that routes, documents and limits them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from staffetta.interfaces.rest.calls import Call


class Root(StrEnum):
    """The three services under `/API/v1.1/Rest/` (contract 2.1)."""

    CONSOLE = "ConsoleService.svc"
    STATISTICS = "MailStatisticsService.svc"
    PUBLIC = "PublicService.svc"


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A parameter of the query that a resource knows; others are ignored."""

    name: str
    type: type
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A resource and a verb.

    `path` stands below the service's root, with ids in braces: `{list_id}` is a positive number, `{sender_id:text}` any
    text. `body` is the type that the request's body is read into, leniently; None ignores a body. `answer` is the type
    of the 200: a struct, `int`, a list of structs, `Page[Struct]` for a page of a collection, None for an empty body.
    `aliases` are other spellings that clients use, each a verb and a path: `POST Console/List/{list_id}/Groups`.
    """

    id: str
    method: str
    path: str
    summary: str
    handler: Callable[[Call], Awaitable[Any]]
    body: Any = None
    answer: Any = None
    query: tuple[QueryParameter, ...] = ()
    aliases: tuple[str, ...] = ()
    root: Root = Root.CONSOLE
