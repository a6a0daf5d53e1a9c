"""A small service in which each type, each way of answering and of failing occurs once."""

from typing import Any

from staffetta.db import DatabaseUnavailable
from staffetta.errors import NotFound
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.services import Operation, Parameter, SoapService, Type

NAMESPACE = "http://ws.mailupnet.it/"
PATH = "/Services/WSSmall.asmx"


class Heard:
    """The calls that came in, for tests to look at."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    @property
    def call(self) -> Call:
        return self.calls[-1]

    @property
    def values(self) -> dict[str, Any]:
        return dict(self.call.values)


def small_service(heard: Heard) -> SoapService:
    """Return the service, whose operations tell what they heard."""

    async def listen(call: Call) -> str:
        heard.calls.append(call)
        code = element("ReturnCode", "0" if call.credentials else "-1013")
        group = element("Group", idGroup=3, groupName='Caffè & "Co" <b>')
        lists = element("Lists", element("List", element("Groups", group), idList=1, listName="News"))
        return element("mailupMessage", element("mailupBody", code, lists, element("ReturnCode", "7")))

    async def count(call: Call) -> int:
        heard.calls.append(call)
        return -1

    async def refuse(_call: Call) -> str:
        raise NotFound("there is no <such> thing & never was")

    async def fail(_call: Call) -> str:
        raise ValueError("ada@example.com")

    async def weather(_call: Call) -> str:
        raise DatabaseUnavailable("no route")

    async def bare(_call: Call) -> str:
        return text("a > b")

    every_type = (
        Parameter("idList", Type.INT, optional=False),
        Parameter("xmlDoc", Type.STRING, optional=True),
        Parameter("asOptOut", Type.BOOLEAN, optional=False),
        Parameter("options", Type.OPTIONS, optional=True),
        Parameter("startAt", Type.DATE_TIME, optional=False),
    )
    return SoapService(
        name="WSSmall",
        namespace=NAMESPACE,
        paths=(PATH,),
        documentation="Small & simple.",
        operations=(
            Operation("GetLists", listen),
            Operation("TakeAll", listen, every_type),
            Operation("Count", count, result=Type.INT),
            Operation("Refuse", refuse),
            Operation("Fail", fail),
            Operation("Weather", weather),
            Operation("Bare", bare),
        ),
        authenticates=True,
        over_http=True,
    )
