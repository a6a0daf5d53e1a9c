"""Every setting of the platform: its type, unit, default and purpose.

A setting comes from the environment (`STAFFETTA_` and the name in capitals), else from `staffetta.toml` in the data
folder, else from its default. `docs/reference/settings.md` is written from this page.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from staffetta.errors import InvalidArgument


class Security(StrEnum):
    """How the connection to a relay is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class InDoubtPolicy(StrEnum):
    """What happens to a delivery whose outcome a crash left unknown."""

    HOLD = "hold"
    RESEND = "resend"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes our mail, as `smtp[s]://user:password@host:port?security=…&weight=…&connections=…`.

    `rate` is in messages a second, 0 for as fast as it goes. `warmup` is how many messages it gets on its first day, 0
    for no such limit; from `warmup_until` a day on there is none.
    """

    host: str
    port: int = 25
    security: Security = Security.NONE
    user: str = ""
    password: str = field(default="", repr=False)
    weight: int = 1
    connections: int = 4
    rate: float = 0.0
    warmup: int = 0
    warmup_until: int = 50_000

    @property
    def name(self) -> str:
        """What it is called where its limits and counts are kept."""
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> "Relay":
        """Read a relay's URL.

        Raises:
            InvalidArgument: not such a URL.

        """
        try:
            parts = urlsplit(url.strip())
            options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            tls = parts.scheme == "smtps"
            if parts.scheme not in ("smtp", "smtps") or not parts.hostname or set(options) - RELAY_OPTIONS:
                raise ValueError(url)
            relay = cls(
                host=parts.hostname,
                port=parts.port or (465 if tls else 587 if parts.username else 25),
                security=Security(options.get("security", "tls" if tls else "starttls" if parts.username else "none")),
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                weight=int(options.get("weight", "1")),
                connections=int(options.get("connections", "4")),
                rate=float(options.get("rate", "0")),
                warmup=int(options.get("warmup", "0")),
                warmup_until=int(options.get("warmup_until", "50000")),
            )
        except ValueError as error:
            raise InvalidArgument(
                "a relay is written smtp://user:password@host:port?security=none|starttls|tls&weight=1&connections=4"
                "&rate=0&warmup=0&warmup_until=50000"
            ) from error
        if relay.weight < 1 or not 1 <= relay.connections <= MOST_CONNECTIONS:
            raise InvalidArgument(f"a relay has a weight from 1 and 1 to {MOST_CONNECTIONS} connections")
        if not 0 <= relay.rate <= MOST_A_SECOND or not 0 <= relay.warmup <= relay.warmup_until:
            raise InvalidArgument(
                f"a relay has a rate from 0 to {MOST_A_SECOND} messages a second, and a warmup from 0 to warmup_until"
            )
        return relay


def dns_server(text: str) -> tuple[str, int]:
    """Read a DNS server's address and port; an IPv6 address with a port stands in square brackets.

    Raises:
        InvalidArgument: no such address.

    """
    host, colon, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "")
    try:
        number = int(port) if colon else DNS_PORT
        if not 0 < number < 1 << 16:
            raise ValueError(port)
        return str(ip_address(host.removeprefix("[").removesuffix("]"))), number
    except ValueError as error:
        raise InvalidArgument(f"a DNS server is written 192.0.2.53 or 192.0.2.53:53, not {text}") from error


DNS_PORT = 53
RELAY_OPTIONS = {"security", "weight", "connections", "rate", "warmup", "warmup_until"}
MOST_CONNECTIONS = 100
MOST_A_SECOND = 1_000_000
# Enough to tell a slip of the pen; the mail itself is written to an address that was read with all care.
MAILBOX = r"^([^\s@<>]+@[^\s@<>]+\.[^\s@<>]+)?$"


# A host with or without a port; what stands for the account's id stands there once.
HOST_PATTERN = r"^([A-Za-z0-9.-]*\{id\}[A-Za-z0-9.-]*(:[0-9]{1,5})?)?$"
LIST_OF_ACCOUNT = r"^([1-9][0-9]{0,9}/[1-9][0-9]{0,9})?$"
LOOPBACK = ("127.", "localhost", "[::1]")
DEFAULT_PORTS = {"http": "80", "https": "443"}


def _setting(default: Any, purpose: str, *, unit: str = "", least: int = 1) -> Any:
    return field(default=default, metadata={"purpose": purpose, "unit": unit, "least": least})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation."""

    home: Path = _setting(Path("~/.staffetta"), "Data folder: the SQLite file, its lock, `staffetta.toml`.")
    database: str = _setting("", "Database URL, `sqlite:///FILE` or `postgresql://…`; empty: staffetta.db in the home.")
    bind: str = _setting("127.0.0.1:8080", "Address and port that HTTP listens on.")
    public_scheme: Literal["http", "https"] = _setting(
        "http", "`https` when a proxy in front of the server ends TLS: the scheme of links in mail."
    )
    trusted_proxies: tuple[str, ...] = _setting((), "Networks whose X-Forwarded-For and -Proto are believed.")
    sandbox_networks: tuple[str, ...] = _setting(("127.0.0.0/8", "::1/128"), "Networks that may read caught mail.")
    relays: tuple[str, ...] = _setting((), "Relays that take our mail, one URL each; none: mail is caught and shown.")
    dns_servers: tuple[str, ...] = _setting(
        (), "DNS servers, `ADDRESS` or `ADDRESS:PORT` each; none: the machine's own."
    )
    hello: str = _setting("", "Name given in EHLO; empty: the machine's own.")
    in_doubt_window: int = _setting(64, "Deliveries that may be in talk at once.", unit="messages")
    in_doubt: InDoubtPolicy = _setting(InDoubtPolicy.HOLD, "What happens to deliveries that a crash left in doubt.")
    account_rate: int = _setting(
        0,
        "What leaves for one account, by all senders together; `0`: as fast as it goes.",
        unit="messages a second",
        least=0,
    )
    domain_rate: int = _setting(
        0, "What one relay gets for one recipient domain; `0`: as fast as it goes.", unit="messages a second", least=0
    )
    lease_seconds: int = _setting(
        30, "How long a sender may be silent on PostgreSQL before what it had in talk is in doubt.", unit="seconds"
    )
    bounce_domain: str = _setting(
        "", "Domain that bounces come back to, whose mail the intake gets; empty: bounces go to the list's own address."
    )
    bounce_bind: str = _setting(
        "", "Address and port at which mail to the bounce domain is taken in, such as `0.0.0.0:25`; empty: nowhere."
    )
    soft_bounces: int = _setting(
        5, "Soft bounces without a sign of life in between, after which an address counts as dead.", unit="bounces"
    )
    soft_bounce_days: int = _setting(7, "Over how long a time these have to come.", unit="days", least=0)
    operator_name: str = _setting("Staffetta", "Whom mails about accounts, such as credentials, come from.")
    operator_email: Annotated[str, msgspec.Meta(pattern=MAILBOX)] = _setting(
        "", "Address that they come from and are answered to; empty: `noreply@` the account's host."
    )
    console_host_pattern: Annotated[str, msgspec.Meta(pattern=HOST_PATTERN)] = _setting(
        "", "Console host of an account that an application asks for; empty: `{id}.localhost` with the port of `bind`."
    )
    newsletter: Annotated[str, msgspec.Meta(pattern=LIST_OF_ACCOUNT)] = _setting(
        "", "Whose `ACCOUNT/LIST` applicants join who ask for the newsletter; empty: nobody's."
    )
    activation_ip_window_days: int = _setting(
        36_500,
        "How long an activation keeps others off that name its IP address; `0`, with `limits` off, lifts it.",
        unit="days",
        least=0,
    )
    activations_per_network_per_hour: int = _setting(
        20, "Activations asked for from one caller network (IPv4 /24, IPv6 /48).", unit="calls an hour"
    )
    activation_seed: int = _setting(
        0, "What the states of fake activations are drawn by, for tests; `0`: unpredictable.", least=0
    )
    limits: Literal["on", "off"] = _setting("on", "`off` lifts every throttle; for load tests.")
    limits_storage: str = _setting(
        "memory://", "Where throttles count; a Redis or Valkey URL when several processes serve."
    )
    subscribe_per_minute: int = _setting(300, "Calls of each subscribe page, per account.", unit="calls a minute")
    subscribe_per_hour: int = _setting(5_000, "Calls of each subscribe page, per account.", unit="calls an hour")
    subscribe_per_day: int = _setting(20_000, "Calls of each subscribe page, per account.", unit="calls a day")
    confirmation_interval_minutes: int = _setting(
        10, "An address gets one confirmation request for a list in this time.", unit="minutes"
    )
    confirmations_per_day: int = _setting(5, "Confirmation requests that an address gets in a day.", unit="messages")
    confirmations_per_network_per_hour: int = _setting(
        1_000, "Confirmation requests caused by one caller network (IPv4 /24, IPv6 /48).", unit="messages an hour"
    )
    sign_in_failures_per_login: int = _setting(
        10, "Wrong passwords for one login, after which nobody signs in by it for a while.", unit="attempts a window"
    )
    sign_in_failures_per_network: int = _setting(
        50, "Wrong passwords from one caller network (IPv4 /24, IPv6 /48), likewise.", unit="attempts a window"
    )
    sign_in_window_minutes: int = _setting(15, "How long a wrong password counts.", unit="minutes")
    code_needs_client_secret: Literal["on", "off"] = _setting(
        "off", "`on` refuses authorization codes from applications that do not prove who they are by their secret."
    )
    rest_calls_per_second: int = _setting(
        5, "Calls of each REST resource, per application and user.", unit="calls a second"
    )
    soap_calls_per_second: int = _setting(
        5,
        "Calls of each SOAP operation that the use policy has no limit of its own for, per account.",
        unit="calls a second",
    )
    body_octets: int = _setting(1_048_576, "Longest request body that is read.", unit="octets")
    rest_body_octets: int = _setting(
        33_554_432, "Longest request body that the REST services read: imports are long.", unit="octets"
    )
    soap_body_octets: int = _setting(
        18_000_000,
        "Longest request body that the SOAP services read: ten million characters of `xmlDoc`, escaped.",
        unit="octets",
    )
    attachment_octets: int = _setting(10_485_760, "Largest file that is attached to a message.", unit="octets")
    image_octets: int = _setting(5_242_880, "Largest image that is kept for messages.", unit="octets")
    signer_threads: int = _setting(
        0, "Threads that sign mails by DKIM; `0`: one more than there are cores.", unit="threads", least=0
    )
    reader_threads: int = _setting(2, "Threads that read from SQLite.", unit="threads")
    connections: int = _setting(8, "Connections to PostgreSQL, of one process.", unit="connections")
    log: Literal["text", "json"] = _setting("text", "`text` for people, `json` for machines.")

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        if self.database.startswith("sqlite:///~"):
            return f"sqlite:///{Path(self.database.removeprefix('sqlite:///')).expanduser()}"
        return self.database or f"sqlite:///{self.home.expanduser() / 'staffetta.db'}"

    @property
    def limited(self) -> bool:
        """Whether throttles are in force."""
        return self.limits != "off"

    @property
    def newsletter_list(self) -> tuple[int, int] | None:
        """Account and list that applicants join who ask for the newsletter."""
        account_id, _, list_id = self.newsletter.partition("/")
        return (int(account_id), int(list_id)) if list_id else None

    @property
    def activation_ip_window(self) -> timedelta | None:
        """How long an activation keeps others from being asked for from its address; None: not at all."""
        if not self.activation_ip_window_days and not self.limited:
            return None
        return timedelta(days=self.activation_ip_window_days or 36_500)

    def console_host(self, account_id: int) -> str:
        """Return the console host of an account that comes about by itself, with its port where it needs one."""
        if self.console_host_pattern:
            return self.console_host_pattern.replace("{id}", str(account_id)).lower()
        port = self.bind.rpartition(":")[2]
        return f"{account_id}.localhost" + (f":{port}" if port != DEFAULT_PORTS[self.public_scheme] else "")

    def url_of(self, host: str) -> str:
        """Return the address of a console host; one on loopback gets the port that is listened on."""
        if host.startswith(LOOPBACK) and ":" not in host.rpartition("]")[2]:
            host = f"{host}:{self.bind.rpartition(':')[2]}"
        return f"{self.public_scheme}://{host}"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings in force.

    Raises:
        InvalidArgument: a setting has no such value, or there is no such setting.

    """
    home = Path(environment.get("STAFFETTA_HOME") or Settings().home).expanduser()
    file = home / "staffetta.toml"
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise InvalidArgument(f"{file} cannot be read: {error}") from error
    unknown = set(values) - {each.name for each in fields(Settings)}
    if unknown:
        raise InvalidArgument(f"{file} names no setting of ours: {', '.join(sorted(unknown))}")
    for each in fields(Settings):
        given = environment.get(f"STAFFETTA_{each.name.upper()}")
        if given:
            values[each.name] = given.replace(",", " ").split() if isinstance(each.default, tuple) else given
    values["home"] = str(home)
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"setting: {error}") from error
    _refuse_unreadable(settings)
    for each in fields(Settings):
        value = getattr(settings, each.name)
        least = each.metadata["least"]
        if isinstance(value, int) and value < least:
            raise InvalidArgument(f"setting: {each.name} is a number from {least}, not {value}")
    _require_consistent(settings)
    return settings


def _require_consistent(settings: Settings) -> None:
    if settings.bounce_bind and not settings.bounce_domain:
        raise InvalidArgument("setting: bounce_bind needs a bounce_domain, whose mail is taken in there")
    if not settings.activation_ip_window_days and settings.limited:
        raise InvalidArgument("setting: activation_ip_window_days is 0 only where limits is off")


def _refuse_unreadable(settings: Settings) -> None:
    """Read what is read again where it is used: a server that starts has no slip of the pen in it."""
    for relay in settings.relays:
        Relay.parse(relay)
    for server in settings.dns_servers:
        dns_server(server)


def _decode(wanted: type, value: Any) -> Any:
    if wanted is Path:
        return Path(value)
    raise NotImplementedError(wanted)
