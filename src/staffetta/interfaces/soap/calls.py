"""One call of a SOAP operation, as handlers see it."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from starlette.types import Scope

from staffetta.db import Transaction
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.web_credentials import WebCredentials

P = ParamSpec("P")
T = TypeVar("T")


class Credentials(msgspec.Struct, frozen=True):
    """The `Authentication` header of the Import service, its elements as they came."""

    user: str = ""
    password: str = ""
    enc_type: str = ""

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call: every parameter of the operation by name, and who asked which host.

    `values` hold an int, a bool, text or None, or for options a mapping with keys in lower case. `host` is the host
    asked for, lower case and without port: an account's console host, a host shared by all, or "".
    """

    platform: Platform
    operation: str
    values: Mapping[str, Any]
    credentials: Credentials | None = None
    scope: Scope
    ip: str
    host: str = ""

    @property
    def web_credentials(self) -> WebCredentials:
        """What lets callers in by password or access key."""
        return self.platform.web_credentials

    def text(self, name: str) -> str:
        """Return a text, "" where none was given."""
        return self.values[name] or ""

    def number(self, name: str) -> int:
        """Return an int."""
        return int(self.values[name])

    def flag(self, name: str) -> bool:
        """Return a boolean."""
        return bool(self.values[name])

    def options(self, name: str) -> Mapping[str, str]:
        """Return options by their keys in lower case, none where the array is missing."""
        return self.values[name] or {}

    async def read(
        self,
        account_id: int,
        operation: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run an operation of an account that changes nothing."""
        return await self.platform.database.read(account_id, operation, *args, **kwargs)

    async def write(
        self,
        account_id: int,
        operation: Callable[Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run an operation of an account and commit it."""
        return await self.platform.database.write(account_id, operation, *args, **kwargs)
