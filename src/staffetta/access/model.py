"""Applications, the users they act for, and the tokens that say so: plain values and pure rules."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

import msgspec

from staffetta.accounts import Plan, UserKind
from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied


class TokenKind(IntEnum):
    """What a token is good for."""

    CODE = 1
    ACCESS = 2
    REFRESH = 3


# Contract 3.3: an access token since 2018 lasts an hour; clients refresh after 55 minutes or on a 401.
LIFETIMES = {
    TokenKind.CODE: timedelta(minutes=10),
    TokenKind.ACCESS: timedelta(hours=1),
    TokenKind.REFRESH: timedelta(days=30),
}
# Seed on the API's use: the password of a person expires, that of a program does not.
PASSWORD_LIFETIME = timedelta(days=180)


# Seed on account provisioning: what an application may do that is granted it, and else may not.
PROVISIONING: Final = "provisioning"
FEATURES: Final = (PROVISIONING,)


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """A program that may act for users of any account; `client_id` is a GUID unless it was chosen by hand.

    `plan` is that of the accounts that it asks for.
    """

    client_id: str
    name: str
    redirect_uris: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    blocked_at: datetime | None = None
    plan: Plan = Plan()


class NewApplication(msgspec.Struct, frozen=True, kw_only=True):
    """An application and its secret in clear, which the database keeps the digest of alone."""

    application: Application
    client_secret: str


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """That a user lets an application act for them."""

    login: str
    client_id: str
    name: str
    granted_at: datetime


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Who has logged in: a person or a program of one account. `visible_lists` None means all of them."""

    account_id: int
    login: str
    kind: UserKind
    password_changed_at: datetime
    visible_lists: tuple[int, ...] | None = None
    email: str = ""
    name: str = ""
    one_time: bool = False

    def sees(self, list_id: int) -> bool:
        """Tell whether the user may use a list over REST (seed on lists)."""
        return self.visible_lists is None or list_id in self.visible_lists

    def is_expired(self, now: datetime) -> bool:
        """Tell whether the password is too old to log in with; that of a program never is."""
        return self.kind == UserKind.CONSOLE and self.password_changed_at + PASSWORD_LIFETIME <= now


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token stands for: an application that acts for a user."""

    user: User
    client_id: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What the token endpoint hands out, in clear: the database keeps their digests alone."""

    access: str
    refresh: str
    expires_in_seconds: int


class UnknownToken(PermissionDenied):
    """The token is unknown, expired or revoked."""


class UnknownApplication(PermissionDenied):
    """There is no such application, or the secret is not its own."""


class ApplicationBlocked(PermissionDenied):
    """The operator has blocked the application, for everybody or for this account."""


class WrongPassword(PermissionDenied):
    """No such user, or another password: which of them is not said."""


class PasswordExpired(PermissionDenied):
    """The password of a console user is older than 180 days."""


class PasswordChangeRequired(PermissionDenied):
    """The password was made up for the user, who has to choose their own at the console."""


class WeakPassword(InvalidArgument):
    """Others would guess the password."""


class ApplicationExists(FailedPrecondition):
    """There is an application of this client id."""


class UserExists(FailedPrecondition):
    """The login is taken, in this account or another."""


class UnknownUser(NotFound):
    """Nobody has this login."""


class NotAuthorized(NotFound):
    """The user has not let the application act for them."""
