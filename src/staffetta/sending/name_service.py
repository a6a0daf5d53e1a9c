"""Asking DNS, with patience for two seconds and a memory of a minute."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from time import monotonic

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver

from staffetta.settings import dns_server

TIMEOUT_SECONDS = 2.0
# Long enough for one look at a domain, which asks for some names twice; short enough for who has just mended it.
REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 2_000
# One look asks for some dozens of names; many at once do not become a flood.
MOST_AT_ONCE = 100


class NameServiceSilent(Exception):  # noqa: N818 - the world's doing
    """Nobody answered in time, or the answer was a failure: there may be such a record, or not."""


class NameService:
    """The machine's resolvers, or others; what they said is kept for a minute."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        """Ask these servers, `address` or `address:port` each; none: those that the machine asks.

        Raises:
            InvalidArgument: one of them is no such address.

        """
        self._resolver: dns.asyncresolver.Resolver | None
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = None
        else:
            self._resolver.cache = None
            self._resolver.timeout = self._resolver.lifetime = TIMEOUT_SECONDS
            # Names are asked for as they stand: what the machine's own domain has below it is nobody's mail domain.
            self._resolver.search = []
            if servers:
                self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*dns_server(each)) for each in servers]
        self._known: OrderedDict[tuple[str, str], tuple[float, tuple[str, ...]]] = OrderedDict()
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, each as one text; none where there is no such name.

        Raises:
            NameServiceSilent: nobody could be asked.

        """
        return await self._records(name, "TXT")

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Return the IP addresses of a host, or raise NameServiceSilent."""
        four, six = await asyncio.gather(self._records(name, "A"), self._records(name, "AAAA"))
        return four + six

    async def mail_hosts(self, name: str) -> tuple[str, ...]:
        """Return the hosts that take a domain's mail, or raise NameServiceSilent."""
        return await self._records(name, "MX")

    async def _records(self, name: str, kind: str) -> tuple[str, ...]:
        key = (name.lower(), kind)
        kept = self._known.get(key)
        if kept and kept[0] > monotonic():
            return kept[1]
        found = await self._ask(*key)
        self._known[key] = (monotonic() + REMEMBERED_SECONDS, found)
        self._known.move_to_end(key)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def _ask(self, name: str, kind: str) -> tuple[str, ...]:
        if self._resolver is None:
            raise NameServiceSilent("this machine has no DNS server configured")
        try:
            absolute = dns.name.from_text(name)
            async with self._turns:
                answer = await self._resolver.resolve(absolute, kind, raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise NameServiceSilent(_words(error)) from error
        return tuple(_text(each) for each in answer.rrset or ())


@lru_cache(maxsize=8)
def name_service(servers: tuple[str, ...]) -> NameService:
    """Return the process's one name service over these servers."""
    return NameService(servers)


def _text(record: object) -> str:
    match record:
        case dns.rdtypes.ANY.TXT.TXT():
            return b"".join(record.strings).decode("utf-8", "replace")
        case dns.rdtypes.ANY.MX.MX():
            return record.exchange.to_text(omit_final_dot=True)
        case _:
            return str(record)


def _words(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return f"no answer within {TIMEOUT_SECONDS:g} seconds"
    return f"{type(error).__name__}: the DNS server has failed"
