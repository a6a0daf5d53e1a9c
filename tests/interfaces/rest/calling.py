"""Calling the REST services as a client does that has a token."""

from dataclasses import dataclass
from typing import Any

import httpx

from staffetta.access import UnknownApplication, add_application, find_user, get_application, issue_tokens
from staffetta.accounts import Account
from staffetta.db import Connection, Database
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.kit.clock import utc_now

CONSOLE = "/API/v1.1/Rest/ConsoleService.svc/"
CLIENT_ID = "tests-of-rest"
IP = "192.0.2.7"


@dataclass(frozen=True)
class Caller:
    """A program that calls with the token of one user; paths without a leading slash stand below ConsoleService."""

    application: Any
    account: Account
    token: str

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.request("GET", path, **request)

    async def post(self, path: str, **request: Any) -> httpx.Response:
        return await self.request("POST", path, **request)

    async def put(self, path: str, **request: Any) -> httpx.Response:
        return await self.request("PUT", path, **request)

    async def delete(self, path: str, **request: Any) -> httpx.Response:
        return await self.request("DELETE", path, **request)

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        sent = {name: value for name, value in given.items() if value}
        # A fault of ours is an answer here as it is on the network.
        transport = httpx.ASGITransport(self.application, client=(IP, 4711), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            url = f"http://{self.account.host}{path if path.startswith('/') else CONSOLE + path}"
            return await client.request(method, url, headers=sent, **request)


def token_of(database: Database, account: Account, login: str = "") -> str:
    """Return an access token of the account's API user, or of another user of it."""
    with database.connection() as connection:
        _register(connection)
        user = find_user(connection, login or account.api_user)
        assert user is not None
        return issue_tokens(connection, user, CLIENT_ID, now=utc_now()).access


def caller(platform: Platform, account: Account, login: str = "", application: Any = None) -> Caller:
    """Return who calls as a user of an account."""
    return Caller(application or Rest(platform), account, token_of(platform.database, account, login))


def _register(connection: Connection) -> None:
    try:
        get_application(connection, CLIENT_ID)
    except UnknownApplication:
        add_application(connection, "Tests", client_id=CLIENT_ID, client_secret="tests-of-rest-secret", now=utc_now())
