"""An application, an account with a password, and the pages and the token endpoint as clients call them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from argon2 import PasswordHasher
from sqlalchemy import bindparam, update

from interfaces.test_pages_outline import Outline
from staffetta.access import add_application
from staffetta.accounts import Account, create_account
from staffetta.accounts.tables import users
from staffetta.db import Database, Statement
from staffetta.interfaces.oauth import OAuth
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.routing import Router
from staffetta.kit.clock import utc_now

LOG_ON = "/Authorization/OAuth/LogOn"
TOKEN = "/Authorization/OAuth/Token"
CALLBACK = "https://shop.example/cb"
PASSWORD = "Perla Nera 7"
BROWSER = {"Accept": "text/html"}

# A password that is checked in no time: the real hash takes a tenth of a second on two cores, for every sign-in.
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
SET_PASSWORD = Statement(
    update(users).where(users.c.account_id == bindparam("account_id")).values(password_hash=bindparam("hash"))
)


@dataclass(frozen=True)
class House:
    """An account with two users, and an application."""

    account: Account
    client_id: str
    client_secret: str

    @property
    def login(self) -> str:
        return f"m{self.account.id}"


@dataclass
class Door:
    """The OAuth pages of a platform of the test's own, whose throttles have counted nothing yet."""

    house: House
    platform: Platform
    application: OAuth
    client: httpx.AsyncClient

    async def token(self, *, method: str = "POST", **options: Any) -> httpx.Response:
        return await self.client.request(method, TOKEN, **options)

    async def grant(self, **values: str) -> httpx.Response:
        pair = {"client_id": self.house.client_id, "client_secret": self.house.client_secret}
        return await self.token(data={**pair, **values})

    async def by_password(self, password: str = PASSWORD, **values: str) -> httpx.Response:
        return await self.grant(
            **{"grant_type": "password", "username": self.house.login, "password": password, **values}
        )

    def asked(self, **values: str) -> str:
        asked = {
            "client_id": self.house.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "state": "a b&c=/é",
            **values,
        }
        return f"{LOG_ON}?{urlencode({name: value for name, value in asked.items() if value})}"

    async def open(self, **values: str) -> httpx.Response:
        return await self.client.get(self.asked(**values))

    async def send(self, page: httpx.Response, **values: str) -> httpx.Response:
        """Send the form of a page."""
        outline = Outline(page.text)
        (form,) = outline.attributes("form")
        hidden = {each["name"]: each["value"] for each in outline.attributes("input") if each["type"] == "hidden"}
        return await self.client.post(unescape(form["action"]), data={**hidden, **values})

    async def sign_in(self, page: httpx.Response, password: str = PASSWORD, login: str = "") -> httpx.Response:
        return await self.send(page, username=login or self.house.login, password=password)

    async def code(self, **values: str) -> str:
        """Return a code, whether or not the user has to consent."""
        answer = await self.sign_in(await self.open(**values))
        if answer.status_code == 200:
            answer = await self.send(answer, choice="allow")
        return answer_of(answer)["code"]


def answer_of(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302
    return {name: value for name, (value,) in parse_qs(urlsplit(response.headers["location"]).query).items()}


def make_house(database: Database, **application: Any) -> House:
    now = utc_now()
    with database.connection() as connection:
        account = create_account(
            connection,
            account_id=None,
            name="Bosco & Figli",
            hosts=(f"oauth{os.urandom(4).hex()}.example",),
            password=None,
            now=now,
        )
        connection.for_account(account.id).run(SET_PASSWORD, hash=CHEAP_HASH)
        wanted = {"client_id": None, "client_secret": None, **application}
        new = add_application(connection, "Shop", now=now, **wanted)
    return House(account, new.application.client_id, new.client_secret)


@asynccontextmanager
async def open_door(platform: Platform, house: House, **settings: Any) -> AsyncIterator[Door]:
    ours = replace(platform, settings=replace(platform.settings, **settings))
    application = OAuth(ours)
    router = Router(paths={}, segments={"authorization": application}, otherwise=application)
    transport = httpx.ASGITransport(router, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{house.account.host}") as client:
        yield Door(house, ours, application, client)
