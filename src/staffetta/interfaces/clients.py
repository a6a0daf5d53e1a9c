"""Who calls, and by which name: the caller's address behind trusted proxies, the scheme, the host asked for."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

# Nobody stands behind more proxies than these; a longer list is somebody's invention.
MOST_HOPS = 32
LONGEST_ADDRESS = 64
LONGEST_HOST = 255
LARGEST_PORT = 65_535
DEFAULT_PORTS = {"http": "80", "https": "443"}

LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"({LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]{{2,45}}\])\.?(?::(\d{{1,5}}))?", re.ASCII)
# An address as proxies write it: bare, or with a port, which an IPv6 address must stand in brackets for.
HOP = re.compile(r"\[([0-9a-f:.]+)(?:%\w+)?\](?::\d+)?|([0-9.]+):\d+|([0-9a-f:.]+)(?:%\w+)?", re.ASCII | re.IGNORECASE)


def client_address(scope: Scope, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the caller's address, or "" where there is none (a Unix socket).

    Behind trusted proxies it is the right-most address of `X-Forwarded-For` that is not one of theirs: what stands left
    of it the caller may have made up.
    """
    client = scope.get("client")
    caller = client[0] if client else ""
    if trusted and _is_trusted(caller, trusted):
        for hop in _hops(scope):
            if _address(hop) is None:
                break
            caller = hop
            if not _is_trusted(caller, trusted):
                break
    return _canonical(caller)


def request_scheme(scope: Scope, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return `http` or `https`, as the caller used it towards the outermost trusted proxy's word."""
    client = scope.get("client")
    if client and trusted and _is_trusted(client[0], trusted):
        said = _last_value(scope, b"x-forwarded-proto").rpartition(b",")[2].strip().lower()
        if said in (b"http", b"https"):
            return said.decode()
    return str(scope["scheme"])


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the network that one caller is taken to hold: a /24 of IPv4, a /48 of IPv6; "" if it is no address."""
    parsed = _address(address)
    if parsed is None:
        return ""
    return str(ip_network((parsed, 24 if isinstance(parsed, IPv4Address) else 48), strict=False))


def host_of(scope: Scope) -> str:
    """Return the host asked for, lower case and without port, or "" if the header is missing or no host."""
    return _host_and_port(_host_header(scope))[0]


def netloc_of(scope: Scope) -> str:
    """Return the host asked for with the port, if the caller named one; "" like `host_of`."""
    host, port = _host_and_port(_host_header(scope))
    return f"{host}:{port}" if port else host


def asked_netloc(scope: Scope, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the host and port that the caller asked the outermost trusted proxy for, "" like `host_of`.

    Proxies pass on a `Host` without its port, or one of their own; then `X-Forwarded-Host` and `X-Forwarded-Port` say
    what the caller wrote.
    """
    client = scope.get("client")
    if not (client and trusted and _is_trusted(client[0], trusted)):
        return netloc_of(scope)
    host, port = _host_and_port(_last_value(scope, b"x-forwarded-host").rpartition(b",")[2].strip())
    if not host:
        host, port = _host_and_port(_host_header(scope))
    said = _last_value(scope, b"x-forwarded-port").rpartition(b",")[2].strip().decode("latin-1")
    if host and not port and said not in ("", DEFAULT_PORTS[request_scheme(scope, trusted)]):
        port = _host_and_port(f"{host}:{said}".encode("latin-1"))[1]
    return f"{host}:{port}" if port else host


def _is_trusted(text: str, trusted: Sequence[IPv4Network | IPv6Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)


def _hops(scope: Scope) -> list[str]:
    """Return what the proxies wrote, the nearest first."""
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = b",".join(values).rsplit(b",", MOST_HOPS)[-MOST_HOPS:]
    return [hop.decode("latin-1") for hop in reversed(hops)]


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    return str(_address(text) or "")


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as peers and proxies write it; an IPv4 address in IPv6 clothes is an IPv4 address."""
    candidate = text.strip(' \t"')
    match = HOP.fullmatch(candidate) if len(candidate) <= LONGEST_ADDRESS else None
    if match is None:
        return None
    try:
        address = ip_address(next(filter(None, match.groups())))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _host_header(scope: Scope) -> bytes:
    values = [value for name, value in scope["headers"] if name == b"host"]
    # RFC 9112 §3.2: one host, or the request is wrong.
    return values[0] if len(values) == 1 else b""


def _last_value(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in reversed(scope["headers"]) if name == wanted), b"")


@lru_cache(maxsize=1024)
def _host_and_port(header: bytes) -> tuple[str, str]:
    match = HOST.fullmatch(header.decode("latin-1").lower()) if len(header) <= LONGEST_HOST else None
    if match is None:
        return "", ""
    host, port = match[1], match[2] or ""
    if port and not 0 < int(port) <= LARGEST_PORT:
        return "", ""
    if host.startswith("[") and _address(host) is None:
        return "", ""
    return host, port
