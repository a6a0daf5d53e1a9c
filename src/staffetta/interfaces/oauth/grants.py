"""What the pages and the token endpoint ask of the database: each function is one transaction."""

from datetime import datetime

import msgspec

from staffetta.access import (
    Application,
    ApplicationBlocked,
    Tokens,
    User,
    WrongPassword,
    authorize,
    check_user,
    get_application,
    is_authorized,
    is_blocked,
    issue_code,
    issue_tokens,
    password_hash_of,
    redeem_code,
    refresh,
)
from staffetta.db import Connection, brief
from staffetta.interfaces.application_credentials import Credentials, authenticated


class Known(msgspec.Struct, frozen=True):
    """Whom a login may belong to, and the hash that the password is checked against; it is there for nobody, too."""

    client_id: str
    user: User | None
    password_hash: str


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody whose password was right. `code` is empty while they have not consented."""

    user: User
    code: str = ""


@brief
def find_application(connection: Connection, client_id: str) -> Application:
    """Return an application that people may be asked about.

    Raises:
        UnknownApplication: there is none.
        ApplicationBlocked: it is blocked for everybody.

    """
    application = get_application(connection, client_id)
    if application.blocked_at is not None:
        raise ApplicationBlocked("the application is blocked")
    return application


@brief
def find_known(connection: Connection, login: str, credentials: Credentials) -> Known:
    """Return what a password is checked against, for an application that has proved who it is."""
    application = authenticated(connection, credentials)
    return Known(application.client_id, *password_hash_of(connection, login))


@brief
def find_known_to(connection: Connection, login: str, client_id: str) -> Known:
    """Return what a password is checked against on our own page."""
    return Known(client_id, *password_hash_of(connection, login))


def grant_by_password(connection: Connection, login: str, known: Known, *, now: datetime) -> Tokens:
    """Issue tokens to an application that was told the password; raises as `_checked` does."""
    user = _checked(connection, login, known, now=now)
    if not is_authorized(connection, user, known.client_id):
        authorize(connection, user, known.client_id, now=now)
    return issue_tokens(connection, user, known.client_id, now=now)


def grant_by_code(
    connection: Connection, code: str, credentials: Credentials, *, redirect_uri: str, needs_secret: bool, now: datetime
) -> Tokens:
    """Issue tokens for a code. Its application need not prove who it is: official samples send the code alone.

    Raises:
        UnknownApplication: it says who it is, and that is not so.
        UnknownToken: the code was not issued, to another application, for another address, or not lately.

    """
    client_id = credentials.client_id
    if credentials.pairs or needs_secret:
        client_id = authenticated(connection, credentials).client_id
    user, owner = redeem_code(connection, code, client_id=client_id or None, redirect_uri=redirect_uri or None, now=now)
    _check_block(connection, owner, check_user(connection, user.login, now=now))
    return issue_tokens(connection, user, owner, now=now)


def grant_by_refresh_token(connection: Connection, token: str, credentials: Credentials, *, now: datetime) -> Tokens:
    """Issue new tokens for a refresh token, which stays good; raises UnknownApplication and UnknownToken."""
    application = authenticated(connection, credentials)
    return refresh(connection, token, client_id=application.client_id, now=now)


def sign_in(connection: Connection, login: str, known: Known, *, redirect_uri: str, now: datetime) -> SignedIn:
    """Issue a code to an application that the user has allowed before; raises as `_checked` does."""
    user = _checked(connection, login, known, now=now)
    if not is_authorized(connection, user, known.client_id):
        return SignedIn(user)
    return SignedIn(user, issue_code(connection, user, known.client_id, redirect_uri=redirect_uri, now=now))


def consent(
    connection: Connection,
    login: str,
    client_id: str,
    *,
    password_changed_at: datetime | None,
    redirect_uri: str,
    now: datetime,
) -> str:
    """Allow an application and return a code for it; raises as `_checked` does."""
    user = check_user(connection, login, now=now)
    if user.password_changed_at != password_changed_at:
        raise WrongPassword("the password has changed")
    _check_block(connection, client_id, user)
    authorize(connection, user, client_id, now=now)
    return issue_code(connection, user, client_id, redirect_uri=redirect_uri, now=now)


def _checked(connection: Connection, login: str, known: Known, *, now: datetime) -> User:
    """Return the user, if the password that was checked outside the transaction is still theirs.

    Raises:
        WrongPassword: it has changed meanwhile.
        AccountClosed, PasswordExpired: the user may not log in.
        ApplicationBlocked: the application may not act for the user.

    """
    if password_hash_of(connection, login)[1] != known.password_hash:
        raise WrongPassword("the password has changed")
    user = check_user(connection, login, now=now)
    _check_block(connection, known.client_id, user)
    return user


def _check_block(connection: Connection, client_id: str, user: User) -> None:
    if is_blocked(connection, get_application(connection, client_id), user.account_id):
        raise ApplicationBlocked("the application is blocked")
