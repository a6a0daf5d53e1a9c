"""The token endpoint (contract 3.3): three grants in, four keys out, and every failure a 400 that clients can read."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from staffetta.access import (
    ApplicationBlocked,
    PasswordChangeRequired,
    PasswordExpired,
    Tokens,
    UnknownApplication,
    UnknownToken,
    WrongPassword,
)
from staffetta.accounts import AccountClosed, AccountState
from staffetta.errors import InvalidArgument, Refusal
from staffetta.interfaces.clients import client_address, network_of
from staffetta.interfaces.oauth import grants
from staffetta.interfaces.oauth.redirects import WrongRedirect, comparable, read_redirect_uri
from staffetta.interfaces.oauth.requests import Given, read_credentials, read_login
from staffetta.interfaces.parameters import Parameters
from staffetta.interfaces.passwords import Busy, Locked, PasswordChecks
from staffetta.interfaces.platform import Platform
from staffetta.kit.clock import utc_now

# RFC 6749 §5.1 asks for both.
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
JSON = "application/json; charset=utf-8"

CONTRACT = "Contract not signed, please login in console and accept terms of service."


class UnsupportedGrant(InvalidArgument):
    """The grant is none of the three."""


class Issued(msgspec.Struct, frozen=True):
    """The answer: compact, in this order, all members always there, as clients cut it apart by hand (trap K1)."""

    access_token: str
    expires_in: int
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 - a scheme


class Failed(msgspec.Struct, frozen=True):
    """What clients look for when there is no token."""

    error: str
    error_description: str


# The first that fits. A wrong user and a wrong application read alike to clients that look for these two words.
FAILURES: tuple[tuple[type[Refusal], str, str], ...] = (
    (UnknownApplication, "invalid_client", "Invalid credentials: client_id and client_secret are not right."),
    (ApplicationBlocked, "invalid_client", "The application is blocked."),
    (WrongPassword, "invalid_grant", "Invalid credentials: username and password are not right."),
    (PasswordExpired, "invalid_grant", "The password has expired: change it in the console, or use the API user."),
    (PasswordChangeRequired, "invalid_grant", "The password is for one sign-in to the console: choose your own there."),
    (UnknownToken, "invalid_grant", "The code or refresh token is unknown, expired, used up or revoked."),
    (UnsupportedGrant, "unsupported_grant_type", "grant_type is authorization_code, password or refresh_token."),
    (WrongRedirect, "invalid_grant", "redirect_uri is not the one that the code was issued for."),
)


def suffices(scope: Scope) -> Callable[[Parameters], bool]:
    """Return what tells whether a query holds a whole request, so that no body has to come."""

    def holds_all(query: Parameters) -> bool:
        wanted = WANTED.get(query.first("grant_type").strip().lower())
        if wanted is None or not all(query.first(name) for name in wanted):
            return False
        return bool(read_credentials(scope, Given(query, Parameters())).pairs) or wanted == WANTED["authorization_code"]

    return holds_all


async def token(platform: Platform, checks: PasswordChecks, scope: Scope, given: Given) -> Response:
    """Answer a request for tokens; raises what is refused."""
    grant_type = given.first("grant_type").strip().lower()
    if not grant_type:
        raise InvalidArgument("grant_type is missing.")
    if grant_type not in WANTED:
        raise UnsupportedGrant(grant_type)
    for name in WANTED[grant_type]:
        if not given.first(name).strip():
            raise InvalidArgument(f"{name} is missing.")
    issued = await GRANTS[grant_type](platform, checks, scope, given)
    answer = Issued(issued.access, issued.expires_in_seconds, issued.refresh)
    return Response(msgspec.json.encode(answer), 200, NO_STORE, JSON)


def refused(refusal: Refusal) -> Response:
    """Say why there is no token: 400 whatever the cause, because 401 sends clients into a refresh without end."""
    match refusal:
        case Busy():
            return failed("temporarily_unavailable", "Too many are signing in at this moment: try again.", status=503)
        case Locked():
            wait = f"Too many wrong passwords: wait {refusal.seconds} seconds and try again."
            return failed("invalid_grant", wait)
        case AccountClosed():
            unsigned = refusal.state == AccountState.TERMS_NOT_ACCEPTED
            return failed("invalid_grant", CONTRACT if unsigned else f"{str(refusal).capitalize()}.")
    for kind, error, description in FAILURES:
        if isinstance(refusal, kind):
            return failed(error, description)
    return failed("invalid_request", str(refusal))


def failed(error: str, description: str, *, status: int = 400) -> Response:
    """Answer without tokens."""
    return Response(msgspec.json.encode(Failed(error, description)), status, NO_STORE, JSON)


async def _by_code(platform: Platform, checks: PasswordChecks, scope: Scope, given: Given) -> Tokens:
    del checks
    redirect_uri = given.first("redirect_uri")
    needs_secret = platform.settings.code_needs_client_secret == "on"  # noqa: S105 - a switch
    return await platform.database.write_across(
        grants.grant_by_code,
        given.first("code").strip(),
        read_credentials(scope, given),
        redirect_uri=comparable(read_redirect_uri(redirect_uri)) if redirect_uri.strip() else "",
        needs_secret=needs_secret,
        now=utc_now(),
    )


async def _by_password(platform: Platform, checks: PasswordChecks, scope: Scope, given: Given) -> Tokens:
    login = read_login(given.first("username"))
    known = await platform.database.read_across(grants.find_known, login, read_credentials(scope, given))
    network = network_of(client_address(scope, platform.trusted_proxies))
    await checks.check(known.user, known.password_hash, given.first("password"), login=login, network=network)
    return await platform.database.write_across(grants.grant_by_password, login, known, now=utc_now())


async def _by_refresh_token(platform: Platform, checks: PasswordChecks, scope: Scope, given: Given) -> Tokens:
    del checks
    return await platform.database.write_across(
        grants.grant_by_refresh_token,
        given.first("refresh_token").strip(),
        read_credentials(scope, given),
        now=utc_now(),
    )


GRANTS: Mapping[str, Callable[[Platform, PasswordChecks, Scope, Given], Awaitable[Tokens]]] = {
    "authorization_code": _by_code,
    "password": _by_password,
    "refresh_token": _by_refresh_token,
}
WANTED: Mapping[str, tuple[str, ...]] = {
    "authorization_code": ("code",),
    "password": ("username", "password"),
    "refresh_token": ("refresh_token",),
}
