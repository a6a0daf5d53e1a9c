"""Calling the form pages, and reading what they left in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import bindparam, select

from staffetta.accounts import Account, create_account
from staffetta.db import Database, Statement, open_database
from staffetta.db.upgrading import upgrade
from staffetta.interfaces.frontend import FrontEnd
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.routing import Router
from staffetta.interfaces.throttles import Throttles
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.phones import MobileNumber
from staffetta.lists import MailingList, add_list, catalog, furnish
from staffetta.outbox.tables import deliveries
from staffetta.recipients import CONFIRMATION, check_status
from staffetta.recipients.queries import groups_of, recipient_by_email, recipient_by_mobile
from staffetta.settings import Settings
from staffetta.tracking import load_signer

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"

DELIVERIES = Statement(
    select(deliveries.c.kind, deliveries.c.address, deliveries.c.list_id, deliveries.c.details)
    .where(deliveries.c.account_id == bindparam("account_id"))
    .order_by(deliveries.c.created_at, deliveries.c.id)
)


async def nothing_else(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"no form page"})


def routed(platform: Platform) -> Router:
    """Return the form pages, reached as in the whole application."""
    front_end = FrontEnd(platform)
    paths = {f"/frontend/{name}": front_end for name in front_end.names}
    return Router(segments={}, paths=paths, otherwise=nothing_else)


@dataclass(frozen=True)
class Site:
    """The form pages of one account, as a caller of one address sees them."""

    platform: Platform
    account: Account
    ip: str = "192.0.2.7"
    host: str = ""

    @property
    def database(self) -> Database:
        return self.platform.database

    async def request(self, method: str, page: str, **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(routed(self.platform), client=(self.ip, 4711))
        path = page if page.startswith("/") else f"/frontend/{page}"
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return await client.request(method, f"http://{self.host or self.account.host}{path}", **request)

    async def text(self, page: str, headers: dict[str, str] | None = None, **parameters: object) -> str:
        """Call a page by GET and return its body, which must be that of an answer."""
        response = await self.request("GET", page, params=parameters, headers=headers or {})
        assert response.status_code == 200
        assert response.text.endswith("\r\n") or page.lower().startswith("xmlsubscribe")
        return response.text

    async def code(self, page: str, **parameters: object) -> int:
        """Call a page by GET and return the number that it answers."""
        response = await self.request("GET", page, params={"retCode": 1, **parameters})
        return code_of(response)

    async def landing(self, **parameters: object) -> str:
        """Post to subscribe.aspx and return where it leads."""
        response = await self.request("POST", "subscribe.aspx", data=parameters)
        return location_of(response)

    def mailing_list(self, number: int = 1) -> MailingList:
        with self.database.transaction(self.account.id) as tx:
            return catalog(tx).lists[number]

    def secret(self, number: int = 1) -> dict[str, object]:
        """Return the parameters by which check, unsubscribe and update name a list."""
        return {"list": number, "listGuid": self.mailing_list(number).guid}

    def add_lists(self, count: int, now: datetime) -> list[int]:
        with self.database.transaction(self.account.id) as tx:
            return [add_list(tx, f"More {number}", now=now).id for number in range(count)]

    def status(self, address: str, number: int = 1) -> int:
        with self.database.transaction(self.account.id) as tx:
            return int(check_status(tx, number, parsed(address)))

    def recipient(self, address: str) -> Any:
        sound = parsed(address)
        with self.database.transaction(self.account.id) as tx:
            if isinstance(sound, EmailAddress):
                return recipient_by_email(tx, sound.text)
            return recipient_by_mobile(tx, sound.digits)

    def groups(self, address: str) -> set[int]:
        recipient_id = self.recipient(address).id
        with self.database.transaction(self.account.id) as tx:
            return groups_of(tx, recipient_id)

    def mails(self) -> list[Any]:
        """Return what the account has to send, oldest first."""
        with self.database.transaction(self.account.id) as tx:
            return tx.all(DELIVERIES)

    def requests(self) -> list[tuple[str, int, list[int]]]:
        """Return the confirmation requests: to whom, by which list's message, confirming which lists."""
        mails = self.mails()
        assert {mail.kind for mail in mails} <= {CONFIRMATION}
        return [(mail.address, mail.list_id, mail.details["lists"]) for mail in mails]


def parsed(address: str) -> EmailAddress | MobileNumber:
    return EmailAddress.parse(address) if "@" in address else MobileNumber.parse(address)


def code_of(response: httpx.Response) -> int:
    """Return the code of an answer that is exactly what clients expect one to be."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    code = int(response.text)
    assert response.content == b"%d\r\n" % code
    return code


def location_of(response: httpx.Response) -> str:
    """Return where a redirect leads, which its body says as well."""
    assert response.status_code == 302
    assert response.headers["access-control-allow-origin"] == "*"
    location = response.headers["location"]
    assert response.text.partition('href="')[2].partition('"')[0] == location
    return location


@contextmanager
def opened(settings: Settings, now: datetime) -> Iterator[Site]:
    """Open a database of the test's own, with one account."""
    upgrade(settings.database_url)
    database = open_database(settings)
    try:
        with database.connection() as connection:
            signer = load_signer(connection, now=now)
            account = create_account(connection, account_id=None, name="", hosts=("a.example",), password=None, now=now)
            furnish(connection.for_account(account.id), account, now=now)
        throttles = Throttles(settings)
        yield Site(Platform(settings, database, signer, throttles, wake_sender=lambda: None), account)
    finally:
        database.close()
