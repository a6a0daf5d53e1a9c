"""Pre-flight: what DNS says of a sender's domain, by which receivers tell its mail from a forger's."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Iterator, Sequence
from ipaddress import ip_address
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from staffetta.campaigns.findings import Finding, Level, named
from staffetta.sending.dkim_keys import DkimKey
from staffetta.sending.name_service import NameService, NameServiceSilent
from staffetta.sending.spf import SpfError, find_policy

# All that is asked for a domain; each question alone has two seconds.
PATIENCE_SECONDS = 8.0
# Names that nobody else can look up (RFC 6761, RFC 6762, RFC 8375), and the platform's own for a host without one.
RESERVED: Final = ("localhost", "localdomain", "local", "test", "invalid", "example", "internal", "home.arpa")
DMARC: Final = re.compile(r"v\s*=\s*DMARC1\s*(?:;|\Z)", re.IGNORECASE)
# Of the walk up the tree by which DMARC finds the domain of an organization.
MOST_LABELS = 8
ASK_AGAIN = "Try again, or look at STAFFETTA_DNS_SERVERS."


class Identities(NamedTuple):
    """The domains by which a mail is judged, and the relays that would hand it over.

    `takes_bounces` says that the platform takes in what comes back to the envelope's domain.
    """

    author: str
    envelope: str
    keys: Sequence[DkimKey]
    relays: Sequence[str]
    takes_bounces: bool = False


async def judge_domain(names: NameService, who: Identities) -> list[Finding]:
    """Return what DNS says of SPF, DKIM and DMARC, all of it asked at once; it takes eight seconds at most."""
    if is_reserved(who.author):
        text = "Nobody else can look up the sender's domain, or answer: set the list's sender address to one of yours."
        level = Level.RED if any(map(_is_elsewhere, who.relays)) else Level.AMBER
        return [Finding("domain", level, text, who.author)]
    checks = {"spf": _spf(names, who), "dkim": _dkim(names, who), "dmarc": _dmarc(names, who)}
    if who.takes_bounces:
        checks["bounces"] = _bounces(names, who.envelope)
    return list(await asyncio.gather(*(_bounded(code, check) for code, check in checks.items())))


def is_reserved(domain: str) -> bool:
    """Tell whether a domain is none of the Internet's."""
    return "." not in domain or any(domain == each or domain.endswith(f".{each}") for each in RESERVED)


def _is_elsewhere(relay: str) -> bool:
    """Tell whether a relay may hand mail to others; one on this machine or in the house is for trying things out."""
    try:
        return ip_address(relay).is_global
    except ValueError:
        return not is_reserved(relay)


async def _bounded(code: str, check: Awaitable[Finding]) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await check
    except TimeoutError:
        why = f"no answer within {PATIENCE_SECONDS:g} seconds"
    except NameServiceSilent as silence:
        why = str(silence)
    return Finding(code, Level.AMBER, f"DNS could not be asked. {ASK_AGAIN}", why)


async def _spf(names: NameService, who: Identities) -> Finding:
    domain = who.envelope
    if is_reserved(domain):
        text = "Bounces go to a domain that nobody else can look up, so SPF fails."
        return Finding("spf", Level.AMBER, text, domain)
    try:
        policy = await find_policy(names, domain)
    except SpfError as error:
        return Finding("spf", Level.RED, "The SPF record is broken, and every check of it fails: mend it.", str(error))
    if policy is None:
        text = "The domain that bounces go to has no SPF record: publish a TXT record that names your relay."
        return Finding("spf", Level.AMBER, text, f'{domain} TXT "v=spf1 … -all"')
    if policy.lets_everybody:
        text = "The SPF record lets everybody send in your name: end it with -all instead of +all."
        return Finding("spf", Level.AMBER, text, domain)
    strangers = [relay for relay in who.relays if not all(map(policy.lets, await _public_addresses(names, relay)))]
    if strangers:
        text = (
            "The SPF record does not name the relay. That is well only where it hands mail on to another that is named."
        )
        return Finding("spf", Level.AMBER, text, f"{domain}: {named(strangers)}")
    return Finding("spf", Level.GREEN, "There is an SPF record, and it can be read.", domain)


async def _public_addresses(names: NameService, host: str) -> list[str]:
    """Return by which addresses the Internet may know a relay; none for one in the house."""
    try:
        addresses: Sequence[str] = (str(ip_address(host)),)
    except ValueError:
        addresses = () if is_reserved(host) else await names.addresses(host)
    return [each for each in addresses if ip_address(each).is_global]


async def _dkim(names: NameService, who: Identities) -> Finding:
    if not who.keys:
        text = "Mail of this domain is not signed: `staffetta dkim add` makes a key; publish it."
        return Finding("dkim", Level.AMBER, text, who.author)
    wrong = [each for each in await asyncio.gather(*(_why_unsigned(names, key) for key in who.keys)) if each]
    if len(wrong) == len(who.keys):
        text = (
            "What is published is not our DKIM key, so every signature fails: publish what `staffetta dkim show` says."
        )
        return Finding("dkim", Level.RED, text, named(wrong))
    if wrong:
        text = "One of two DKIM keys is published, the other is not, and its signatures fail: publish or retire it."
        return Finding("dkim", Level.AMBER, text, named(wrong))
    published = named(f"{_key_name(key)}" for key in who.keys)
    return Finding("dkim", Level.GREEN, "Mail is signed, and the DKIM key is published.", published)


async def _why_unsigned(names: NameService, key: DkimKey) -> str:
    name = _key_name(key)
    records = await names.texts(name)
    if not records:
        return f"{name} has no TXT record"
    if len(records) > 1:
        return f"{name} has {len(records)} TXT records"
    tags = tags_of(records[0])
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"{name} is no DKIM key"
    if not tags.get("p"):
        return f"{name} says that the key is revoked"
    return "" if _same_key(tags, key) else f"{name} has another key"


def _key_name(key: DkimKey) -> str:
    return f"{key.selector}._domainkey.{key.domain}"


def _same_key(tags: dict[str, str], key: DkimKey) -> bool:
    """Tell whether a record holds the public half of a key (RFC 6376 §3.6.1, RFC 8463 §4)."""
    try:
        published = base64.b64decode("".join(tags["p"].split()), validate=True)
        public = load_pem_private_key(key.private_key.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    kind = tags.get("k", "rsa").lower()
    if isinstance(public, Ed25519PublicKey):
        return kind == "ed25519" and published == public.public_bytes_raw()
    forms = (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    return kind == "rsa" and published in [public.public_bytes(Encoding.DER, form) for form in forms]


def tags_of(record: str) -> dict[str, str]:
    """Return the tags of a DKIM or DMARC record (RFC 6376 §3.2)."""
    pairs = (each.partition("=") for each in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


async def _bounces(names: NameService, domain: str) -> Finding:
    """Look whether what comes back finds a host (RFC 5321 §5.1: without an MX it is the domain itself)."""
    if await names.mail_hosts(domain) or await names.addresses(domain):
        return Finding("bounces", Level.GREEN, "Bounces find a host that takes them.", domain)
    text = "Nothing takes mail for the domain that bounces come back to: publish an MX record that names this machine."
    return Finding("bounces", Level.AMBER, text, domain)


async def _dmarc(names: NameService, who: Identities) -> Finding:
    found = await _policies(names, who.author)
    if not found:
        text = "There is no DMARC record, which Gmail and Yahoo want of who sends much: publish a TXT record."
        return Finding("dmarc", Level.AMBER, text, f'_dmarc.{who.author} TXT "v=DMARC1; p=none; rua=mailto:…"')
    domain, tags = next(iter(found.items()))
    policy = (tags.get("sp") if domain != who.author else None) or tags.get("p", "none")
    spf = await _aligned(names, who.author, who.envelope, strict=tags.get("aspf", "r").lower() == "s")
    signed = {each.domain for each in who.keys}
    strict = tags.get("adkim", "r").lower() == "s"
    dkim = [each for each in sorted(signed) if await _aligned(names, who.author, each, strict=strict)]
    if not spf and not dkim:
        text = (
            "Neither the bounces' domain nor a DKIM key is aligned with the sender's domain, so DMARC fails: sign mail."
        )
        level = Level.AMBER if policy.lower() == "none" else Level.RED
        return Finding("dmarc", level, text, f"{domain}: p={policy}, bounces to {who.envelope}")
    means = " and ".join((*(("SPF",) if spf else ()), *(("DKIM",) if dkim else ())))
    return Finding("dmarc", Level.GREEN, f"There is a DMARC record, and {means} can pass it.", f"{domain}: p={policy}")


async def _aligned(names: NameService, author: str, other: str, *, strict: bool) -> bool:
    """Tell whether a domain that was authenticated speaks for the author's (RFC 7489 §3.1)."""
    if author == other:
        return True
    return not strict and await _organization(names, author) == await _organization(names, other)


async def _organization(names: NameService, domain: str) -> str:
    """Return the domain of the organization that a domain is of, by DMARC's walk up the tree of DNS.

    So nobody has to keep a list of the suffixes that registries sell names under.
    """
    found = await _policies(names, domain)
    for each, tags in found.items():
        if tags.get("psd", "").lower() == "n":
            return each
        if tags.get("psd", "").lower() == "y":
            return _child(domain, each)
    return min(found, key=lambda each: each.count("."), default=domain)


def _child(domain: str, parent: str) -> str:
    """Return the domain that is one label below a parent, on the way to a domain."""
    below = domain.removesuffix(parent).rstrip(".").rpartition(".")[2]
    return f"{below}.{parent}" if below else domain


async def _policies(names: NameService, domain: str) -> dict[str, dict[str, str]]:
    """Return the DMARC records of a domain and of those above it, the nearest first."""
    walk = list(_walk(domain))
    answers = await asyncio.gather(*(names.texts(f"_dmarc.{each}") for each in walk))
    records = {each: [text for text in texts if DMARC.match(text)] for each, texts in zip(walk, answers, strict=True)}
    # Of several records none counts (RFC 7489 §6.6.3).
    return {each: tags_of(found[0]) for each, found in records.items() if len(found) == 1}


def _walk(domain: str) -> Iterator[str]:
    yield domain
    labels = domain.split(".")
    for first in range(max(1, len(labels) - (MOST_LABELS - 1)), len(labels)):
        yield ".".join(labels[first:])
