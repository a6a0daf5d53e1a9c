"""Calling Send, Manage and Report as a program does that holds an access key."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from staffetta.access import get_user, issue_key
from staffetta.accounts import Account, create_account
from staffetta.db import Database
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap import Soap
from staffetta.kit.clock import utc_now
from staffetta.lists import furnish

NAMESPACE = "http://services.mailupnet.it/WS"
SENT = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<{name} xmlns="{namespace}">{members}</{name}></soap:Body></soap:Envelope>'
)
IP = "192.0.2.7"


@dataclass(frozen=True)
class Answer:
    """What an operation has returned: its inner document."""

    text: str

    @property
    def document(self) -> Any:
        return etree.fromstring(self.text)

    @property
    def code(self) -> int:
        return int(self.document[0].text)

    @property
    def reason(self) -> str:
        return self.document[1].text or ""

    def all(self, path: str) -> list[str]:
        """Return what an XPath finds, as texts."""
        return [each if isinstance(each, str) else each.text or "" for each in self.document.xpath(path)]

    def one(self, path: str) -> str:
        found = self.all(path)
        assert len(found) == 1, self.text
        return found[0]


@dataclass(frozen=True)
class Program:
    """A program that has signed in; `await program.send("GetLists")`."""

    application: Soap
    account: Account
    key: str
    host: str = "wsvc.example"

    async def send(self, operation: str, **values: Any) -> Answer:
        return await self.call("MailupSend", operation, **values)

    async def manage(self, operation: str, **values: Any) -> Answer:
        return await self.call("MailupManage", operation, **values)

    async def report(self, operation: str, **values: Any) -> Answer:
        return await self.call("MailupReport", operation, **values)

    async def call(self, service: str, operation: str, **values: Any) -> Answer:
        """Call an operation with the program's key, unless another is given; None leaves an element out."""
        given = {"accessKey": self.key, **values}
        members = "".join(_member(name, value) for name, value in given.items() if value is not None)
        transport = httpx.ASGITransport(self.application, client=(IP, 4711))
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            reply = await client.post(
                f"http://{self.host}/{service}.asmx",
                content=SENT.format(name=operation, namespace=NAMESPACE, members=members).encode(),
                headers={"Content-Type": "text/xml; charset=utf-8", "User-Agent": "PHP-SOAP/8.2"},
            )
        assert reply.status_code == 200, reply.text
        result = etree.fromstring(reply.content).find(f".//{{{NAMESPACE}}}{operation}Result")
        assert result is not None, reply.text
        return Answer(result.text or "")


def _member(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        options = (
            f"<Option><Key>{key}</Key><Value>{escape(str(each))}</Value></Option>" for key, each in value.items()
        )
        return f"<{name}>{''.join(options)}</{name}>"
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(written)}</{name}>"


def program_of(platform: Platform, account: Account, login: str = "") -> Program:
    """Return a program that has signed in as a user of an account."""
    return Program(Soap(platform), account, key_of(platform.database, login or account.api_user))


def key_of(database: Database, login: str) -> str:
    """Return an access key of a user."""
    with database.connection() as connection:
        return issue_key(connection, get_user(connection, login), now=utc_now())


def account_beside(database: Database, account: Account) -> Account:
    """Make a second account, with a list 1 of its own."""
    now, host = utc_now(), f"beside{account.id}-{os.getpid()}.soap.example"
    with database.connection() as connection:
        other = create_account(connection, account_id=None, name="Other", hosts=(host,), password=None, now=now)
        furnish(connection.for_account(other.id), other, now=now)
    return other
