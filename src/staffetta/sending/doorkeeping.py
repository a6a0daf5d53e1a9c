"""Whom the intake lets in, how many at once, and how often they may try addresses that do not exist."""

from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic

MOST_CONNECTIONS = 50
# A relay in front keeps up to 20 connections (what Postfix does unless told otherwise).
MOST_OF_A_NETWORK = 20
WINDOW_SECONDS = 60.0
CONNECTIONS_IN_A_WINDOW = 600
GUESSES_IN_A_WINDOW = 60
# Counts are forgotten at the end of each window; until then no more networks than this are told apart.
MOST_NETWORKS = 10_000


class Doorkeeper:
    """Counts connections and guesses of each caller network (IPv4 /24, IPv6 /48).

    Whoever is spared, a mail server of ours that hands on what strangers send, is only counted among all connections.
    """

    def __init__(
        self, *, spared: Sequence[str] = (), limited: bool = True, clock: Callable[[], float] = monotonic
    ) -> None:
        self._spared = [ip_network(each, strict=False) for each in spared]
        self._limited = limited
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._window = 0
        self._connections: Counter[str] = Counter()
        self._guesses: Counter[str] = Counter()

    def spares(self, ip: str) -> bool:
        """Tell whether an address is that of a mail server of ours."""
        address = _address(ip)
        return address is not None and any(address in each for each in self._spared)

    def let_in(self, ip: str) -> bool:
        """Count a connection, or tell that it is one too many; whom this lets in is let out again."""
        network = network_of(ip)
        if self._open.total() >= MOST_CONNECTIONS:
            return False
        if self._limited and not self.spares(ip):
            self._turn_over()
            self._connections[network] += 1
            if (
                self._open[network] >= MOST_OF_A_NETWORK
                or self._connections[network] > CONNECTIONS_IN_A_WINDOW
                or self._guesses[network] > GUESSES_IN_A_WINDOW
                or len(self._connections) > MOST_NETWORKS
            ):
                return False
        self._open[network] += 1
        return True

    def let_out(self, ip: str) -> None:
        """Count a connection that has ended."""
        network = network_of(ip)
        self._open[network] -= 1
        if self._open[network] <= 0:
            del self._open[network]

    def bears_a_guess(self, ip: str) -> bool:
        """Count an address that does not exist; tell whether the caller may go on."""
        if not self._limited or self.spares(ip):
            return True
        self._turn_over()
        network = network_of(ip)
        self._guesses[network] += 1
        return self._guesses[network] <= GUESSES_IN_A_WINDOW

    def _turn_over(self) -> None:
        window = int(self._clock() / WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._connections.clear()
            self._guesses.clear()


def network_of(ip: str) -> str:
    """Return the network of a caller, whose addresses one person can have at will."""
    address = _address(ip)
    if address is None:
        return ip
    return str(ip_network((address, 24 if isinstance(address, IPv4Address) else 48), strict=False))


def _address(ip: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
