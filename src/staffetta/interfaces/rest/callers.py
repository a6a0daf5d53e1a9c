"""Who calls: the access token, the user and application that it stands for, and the account of the user."""

from typing import NamedTuple

from starlette.types import Scope

from staffetta.access import Grant, grant_of
from staffetta.accounts import Account, account_of_id, require_open
from staffetta.db import Database
from staffetta.interfaces.parameters import Parameters
from staffetta.interfaces.rest.errors import Unauthorized
from staffetta.kit.clock import utc_now

# `MailUp` is the scheme of the version before; clients of its time still send it.
SCHEMES = ("bearer", "mailup")
LONGEST_TOKEN = 512


class Caller(NamedTuple):
    """An application that acts for a user of an account."""

    grant: Grant
    account: Account


async def caller_of(database: Database, scope: Scope, query: Parameters, *, by_query: bool) -> Caller:
    """Return who calls; a script element cannot send headers, so that JSONP names its token in the query.

    Raises:
        Unauthorized: there is no token, or none that is one.
        UnknownToken: the token is unknown, expired or revoked.
        AccountClosed: the account of the user may not call.

    """
    token = _token(scope) or (query.first("access_token") if by_query else "")
    if not token or len(token) > LONGEST_TOKEN:
        raise Unauthorized
    grant = await database.read_across(grant_of, token, now=utc_now())
    account = await account_of_id(database, grant.user.account_id)
    require_open(account)
    return Caller(grant, account)


def _token(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").strip().partition(" ")
            return token.strip() if scheme.lower() in SCHEMES else ""
    return ""
