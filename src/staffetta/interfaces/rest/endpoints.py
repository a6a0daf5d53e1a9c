"""What an endpoint of the REST services is: one line of the table that routes, documents and limits them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class By(StrEnum):
    """Who calls: a user for whom an application acts by an access token, or the application itself by its secret."""

    USER = "user"
    APPLICATION = "application"


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
    `by` says who calls: the handler gets a `Call`, or of an application an `ApplicationCall`. `feature` is what such an
    application has to be granted.
    """

    id: str
    method: str
    path: str
    summary: str
    handler: Callable[[Any], Awaitable[Any]]
    body: Any = None
    answer: Any = None
    query: tuple[QueryParameter, ...] = ()
    aliases: tuple[str, ...] = ()
    root: Root = Root.CONSOLE
    by: By = By.USER
    feature: str = ""
