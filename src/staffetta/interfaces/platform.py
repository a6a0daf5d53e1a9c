"""What every interface is handed: the parts of the running platform, put together by `app`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from starlette.types import Scope

from staffetta.accounts import Account
from staffetta.db import Database
from staffetta.interfaces.clients import host_of, netloc_of, request_scheme
from staffetta.interfaces.policy import Policy
from staffetta.interfaces.throttles import Throttles
from staffetta.interfaces.web_credentials import WebCredentials
from staffetta.kit.hosts import is_built_in
from staffetta.recipients import Caps
from staffetta.settings import LOOPBACK, Settings
from staffetta.tracking import Signer

__all__ = ["LOOPBACK", "Platform", "networks"]


@dataclass(frozen=True, slots=True)
class Platform:
    """The running platform. `wake_…` tells the sender of a new mail, the workers of an import or an activation."""

    settings: Settings
    database: Database
    signer: Signer
    throttles: Throttles
    wake_sender: Callable[[], None]
    wake_importer: Callable[[], None] = lambda: None
    wake_provisioner: Callable[[], None] = lambda: None
    # Waits a moment for the end of an import, by account and id, where it is done in this process.
    import_ended: Callable[[int, int], Awaitable[None]] | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    # One of each for all interfaces: calls and wrong passwords are counted together.
    web_credentials: WebCredentials = field(init=False, repr=False)
    policy: Policy = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Put together what follows from the other parts."""
        object.__setattr__(self, "web_credentials", WebCredentials(self))
        object.__setattr__(self, "policy", Policy(self.settings))

    @property
    def caps(self) -> Caps | None:
        """How often one address is asked for its confirmation."""
        if not self.settings.limited:
            return None
        return Caps(
            interval=timedelta(minutes=self.settings.confirmation_interval_minutes),
            per_day=self.settings.confirmations_per_day,
        )

    @property
    def no_more_requests(self) -> Caps:
        """The caps for a caller's network that has caused too many requests: the page answers, no mail leaves."""
        return Caps(interval=timedelta(0), per_day=0)

    @property
    def catches_mail(self) -> bool:
        """Whether mail is caught instead of sent: no relay is configured."""
        return not self.settings.relays

    def base_url(self, account: Account, scope: Scope) -> str:
        """Return what the links in a mail begin with.

        In the sandbox they lead back to the host that the request came to, whatever it is called, for nobody but the
        integrator reads that mail. Otherwise only to the account's own host: a stranger's Host header must not decide
        where a confirmation link leads. Nor does a name that the client has built in, which finds this server on the
        client's machine alone: whoever follows the link elsewhere would hand its token to the name's owner.
        """
        netloc = netloc_of(scope)
        if self.catches_mail and netloc and not is_built_in(host_of(scope)):
            return f"{request_scheme(scope, self.trusted_proxies)}://{netloc}"
        return self.account_url(account)

    def account_url(self, account: Account) -> str:
        """Return the address of the account's console host; one on loopback gets the port that is listened on."""
        return self.settings.url_of(account.host)


def networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that a setting names."""
    return tuple(ip_network(text, strict=False) for text in texts)
