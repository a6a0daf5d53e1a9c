"""SPF (RFC 7208), read without a mail at hand: what a domain lets send for it, and what is wrong with its record."""

import asyncio
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from staffetta.sending.name_service import NameService

Network = IPv4Network | IPv6Network

VERSION: Final = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
TERM: Final = re.compile(r"([+?~-]?)([a-z]+)(?::([^/]*))?((?:/\d{1,3})?(?://\d{1,3})?)", re.IGNORECASE)
MODIFIER: Final = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
NETWORK: Final = re.compile(r"([+?~-]?)ip([46]):(.+)", re.IGNORECASE)
# §4.6.4.
MOST_LOOKUPS: Final = 10
MOST_DEPTH: Final = 10
# What cannot be known before a mail is there: macros (§7), names by which hosts call themselves.
UNFORESEEABLE: Final = ("ptr", "exists")
MECHANISMS: Final = ("all", "include", "a", "mx", "ptr", "exists")
ASKING: Final = ("include", "a", "mx", "ptr", "exists", "redirect")


class SpfError(Exception):
    """The record is one that makes every check fail (§2.6.7); the text says why."""


class Policy:
    """What a record and those that it includes come to."""

    def __init__(self) -> None:
        self.networks: set[Network] = set()
        self.lookups = 0
        self.lets_everybody = False
        # Some of what it lets send depends on the mail.
        self.is_open = False

    def lets(self, address: str) -> bool:
        """Tell whether an address is one that may send for the domain, as far as one can tell."""
        network: Any = ip_network(address)
        return self.is_open or any(
            network.version == each.version and network.subnet_of(each) for each in self.networks
        )


async def find_policy(names: NameService, domain: str) -> Policy | None:
    """Return what a domain's SPF record comes to; None where it has none.

    Raises:
        SpfError: the record, or one that it includes, is broken.
        NameServiceSilent: nobody could be asked.

    """
    policy = Policy()
    record = await _record(names, domain)
    if record is None:
        return None
    await _read(names, domain, record, policy, depth=0, included=False)
    return policy


async def _record(names: NameService, domain: str) -> str | None:
    found = [text for text in await names.texts(domain) if VERSION.match(text)]
    if len(found) > 1:
        raise SpfError(f"{domain} has {len(found)} SPF records: there must be one")
    return found[0] if found else None


async def _read(names: NameService, domain: str, record: str, policy: Policy, *, depth: int, included: bool) -> None:
    if depth > MOST_DEPTH:
        raise SpfError(f"{domain} is included by what it includes")
    terms = [_term(each, domain) for each in record.split()[1:]]
    policy.lookups += sum(name in ASKING for _, name, _, _ in terms)
    if policy.lookups > MOST_LOOKUPS:
        raise SpfError(f"it takes more than {MOST_LOOKUPS} look-ups: put the networks in place of what is included")
    has_all = any(name == "all" for _, name, _, _ in terms)
    await asyncio.gather(
        *(
            _take(names, term, domain, policy, depth=depth, included=included)
            for term in terms
            if not (term[1] == "redirect" and has_all)
        )
    )


def _term(text: str, domain: str) -> tuple[str, str, str, str]:
    """Return a term's qualifier, name, value and lengths of prefixes."""
    if addresses := NETWORK.fullmatch(text):
        qualifier, version, network = addresses.groups()
        try:
            if ip_network(network, strict=False).version == int(version):
                return qualifier or "+", f"ip{version}", network, ""
        except ValueError:
            pass
        raise SpfError(f"{domain}: {text} is no network")
    if modifier := MODIFIER.fullmatch(text):
        return "", modifier[1].lower(), modifier[2], ""
    found = TERM.fullmatch(text)
    qualifier, name, value, lengths = found.groups(default="") if found else ("", "", "", "")
    name = name.lower()
    if name not in MECHANISMS or (name in ("include", "exists") and not value):
        raise SpfError(f"{domain}: there is no mechanism {text}")
    return qualifier or "+", name, value, lengths


async def _take(
    names: NameService, term: tuple[str, str, str, str], domain: str, policy: Policy, *, depth: int, included: bool
) -> None:
    qualifier, name, value, lengths = term
    target = value or domain
    if name == "redirect" or (name == "include" and qualifier == "+"):
        if "%" in target:
            policy.is_open = True
            return
        record = await _record(names, target)
        if record is None:
            raise SpfError(f"{domain} leads to {target}, which has no SPF record")
        await _read(names, target, record, policy, depth=depth + 1, included=included or name == "include")
    elif qualifier != "+":
        pass
    elif name == "all":
        policy.lets_everybody |= not included
        policy.is_open = True
    elif name in UNFORESEEABLE or "%" in target:
        policy.is_open = True
    elif name in ("ip4", "ip6"):
        policy.networks.add(ip_network(value, strict=False))
    elif name in ("a", "mx"):
        hosts = (target,) if name == "a" else (await names.mail_hosts(target))[:MOST_LOOKUPS]
        found = await asyncio.gather(*map(names.addresses, hosts))
        policy.networks.update(_with_length(address, lengths) for addresses in found for address in addresses)


def _with_length(address: str, lengths: str) -> Network:
    four, _, six = lengths.partition("//")
    version = ip_network(address).version
    length = four.strip("/") if version == 4 else six  # noqa: PLR2004 - of IP
    try:
        return ip_network(f"{address}/{length}" if length else address, strict=False)
    except ValueError as error:
        raise SpfError(f"{lengths} is no length of a network") from error
