"""Accounts and what they may do: plain values and pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import Final, Protocol

from staffetta.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from staffetta.kit.languages import Language


class AccountState(IntEnum):
    """Whether an account may use the platform (contract 14.4)."""

    ACTIVE = 1
    INACTIVE = 2
    SUSPENDED = 3
    EXPIRED = 4
    TERMS_NOT_ACCEPTED = 5


class UserKind(IntEnum):
    """Who logs in: a program, whose password never expires, or a person."""

    API = 1
    CONSOLE = 2


class Service(StrEnum):
    """A family of calls that an account can switch and tie to addresses."""

    FRONT_END = "FrontEnd"
    IMPORT = "WSMailUpImport"


class ReturnCodeWhenAbsent(StrEnum):
    """What xmlSubscribe answers when `retCode` is not given (contract 15.1)."""

    AUTO = "auto"
    TEXT = "text"
    CODE = "code"


class ImportPrologue(StrEnum):
    """The XML declaration before what Import answers, whose characters are UTF-8 all the same (contract 15.5)."""

    UTF_8 = "utf-8"
    WINDOWS_1252 = "windows-1252"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOptions:
    """Switches of one account, at their defaults what contract 15 decides."""

    retcode_absent: ReturnCodeWhenAbsent = ReturnCodeWhenAbsent.AUTO
    require_guid: bool = True
    dynamic_sender_as_reply_to: bool = False
    demo: bool = False
    # Names without & " < >, for clients that decode SOAP results twice (contract 15.4).
    soap_legacy_names: bool = False
    soap_import_prologue: ImportPrologue = ImportPrologue.UTF_8
    # Whether the requests of a SOAP import to confirm leave at once, or when somebody launches their sending.
    import_confirmation_autosend: bool = False


Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """Whether an account's service is on, and which callers may use it.

    `enabled` is the operator's: whether the account may have the service at all. `active` is the account's own, set
    by the first activation.
    """

    enabled: bool = True
    active: bool = True
    checks_ip: bool = False
    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether the service answers."""
        return self.enabled and self.active

    def admits(self, ip: str) -> bool:
        """Tell whether a caller's address may use the service; a denied network wins over an allowed one."""
        return not self.checks_ip or (not self.denies(ip) and self.knows(ip))

    def denies(self, ip: str) -> bool:
        """Tell whether a caller's address is in a network that is kept out."""
        return _is_within(ip, self.denied)

    def knows(self, ip: str) -> bool:
        """Tell whether a caller's address is in a network that is let in."""
        return _is_within(ip, self.allowed)


def _is_within(ip: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in networks)


# Where an account has set nothing. Seed on activation: imports wait for an activation, which registers its caller.
DEFAULT_RULES: Final[Mapping[Service, ServiceRules]] = MappingProxyType(
    {Service.FRONT_END: ServiceRules(), Service.IMPORT: ServiceRules(active=False, checks_ip=True)}
)


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes what an account may call, and from which address; commands have none."""

    name: str
    ip: str = ""


OPERATOR: Final = Author("operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """An entry of the trail: what became of a service, by whom and from where."""

    service: Service
    change: str
    author: Author
    happened_at: datetime


class Feature(StrEnum):
    """A family of calls that a plan can leave out."""

    REST = "rest"
    SOAP = "soap"
    FRONT_END = "frontend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an account may use and for how long; 0 is no end, or no limit."""

    trial_days: int = 30
    monthly_messages: int = 0
    features: tuple[str, ...] = tuple(each.value for each in Feature)
    white_label: bool = False


# Of an account that an operator made: everything, for as long as one likes.
UNLIMITED: Final = Plan(trial_days=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who an account that comes about by itself is for, and on which plan; `one_time_hash` is of their password."""

    name: str
    email: str
    one_time_hash: str
    plan: Plan
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A tenant of the platform."""

    id: int
    name: str
    language: Language
    time_zone: str
    state: AccountState
    options: AccountOptions
    hosts: tuple[str, ...]
    services: Mapping[Service, ServiceRules] = field(default_factory=dict)
    plan: Plan = UNLIMITED
    expires_at: datetime | None = None
    bound_by_terms: bool = False

    @property
    def api_user(self) -> str:
        """The login of programs: the letter a and the account's id (contract 1.1)."""
        return f"a{self.id}"

    @property
    def console_user(self) -> str:
        """The login of the first person: the letter m and the account's id (contract 1.1)."""
        return f"m{self.id}"

    @property
    def host(self) -> str:
        """The console host that links lead to, with its port where it has one."""
        return self.hosts[0] if self.hosts else "localhost"

    def rules_of(self, service: Service) -> ServiceRules:
        """Return the rules of a service; the defaults where nothing was set."""
        return self.services.get(service, DEFAULT_RULES[service])


class AccountClosed(PermissionDenied):
    """The account is not active; `state` says why."""

    def __init__(self, state: AccountState) -> None:
        super().__init__(f"the account is {state.name.lower().replace('_', ' ')}")
        self.state = state


class HasState(Protocol):
    """An account, or a row that says how one stands."""

    @property
    def state(self) -> AccountState:
        """How the account stands."""


def require_open(account: HasState) -> None:
    """Refuse whatever an account that is not active asks for; every family of calls stands on this (contract 14.4).

    Raises:
        AccountClosed: it is not.

    """
    if account.state != AccountState.ACTIVE:
        raise AccountClosed(account.state)


# How many days before its end somebody is reminded of a trial.
REMINDERS: Final = (1, 3, 7)


def reminder_passed(expires_at: datetime | None, *, now: datetime) -> int | None:
    """Return which of the reminders is the latest that is due or past, by its days; None where none is yet."""
    if expires_at is None:
        return None
    return next((days for days in REMINDERS if expires_at <= now + timedelta(days=days)), None)


class FeatureNotInPlan(PermissionDenied):
    """The account's plan leaves the family of calls out."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"the account's plan does not include {feature}")
        self.feature = feature


def require_feature(account: Account, feature: str) -> None:
    """Refuse a family of calls that the account's plan leaves out.

    Raises:
        FeatureNotInPlan: it does.

    """
    if feature not in account.plan.features:
        raise FeatureNotInPlan(feature)


class AddressNotRegistered(PermissionDenied):
    """The caller's IP address is not registered for the service."""


class ServiceDisabled(PermissionDenied):
    """The service is switched off for the account."""


class AddressRefused(FailedPrecondition):
    """The caller's address cannot be registered for a service."""


def parse_network(text: str) -> Network:
    """Read an address or a network in CIDR form.

    Raises:
        InvalidArgument: neither of them.

    """
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise InvalidArgument(f"{text!r} is neither an IP address nor a network such as 192.0.2.0/24") from error


def parse_service(text: str) -> Service:
    """Read a service's name as the protocol writes it, in any case.

    Raises:
        InvalidArgument: there is no such service.

    """
    for service in Service:
        if service.lower() == text.strip().lower():
            return service
    raise InvalidArgument(f"{text!r} is none of {', '.join(Service)}")


# The names that real clients fall back to when they are told none (contract 5.4).
DEFAULT_FIELDS: Final = (
    "nome",
    "cognome",
    "azienda",
    "città",
    "provincia",
    "cap",
    "regione",
    "paese",
    "indirizzo",
    "fax",
    "telefono",
    "IDCliente",
)
