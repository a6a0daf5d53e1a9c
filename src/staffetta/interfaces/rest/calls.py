"""One call of a REST resource, as handlers see it: who calls, about what, with which parameters and body."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from starlette.types import Scope

from staffetta.access import Application, User
from staffetta.accounts import Account
from staffetta.db import Transaction
from staffetta.errors import PermissionDenied
from staffetta.interfaces.parameters import Parameters, is_true
from staffetta.interfaces.platform import Platform
from staffetta.lists import MailingList, list_of
from staffetta.recipients import Evidence, Source

P = ParamSpec("P")
T = TypeVar("T")
LONGEST_PROOF = 300


class ApplicationCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that an application makes for itself: there is no account and no user yet."""

    platform: Platform
    application: Application
    query: Parameters
    body: Any
    scope: Scope
    ip: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call: the platform, the account and user that the token stands for, ids of the path, query and body."""

    platform: Platform
    account: Account
    user: User
    client_id: str
    ids: Mapping[str, int]
    texts: Mapping[str, str]
    query: Parameters
    body: Any
    scope: Scope
    ip: str

    async def read(self, operation: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation of the account that changes nothing."""
        return await self.platform.database.read(self.account.id, operation, *args, **kwargs)

    async def write(self, operation: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation of the account and commit it."""
        return await self.platform.database.write(self.account.id, operation, *args, **kwargs)

    async def mailing_list(self, list_id: int | None = None) -> MailingList:
        """Return the list of the path, or another.

        Raises:
            UnknownList: the account has no such list (404).
            PermissionDenied: the user does not see it (403).

        """
        found = await list_of(
            self.platform.database, self.account.id, self.ids["list_id"] if list_id is None else list_id
        )
        if not self.user.sees(found.id):
            raise PermissionDenied(f"list {found.id} is not visible to this user")
        return found

    def header(self, name: str) -> str | None:
        """Return a header by its lower-case name, None where there is none."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), None)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes or no of the query, in any of its spellings."""
        return is_true(self.query.first(name.lower()), default)

    @property
    def base_url(self) -> str:
        """What links in mail begin with."""
        return self.platform.base_url(self.account, self.scope)

    @property
    def evidence(self) -> Evidence:
        """Where a change of status comes from: the proof that the ledger keeps."""
        agent = "".join(character for character in self.header("user-agent") or "" if character.isprintable())
        return Evidence(
            source=Source.REST,
            ip=self.ip,
            user_agent=agent[:LONGEST_PROOF],
            wording=f"{self.scope['method']} {self.scope['path']} {self.client_id}"[:LONGEST_PROOF],
        )
