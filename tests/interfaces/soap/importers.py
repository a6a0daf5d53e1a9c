"""Calling Import as a shop's plugin does: user and password with every call."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import httpx
from argon2 import PasswordHasher
from lxml import etree
from sqlalchemy import bindparam, update

from staffetta.accounts import OPERATOR, Account, Service, change_service, create_account
from staffetta.accounts.tables import users
from staffetta.db import Connection, Database, Statement
from staffetta.imports import open_imports, step
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap import Soap
from staffetta.lists import MailingList, furnish, get_list
from trying import NOON

PASSWORD = "Perla Nera 7"
# A password that is checked in no time: the real hash takes a tenth of a second, for every account.
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
SET_PASSWORD = Statement(
    update(users).where(users.c.account_id == bindparam("account_id")).values(password_hash=bindparam("hash"))
)
IP = "192.0.2.7"
PATH = "/Services/WSMailupImport.asmx"
ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>{header}</soap:Header>'
    '<soap:Body><{name} xmlns="http://ws.mailupnet.it/">{members}</{name}></soap:Body></soap:Envelope>'
)
ADA = '<subscriber email="ada@example.org" Prefix="" Number="" Name="Ada"><campo1>Ada</campo1></subscriber>'
BOB = '<subscriber email="bob@example.org" Prefix="" Number="" Name=""><campo1>Bob</campo1></subscriber>'


@dataclass(frozen=True)
class Answer:
    """The inner document of an answer."""

    text: str

    @property
    def document(self) -> Any:
        return etree.fromstring(self.text.encode())

    @property
    def code(self) -> int:
        """The first `ReturnCode`, which is all that most clients read."""
        return int(self.document.iter("ReturnCode").__next__().text)

    @property
    def codes(self) -> list[int]:
        return [int(each.text) for each in self.document.iter("ReturnCode")]

    @property
    def process_ids(self) -> list[int]:
        return [int(each.text) for each in self.document.iter("processID")]

    def value(self, tag: str) -> str:
        return self.document.find(f".//{tag}").text or ""


@dataclass
class Shop:
    """A plugin of an account that has activated Import."""

    application: Soap
    account: Account
    database: Database
    user: str = ""
    password: str = PASSWORD

    async def call(self, operation: str, **values: Any) -> Answer:
        """Call an operation; what is None is left out."""
        user = self.user or self.account.api_user
        header = f"<Authentication><User>{user}</User><Password>{escape(self.password)}</Password></Authentication>"
        return await self.call_with(header, operation, **values)

    async def call_with(self, header: str, operation: str, *, host: str = "", ip: str = IP, **values: Any) -> Answer:
        """Call an operation with a header of one's own."""
        members = "".join(_member(name, value) for name, value in values.items() if value is not None)
        transport = httpx.ASGITransport(self.application, client=(ip, 4711))
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            reply = await client.post(
                f"http://{host or self.account.host}{PATH}",
                content=ENVELOPE.format(header=header, name=operation, members=members).encode(),
                headers={"Content-Type": "text/xml; charset=utf-8", "User-Agent": "PHP-SOAP/8.2"},
            )
        assert reply.status_code == 200, reply.text
        result = etree.fromstring(reply.content).find(f".//{{http://ws.mailupnet.it/}}{operation}Result")
        assert result is not None
        return Answer(result.text or "")

    async def of_list(self, operation: str, list_id: int = 1, **values: Any) -> Answer:
        """Call an operation that names a list by id and GUID."""
        return await self.call(operation, **{"idList": list_id, "listGUID": self.list(list_id).guid, **values})

    async def store(self, document: str = f"<s>{ADA}</s>", list_id: int = 1, **values: Any) -> Answer:
        """Store an import of Ada, or as told."""
        given = {"importType": 3, "mobileInputType": 2, "idConfirmNL": 0, "xmlDoc": document, **values}
        return await self.of_list("NewImportProcess", list_id, **given)

    async def start(self, document: str | None = f"<s>{ADA}</s>", list_ids: str = "1", **values: Any) -> Answer:
        """Import Ada, or as told."""
        given = {"listsIDs": list_ids, "xmlDoc": document, "importType": 3, "mobileInputType": 2, **values}
        return await self.call("StartImportProcesses", **given)

    async def details(self, process_id: int, list_id: int = 1) -> Answer:
        return await self.of_list("GetProcessDetails", list_id, idProcess=process_id)

    def list(self, list_id: int = 1) -> MailingList:
        with self.database.transaction(self.account.id) as tx:
            return get_list(tx, list_id)

    def work(self, now: Any = NOON) -> None:
        """Do what the worker has to."""
        with self.database.connection() as connection:
            tx = connection.for_account(self.account.id)
            while import_id := dict(open_imports(connection)).get(self.account.id):
                step(tx, import_id, most_chunks=20, now=now)


def open_shop(platform: Platform, account: Account) -> Shop:
    """Return a plugin of an account: a password is set, Import activated, the check of addresses off."""
    with platform.database.connection() as connection:
        give_password(connection, account)
        tx = connection.for_account(account.id)
        change_service(tx, Service.IMPORT, enabled=True, active=True, checks_ip=False, by=OPERATOR, now=NOON)
    return Shop(Soap(platform), account, platform.database)


def other_account(database: Database) -> Account:
    """Return a second account, with users that can sign in."""
    with database.connection() as connection:
        host = f"other-{uuid4().hex}.example"
        other = create_account(connection, account_id=None, name="Other", hosts=(host,), password=None, now=NOON)
        furnish(connection.for_account(other.id), other, now=NOON)
        give_password(connection, other)
    return other


def give_password(connection: Connection, account: Account) -> None:
    """Let the users of an account sign in."""
    connection.for_account(account.id).run(SET_PASSWORD, hash=CHEAP_HASH)


def _member(name: str, value: Any) -> str:
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(written)}</{name}>"
