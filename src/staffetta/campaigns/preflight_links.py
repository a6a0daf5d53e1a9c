"""Looking at where the links of a message lead before it is sent, as its mails will have them. None is followed."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from staffetta.campaigns.linking import bare_address, special_link
from staffetta.campaigns.merging import PLACEHOLDER_IN_URL
from staffetta.campaigns.preflight_names import Names

CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
# The second stands for a placeholder.
WITHOUT_DOMAIN: Final = frozenset(("localhost", "x"))
HOST: Final = re.compile(r"[^\s/\\@\"'<>^`{|}]+")
# What says whom or which host a link leads to; what follows says what is wanted there, and can have brackets in it.
TARGET: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\\]*|[^?#]*", re.IGNORECASE)
ON_IPV6: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^@/?#\\]*@)?\[[0-9a-f]*:[0-9a-f:.]*\](?=[:/?#]|$)", re.IGNORECASE)

WEB: Final = ("http", "https")
OTHER_SCHEMES: Final = frozenset(("ftp", "mailto", "tel", "sms", "cid", "xmpp", "callto", "whatsapp", "geo", "webcal"))
RUNNING_SCHEMES: Final = frozenset(("javascript", "vbscript", "data", "file", "blob"))


def placeholders_in(link: str) -> list[str]:
    """Return what stands in brackets in a link, without the host of one that leads to an IPv6 address."""
    address = bare_address(link)
    if special_link(address) is not None:
        return []
    host = ON_IPV6.match(address)
    return [unquote(name) for name in PLACEHOLDER_IN_URL.findall(address, host.end() if host else 0)]


def is_whole(link: str, names: Names) -> bool:
    """Tell whether a link begins with a field, which is to have the scheme and host of it."""
    first = PLACEHOLDER_IN_URL.match(bare_address(link))
    return first is not None and names.number(unquote(first[1])) is not None


def why_broken(link: str, names: Names) -> str:
    """Return why a link of a message leads nowhere, in a few words; empty where it may lead somewhere."""
    address = bare_address(link)
    if not address:
        return "empty"
    if address.startswith("#") or special_link(address) is not None or is_whole(link, names):
        return ""
    filled = PLACEHOLDER_IN_URL.sub(lambda found: "x" if names.known(unquote(found[1])) else found[0], address)
    target = TARGET.match(filled)
    unknown = PLACEHOLDER_IN_URL.search(target[0]) if target else None
    if unknown and not ON_IPV6.match(filled):
        return f"no field is filled in for [{unknown[1]}]"
    return _why_malformed(filled)


def _why_malformed(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "host or port cannot be read"
    if CONTROLS.search(address):
        return "a control character in it"
    if parts.scheme in RUNNING_SCHEMES:
        return f"no mail program follows {parts.scheme}:"
    if parts.scheme in WEB:
        return _why_no_host(host) if port != 0 else "no such port can be"
    known = parts.scheme in OTHER_SCHEMES and bool(parts.path)
    return "" if known else "no http:// or https:// before it"


def _why_no_host(host: str) -> str:
    if not host:
        return "no host"
    if not HOST.fullmatch(host) or ".." in host or host.startswith("."):
        return "no such host can be"
    named = "." in host or ":" in host or host in WITHOUT_DOMAIN
    return "" if named else "the host has no domain"
