"""Who may read caught mail: callers of the networks in the settings, and nobody whose address is hidden."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from staffetta.errors import PermissionDenied
from staffetta.interfaces.clients import client_address
from staffetta.interfaces.platform import Platform, networks

# What a proxy writes, one or the other. A proxy on this machine that nobody told us of makes strangers look local.
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class NotLocal(PermissionDenied):
    """The caller may not read caught mail."""


def check_access(platform: Platform, scope: Scope) -> None:
    """Let those read caught mail who may.

    Raises:
        NotLocal: everybody else, in words that name the setting to change.

    """
    if _is_hidden(scope, platform):
        raise NotLocal(
            "The request came through a proxy that is not trusted, so nobody knows who asks. Name the proxy's network"
            " in STAFFETTA_TRUSTED_PROXIES, and let it send X-Forwarded-For."
        )
    address = _address(client_address(scope, platform.trusted_proxies))
    if not _is_within(address, networks(platform.settings.sandbox_networks)):
        raise NotLocal(
            f"Caught mail is not shown to {address or 'a caller without address'}. Name the networks that may read it"
            " in STAFFETTA_SANDBOX_NETWORKS."
        )


def _is_hidden(scope: Scope, platform: Platform) -> bool:
    headers = Headers(scope=scope)
    if not any(name in headers for name in FORWARDED):
        return False
    client = scope.get("client")
    peer = _address(client[0]) if client else None
    return "x-forwarded-for" not in headers or not _is_within(peer, platform.trusted_proxies)


def _is_within(address: IPv4Address | IPv6Address | None, allowed: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return address is not None and any(address in network for network in allowed)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
