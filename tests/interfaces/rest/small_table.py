"""A small table of endpoints, in which each way of answering and of refusing occurs once."""

from typing import Any

import msgspec

from staffetta.db import DatabaseUnavailable
from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter, Root
from staffetta.interfaces.rest.errors import DocumentedFailure, MissingIfMatch, WrongIfMatch
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.paging import Page


class FieldValue(msgspec.Struct):
    """The value of a field."""

    Description: str = ""
    Id: int = 0
    Value: str = ""


class Person(msgspec.Struct):
    """A person as clients write one."""

    Name: str = ""
    Email: str | None = None
    idRecipient: int | None = None  # noqa: N815 - as on the wire
    Fields: list[FieldValue] = []
    Active: bool = False


class Group(msgspec.Struct, frozen=True):
    """A group, with a member that is null."""

    Count: int | None
    Name: str
    idGroup: int  # noqa: N815 - as on the wire
    Numbers: list[int] = []


class Profile(msgspec.Struct, frozen=True):
    """A profile whose fields are ready JSON."""

    Name: str
    Fields: msgspec.Raw


class Titled(msgspec.Struct):
    """What cannot be without a name."""

    Name: str


GROUPS = [Group(None, "Amici & co", 1, [7, 8]), Group(2, "<b>Vini</b>", 2)]
REFUSALS: dict[int, Exception] = {
    1: InvalidArgument("Name: at most 50 characters."),
    2: PermissionDenied("list 2 is not visible to this user"),
    3: NotFound("there is no list 3"),
    4: FailedPrecondition("the list sends at this moment"),
    5: ResourceExhausted("no room"),
    6: MissingIfMatch(),
    7: MissingIfMatch(stack=""),
    8: WrongIfMatch("Invalid [EmailAddress] from If-Match header field.", stack=""),
    9: DocumentedFailure("The sender data is empty."),
    10: DatabaseUnavailable("disk full"),
    11: ZeroDivisionError("ada@example.com"),
}


async def nothing(_call: Call) -> None:
    """Answer an empty body."""


async def number(call: Call) -> int:
    return call.ids["list_id"]


async def truth(_call: Call) -> bool:
    return True


async def groups(call: Call) -> Paged:
    return page_of(call.query, GROUPS, key="idGroup", of=Group)


async def array(_call: Call) -> list[Group]:
    return []


async def profile(_call: Call) -> Profile:
    return Profile("Ada", msgspec.Raw(b'[{"Description":"nome","Id":1,"Value":"Ada"}]'))


async def echo(call: Call) -> Any:
    return call.body


async def sender(call: Call) -> list[str]:
    return [call.texts["sender_id"]]


async def literal(_call: Call) -> list[str]:
    return ["literal"]


async def slot(call: Call) -> list[int]:
    return [call.ids["message_id"], call.ids["slot"]]


async def template(call: Call) -> list[str]:
    return [f"template {call.ids['template_id']}"]


async def who(call: Call) -> list[str]:
    return [str(call.account.id), call.user.login, call.client_id, call.ip]


async def refuse(call: Call) -> None:
    raise REFUSALS[call.ids["number"]]


ENDPOINTS = (
    Endpoint(id="T1", method="GET", path="Console/List/{list_id}", summary="A number.", handler=number, answer=int),
    Endpoint(id="T2", method="GET", path="Console/List/Countries", summary="A literal.", handler=literal),
    Endpoint(
        id="T3",
        method="GET",
        path="Console/List/{list_id}/Groups",
        summary="A page.",
        handler=groups,
        answer=Page[Group],
        query=(QueryParameter("filterby", str, "Which of them."),),
        aliases=("GET Console/Groups/{of_list}",),
    ),
    Endpoint(
        id="T4", method="POST", path="Console/Person", summary="A person.", handler=echo, body=Person, answer=Person
    ),
    Endpoint(
        id="T5",
        method="PUT",
        path="Console/People",
        summary="People.",
        handler=echo,
        body=list[Person],
        answer=list[Person],
    ),
    Endpoint(id="T6", method="DELETE", path="Console/List/{list_id}", summary="Nothing.", handler=nothing),
    Endpoint(id="T7", method="GET", path="Console/Profile", summary="Ready JSON.", handler=profile, answer=Profile),
    Endpoint(id="T8", method="GET", path="Console/Senders/{sender_id:text}", summary="A text id.", handler=sender),
    Endpoint(id="T9", method="GET", path="Console/Refusal/{number}", summary="A refusal.", handler=refuse),
    Endpoint(
        id="T10",
        method="GET",
        path="Console/Array",
        summary="An empty array.",
        handler=array,
        answer=list[Group],
        root=Root.STATISTICS,
    ),
    Endpoint(id="T11", method="POST", path="Console/Titled", summary="A name.", handler=echo, body=Titled),
    Endpoint(id="T12", method="DELETE", path="Console/Email/{message_id}/{slot}", summary="A slot.", handler=slot),
    Endpoint(id="T13", method="DELETE", path="Console/Email/Template/{template_id}", summary="One.", handler=template),
    Endpoint(id="T14", method="GET", path="Console/Who", summary="Who calls.", handler=who),
    Endpoint(id="T15", method="GET", path="Console/Truth", summary="A boolean.", handler=truth, answer=bool),
    Endpoint(id="T16", method="POST", path="Console/Send", summary="No body.", handler=nothing),
)
