"""Accounts with people, and a browser that fills in the forms of the console."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from typing import Any

import httpx
from argon2 import PasswordHasher
from sqlalchemy import bindparam, update

from interfaces.test_pages_outline import Outline
from staffetta.accounts import Account, Owner, Plan, create_account
from staffetta.accounts.tables import users
from staffetta.db import Database, Statement
from staffetta.interfaces.console import Console
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.routing import Router
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language, texts
from staffetta.lists import furnish

ENGLISH = texts("staffetta.interfaces.console", Language.EN)
ONE_TIME = "k7mw-p3qx-9dfh-rt4z"
PASSWORD = "Perla Nera 7!"
ANOTHER = "quattro gatti blu sul tetto"
ADA = "ada@example.com"
SIGN_IN = "/console/sign-in"

# Passwords that are checked in no time: the real hash takes a tenth of a second on two cores, for every sign-in.
_cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CHEAP_ONE_TIME, CHEAP = _cheap.hash(ONE_TIME), _cheap.hash(PASSWORD)
SETTLE = Statement(
    update(users)
    .where(users.c.account_id == bindparam("account_id"), users.c.login == bindparam("of_login"))
    .values(password_hash=bindparam("hash"), one_time=bindparam("once"), password_changed_at=bindparam("changed_at"))
)


@dataclass
class Visitor:
    """A browser at the host of an account, and the console that it visits."""

    account: Account
    platform: Platform
    console: Console
    client: httpx.AsyncClient

    @property
    def login(self) -> str:
        return f"m{self.account.id}"

    @property
    def database(self) -> Database:
        return self.platform.database

    async def open(self, path: str = "/console", **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)

    async def send(self, page: httpx.Response, *, follow: bool = True, **values: str) -> httpx.Response:
        """Send the form of a page, not that to sign out."""
        outline = Outline(page.text)
        forms = [each["action"] for each in outline.attributes("form") if each["action"] != "/console/sign-out"]
        hidden = {each["name"]: each["value"] for each in outline.attributes("input") if each["type"] == "hidden"}
        tickets = [each["value"] for each in outline.attributes("input") if each["name"] == "ticket"]
        data = {**hidden, "ticket": tickets[-1], **values}
        return await self.client.post(unescape(forms[-1]), data=data, follow_redirects=follow)

    async def sign_in(self, password: str = PASSWORD, login: str = "", *, path: str = SIGN_IN) -> httpx.Response:
        return await self.send(await self.open(path), username=login or self.login, password=password)

    async def sign_out(self, page: httpx.Response) -> httpx.Response:
        ticket = Outline(page.text).fields("ticket")[0][0]
        return await self.client.post("/console/sign-out", data={"ticket": ticket}, follow_redirects=True)

    def settle(self, *, once: bool = False, changed_at: datetime | None = None, login: str = "") -> None:
        """Give a user the password without more ado."""
        with self.database.transaction(self.account.id) as tx:
            values = {"hash": CHEAP_ONE_TIME if once else CHEAP, "once": once, "changed_at": changed_at or utc_now()}
            tx.run(SETTLE, of_login=login or self.login, **values)


def make_applicant(database: Database, *, language: Language = Language.EN, plan: Plan | None = None) -> Account:
    """Make an account as an activation does: one person with a one-time password, and terms to be accepted."""
    number = os.urandom(4).hex()
    owner = Owner(name="Ada Lovelace", email=ADA, one_time_hash=CHEAP_ONE_TIME, plan=plan or Plan(), expires_at=None)
    with database.connection() as connection:
        account = create_account(
            connection,
            account_id=None,
            name="Bosco & Figli",
            hosts=(f"console{number}.example",),
            password=None,
            now=utc_now(),
            language=language,
            owner=owner,
        )
        furnish(connection.for_account(account.id), account, now=utc_now())
    return account


@asynccontextmanager
async def visit(platform: Platform, account: Account, *, host: str = "", **settings: Any) -> AsyncIterator[Visitor]:
    """Open a browser at the host of an account, whose throttles have counted nothing yet."""
    ours = replace(platform, settings=replace(platform.settings, **settings))
    console = Console(ours)
    router = Router(paths={}, segments={"console": console}, otherwise=console)
    transport = httpx.ASGITransport(router, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host or account.host}") as client:
        yield Visitor(account, ours, console, client)


def shows(response: httpx.Response, key: str, status: int = 200) -> bool:
    """Tell whether a page says a text, and check what every page has."""
    page = Outline(response.text)
    assert page.open == page.mistakes == []
    assert page.count("script") == page.count("style") == 0
    assert response.status_code == status, response.text[-3000:]
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-frame-options"] == "DENY"
    said = unescape(response.text)
    return all(piece in said for piece in _pieces(ENGLISH[key]))


def _pieces(text: str) -> list[str]:
    return [piece for part in text.split("{") for piece in [part.partition("}")[2] if "}" in part else part]]
