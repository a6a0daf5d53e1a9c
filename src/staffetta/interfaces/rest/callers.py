"""Who calls: a user by the access token of an application, or an application by its own secret."""

from typing import NamedTuple

from starlette.types import Scope

from staffetta.access import Application, Grant, UnknownApplication, grant_of
from staffetta.accounts import Account, Feature, account_of_id, require_feature, require_open
from staffetta.db import Connection, Database, brief
from staffetta.interfaces.application_credentials import Credentials, authenticated, read_credentials
from staffetta.interfaces.clients import network_of
from staffetta.interfaces.parameters import Parameters
from staffetta.interfaces.passwords import Locked
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest.errors import FeatureNotGranted, Unauthorized, WrongCredentials
from staffetta.kit.clock import utc_now

# `MailUp` is the scheme of the version before; clients of its time still send it.
SCHEMES = ("bearer", "mailup")
LONGEST_TOKEN = 512
# A client id has no more characters; what a stranger makes up is kept for a while to count the tries.
LONGEST_CLIENT_ID = 100


class Caller(NamedTuple):
    """An application that acts for a user of an account."""

    grant: Grant
    account: Account

    @property
    def key(self) -> tuple[str, str]:
        """Whose calls are counted together."""
        return self.grant.client_id, self.grant.user.login

    @property
    def account_id(self) -> int | None:
        """The account that the call is about."""
        return self.account.id


class ApplicationCaller(NamedTuple):
    """An application that calls for itself."""

    application: Application

    @property
    def key(self) -> tuple[str, str]:
        """Whose calls are counted together."""
        return self.application.client_id, ""

    @property
    def account_id(self) -> int | None:
        """The account that the call is about: none yet."""
        return None


async def caller_of(database: Database, scope: Scope, query: Parameters, *, by_query: bool) -> Caller:
    """Return who calls; a script element cannot send headers, so that JSONP names its token in the query.

    Raises:
        Unauthorized: there is no token, or none that is one.
        UnknownToken: the token is unknown, expired or revoked.
        AccountClosed, FeatureNotInPlan: the account of the user may not call.

    """
    token = _token(scope) or (query.first("access_token") if by_query else "")
    if not token or len(token) > LONGEST_TOKEN:
        raise Unauthorized
    grant = await database.read_across(grant_of, token, now=utc_now())
    account = await account_of_id(database, grant.user.account_id)
    require_open(account)
    require_feature(account, Feature.REST)
    return Caller(grant, account)


async def application_of(
    platform: Platform, scope: Scope, query: Parameters, *, ip: str, feature: str
) -> ApplicationCaller:
    """Return the application that calls; who guesses secrets waits like who guesses passwords.

    Raises:
        WrongCredentials: id and secret are not those of an application.
        Locked: too many were wrong.
        ApplicationBlocked: it is blocked for everybody.
        FeatureNotGranted: it may not use this resource.

    """
    given = read_credentials(scope, client_id=query.first("client_id"), client_secret=query.first("client_secret"))
    network = network_of(ip)
    # Not the id alone, which many know: whoever guesses from elsewhere locks nobody out.
    guessed = f"{given.client_id[:LONGEST_CLIENT_ID]} {network}"
    seconds = platform.throttles.seconds_until_sign_in(guessed, network)
    if seconds:
        raise Locked(seconds)
    try:
        application = await platform.database.read_across(_authenticated, given)
    except UnknownApplication as error:
        if given.pairs:
            platform.throttles.sign_in_failed(guessed, network)
        raise WrongCredentials from error
    if feature and feature not in application.features:
        raise FeatureNotGranted(feature)
    return ApplicationCaller(application)


@brief
def _authenticated(connection: Connection, credentials: Credentials) -> Application:
    return authenticated(connection, credentials)


def _token(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").strip().partition(" ")
            return token.strip() if scheme.lower() in SCHEMES else ""
    return ""
