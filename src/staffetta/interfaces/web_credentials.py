"""Login and password with every call, as the web services take them: who that is, and what the account may use."""

import hmac
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from staffetta.access import UnknownUser, User, WrongPassword, check_user, held_key, password_hash_of, user_of_key
from staffetta.accounts import (
    Account,
    AccountClosed,
    AccountState,
    Feature,
    FeatureNotInPlan,
    Service,
    account_of_id,
    get_account,
    require_feature,
)
from staffetta.db import Connection, Database, brief
from staffetta.errors import PermissionDenied, Refusal
from staffetta.interfaces.clients import network_of
from staffetta.interfaces.passwords import PasswordChecks
from staffetta.interfaces.throttles import Throttles
from staffetta.kit.clock import utc_now

# Plugins send their password with every call of a burst; checking it anew takes a tenth of a second each.
REMEMBERED_SECONDS = 300.0
MOST_REMEMBERED = 10_000
# No password of ours is longer; hashing what a stranger made up costs by its length.
LONGEST_PASSWORD = 1_000

# What the codes of the seed's table say; contract 3.1 has their order.
UNRECOGNIZED: Final = -1000
UNKNOWN_ACCOUNT: Final = -1001
WRONG_PASSWORD: Final = -1002
NOT_ENABLED: Final = -1006
NOT_ACTIVE: Final = -1007
NOT_REGISTERED: Final = -1011
DENIED: Final = -1012
NO_CREDENTIALS: Final = -1013
CLOSED: Final[Mapping[AccountState, int]] = MappingProxyType(
    {
        AccountState.SUSPENDED: -1003,
        AccountState.INACTIVE: -1004,
        AccountState.EXPIRED: -1005,
        AccountState.TERMS_NOT_ACCEPTED: -1014,
    }
)
FEATURES: Final[Mapping[Service, Feature]] = MappingProxyType(
    {Service.FRONT_END: Feature.FRONT_END, Service.IMPORT: Feature.SOAP}
)
WORDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        UNRECOGNIZED: "unrecognized error",
        UNKNOWN_ACCOUNT: "the account is not valid",
        WRONG_PASSWORD: "the password is not valid",
        -1003: "suspended account",
        -1004: "inactive account",
        -1005: "expired account",
        NOT_ENABLED: "the web service is not enabled",
        NOT_ACTIVE: "the web service is not active",
        NOT_REGISTERED: "IP is not registered",
        DENIED: 'IP is registered but has the "deny access" flag',
        NO_CREDENTIALS: "missing authentication data",
        -1014: "login error: contract not signed",
    }
)


class ServiceRefused(PermissionDenied):
    """The caller may not use the service; `code` is what the web services answer."""

    def __init__(self, code: int) -> None:
        super().__init__(WORDS[code])
        self.code = code


class NameAndPassword(Protocol):
    """What a caller says to be let in."""

    @property
    def user(self) -> str:
        """The login."""

    @property
    def password(self) -> str:
        """The password, in clear."""


class Parts(Protocol):
    """The parts of the platform that letting somebody in takes."""

    @property
    def database(self) -> Database:
        """Where users are."""

    @property
    def throttles(self) -> Throttles:
        """What keeps guessers out."""


class WebCredentials:
    """Lets callers in by login and password or by access key, at the price of a look-up for those known by sight."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._checks = PasswordChecks(parts.throttles)
        self._remembered = _Remembered()

    async def authenticate(self, user: str, password: str, *, account_id: int | None, ip: str = "") -> User:
        """Return whose login and password these are; `account_id` None takes the users of every account.

        Raises:
            UnknownUser: nobody has this login, or nobody of this account.
            WrongPassword: another password.
            AccountClosed, PasswordExpired: the user may not sign in.
            Locked, Busy: too many wrong passwords, or too many wait for a check of theirs.

        """
        login = user.strip().lower()
        standing = await self._standing(login, account_id)
        if not self._remembered.has(login, password, standing.password_hash):
            if len(password) > LONGEST_PASSWORD:
                raise WrongPassword("user name or password is wrong")
            await self._checks.check(
                standing.user, standing.password_hash, password, login=login, network=network_of(ip)
            )
            checked = standing.password_hash
            # The check took a while, in which the password may have changed.
            standing = await self._standing(login, account_id)
            if standing.password_hash != checked:
                raise WrongPassword("the password has changed")
            self._remembered.keep(login, password, checked)
        if standing.refusal:
            raise standing.refusal
        return standing.user

    async def user_of_key(self, key: str) -> User:
        """Return who holds an access key, and let the key be good for another while.

        Raises:
            UnknownKey: unknown, expired or ended.
            AccountClosed, PasswordExpired, FeatureNotInPlan: the user may no longer call.

        """
        now = utc_now()
        held = await self._database.read_across(held_key, key, now=now)
        require_feature(await account_of_id(self._database, held.user.account_id), Feature.SOAP)
        # A read does not wait for whoever writes; a write is due once a minute.
        return await self._database.write_across(user_of_key, key, now=now) if held.is_due(now) else held.user

    async def service_account(
        self,
        credentials: NameAndPassword | None,
        *,
        host_account: Account | None,
        service: Service,
        ip: str,
        checks_caller: bool = True,
    ) -> Account:
        """Return the account that may call a service; without `checks_caller`, that may have it activated.

        `host_account` is the account of the console host that was asked, None where the host is shared by all.

        Raises:
            ServiceRefused: with the code of the first of contract 3.1's conditions that is not met.

        """
        if credentials is None or not (credentials.user.strip() and credentials.password):
            raise ServiceRefused(NO_CREDENTIALS)
        wanted = host_account.id if host_account else None
        try:
            user = await self.authenticate(credentials.user, credentials.password, account_id=wanted, ip=ip)
            closed = None
        except AccountClosed as refusal:
            # Terms that were not accepted are the last thing to be told, after what the account has switched off.
            if refusal.state != AccountState.TERMS_NOT_ACCEPTED:
                raise ServiceRefused(code_of(refusal)) from refusal
            user, closed = (await self._standing(credentials.user.strip().lower(), wanted)).user, refusal
        except Refusal as refusal:
            raise ServiceRefused(code_of(refusal)) from refusal
        account = await self._let_in(user.account_id, service, ip, checks_caller=checks_caller)
        if closed:
            raise ServiceRefused(code_of(closed)) from closed
        return account

    async def _let_in(self, account_id: int, service: Service, ip: str, *, checks_caller: bool) -> Account:
        account = await account_of_id(self._database, account_id)
        if _code_of_rules(account, service, ip, checks_caller=checks_caller):
            # Another process may have activated it within the last second: programs activate and go on at once.
            account = await self._database.read_across(get_account, account_id)
            code = _code_of_rules(account, service, ip, checks_caller=checks_caller)
            if code:
                raise ServiceRefused(code)
        return account

    async def _standing(self, login: str, account_id: int | None) -> "_Standing":
        standing = await self._database.read_across(_standing_of, login, now=utc_now())
        if account_id not in (None, standing.user.account_id):
            raise UnknownUser("there is no user of this login")
        return standing


def code_of(refusal: Refusal) -> int:
    """Return the code that the web services have for what keeps a caller out."""
    match refusal:
        case ServiceRefused():
            return refusal.code
        case AccountClosed():
            return CLOSED[refusal.state]
        case FeatureNotInPlan():
            return NOT_ENABLED
        case UnknownUser():
            return UNKNOWN_ACCOUNT
        case PermissionDenied():
            return WRONG_PASSWORD
        case _:
            return UNRECOGNIZED


def _code_of_rules(account: Account, service: Service, ip: str, *, checks_caller: bool) -> int:
    """Return the code of what an account's rules have against a call, or 0."""
    rules = account.rules_of(service)
    if not rules.enabled or FEATURES[service] not in account.plan.features:
        return NOT_ENABLED
    if not checks_caller:
        return 0
    if not rules.active:
        return NOT_ACTIVE
    if rules.admits(ip):
        return 0
    return DENIED if rules.denies(ip) else NOT_REGISTERED


class _Standing(NamedTuple):
    """A user, the hash of their password, and what would keep them out if they gave it."""

    user: User
    password_hash: str
    refusal: Refusal | None


@brief
def _standing_of(connection: Connection, login: str, *, now: datetime) -> _Standing:
    user, password_hash = password_hash_of(connection, login)
    if user is None:
        raise UnknownUser("there is no user of this login")
    refusal: Refusal | None = None
    try:
        check_user(connection, login, now=now)
    except Refusal as closed:
        refusal = closed
    return _Standing(user, password_hash, refusal)


class _Remembered:
    """Passwords that were right within the last minutes, as digests by a key that dies with the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._kept: dict[str, tuple[float, bytes]] = {}

    def has(self, login: str, password: str, password_hash: str) -> bool:
        """Tell whether a password was right for the hash that is stored now."""
        until, digest = self._kept.get(login, (0.0, b""))
        return until > time.monotonic() and hmac.compare_digest(digest, self._digest(password, password_hash))

    def keep(self, login: str, password: str, password_hash: str) -> None:
        """Remember that a password is right."""
        self._kept.pop(login, None)
        if len(self._kept) >= MOST_REMEMBERED:
            self._kept.pop(next(iter(self._kept)))
        self._kept[login] = (time.monotonic() + REMEMBERED_SECONDS, self._digest(password, password_hash))

    def _digest(self, password: str, password_hash: str) -> bytes:
        # The stored hash is part of what is digested, so that a password is forgotten when it changes.
        octets = f"{password_hash}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, octets, "sha256")
