"""Who asks for a picture or follows a link: a person, a program, or something that may be either; and why we think so.

Programs open mail all the time: gateways that look for harm follow every link, Apple Mail fetches every picture whether
anybody looks or not, chats draw a preview. What says so of itself, or is known to, is a machine. Whatever may be either
counts as a person and is marked as unsure: a figure is not to claim what nobody can know.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from staffetta.campaigns.events import Actor, EventKind

# By which browsers and mail programs say that nobody is looking yet.
PREFETCH_HEADERS = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
PREFETCH_WORDS = (b"prefetch", b"prerender", b"preview")

# Apple's own network (IANA, 17/8). Most of what Mail fetches for its users comes from relays of others, which have no
# network that could be told here: the agent gives them away.
APPLE = ip_network("17.0.0.0/8")
LONGEST_AGENT = 500


class Judgement(NamedTuple):
    """Who something is taken for, and why; "" where there is nothing to say about a person."""

    actor: Actor
    reason: str


PERSON = Judgement(Actor.PERSON, "")
HEAD_ONLY = Judgement(Actor.MACHINE, "asked for the head alone")
PREFETCH = Judgement(Actor.MACHINE, "said that it fetches ahead")
APPLE_NETWORK = Judgement(
    Actor.MACHINE, "came from Apple's network, which fetches pictures whether anybody looks or not"
)

SCANNER = Judgement(Actor.MACHINE, "a scanner for harmful mail")
PREVIEW = Judgement(Actor.MACHINE, "draws a preview of a link")
CRAWLER = Judgement(Actor.MACHINE, "a crawler, or a checker of links")

# Who these are taken for, the first of which something is found in what a program says of itself, in any letter case.
AGENTS: Mapping[Judgement, Sequence[str]] = {
    # The whole of it. Browsers say more.
    Judgement(Actor.MACHINE, "Apple Mail, which fetches pictures whether anybody looks or not"): (r"^Mozilla/5\.0$",),
    Judgement(Actor.UNSURE, "said nothing of itself"): (r"^$",),
    # Most of these fetch a picture when somebody opens the mail, some of them ahead of it.
    Judgement(Actor.UNSURE, "Gmail's proxy"): ("GoogleImageProxy",),
    Judgement(Actor.UNSURE, "Yahoo's proxy"): ("YahooMailProxy", "YahooCacheSystem"),
    Judgement(Actor.UNSURE, "Outlook's proxy"): ("OutlookImageProxy", "OutlookProxy"),
    Judgement(Actor.UNSURE, "a mail provider's proxy"): ("DuckDuckGo.*Proxy", "ProtonMail", "FastMail.*Proxy"),
    SCANNER: (
        "Barracuda",
        "Proofpoint",
        "Mimecast",
        "MessageLabs",
        "Symantec",
        "Trend ?Micro",
        "Sophos",
        "FireEye",
        "Trellix",
        "Forcepoint",
        "Websense",
        "IronPort",
        "Cisco ?(?:Email|Secure)",
        "Check ?Point",
        "Forti(?:net|mail|guard)",
        "Zscaler",
        "Bitdefender",
        "Kaspersky",
        "Avanan",
        "Vade ?(?:Secure|Retro)",
        "Hornetsecurity",
        "SpamTitan",
        "SafeLinks",
        "urlscan",
        "VirusTotal",
        "PhishTank",
        "Netcraft",
        "Cloudmark",
    ),
    PREVIEW: (
        "facebookexternalhit",
        "WhatsApp/",
        "SkypeUriPreview",
        "BingPreview",
        "Google-PageRenderer",
        "Iframely",
        "Embedly",
        "MetaInspector",
        "link ?preview",
        "Mattermost",
        "Snapchat",
        "vkShare",
    ),
    CRAWLER: (
        r"(?<!cu)bot(?:\b|_)",  # Cubot makes telephones
        "crawl",
        "spider",
        "slurp",
        r"scanner\b",
        "link ?check",
        r"\bchecker\b",
        r"validator\b",
        r"monitor(?:ing)?\b",
        r"archiver\b",
        "Mediapartners",
        "GoogleOther",
        "Google-Read-Aloud",
        "APIs-Google",
    ),
    Judgement(Actor.MACHINE, "a program without a screen"): (
        "^(?:curl|wget|libcurl|lwp|libwww|python|aiohttp|httpx|urllib|go-http|java/|apache-httpclient|ruby|php|guzzle)",
        "^(?:node|axios|undici|postman|insomnia|perl|winhttp|powershell|restsharp|httpie|hackney|faraday)",
        "HeadlessChrome",
        "PhantomJS",
        "Puppeteer",
        "Playwright",
        "Selenium",
    ),
}
_AGENTS = tuple((re.compile("|".join(words), re.IGNORECASE), judgement) for judgement, words in AGENTS.items())


def classify(
    kind: EventKind, *, method: str = "GET", purpose: bytes = b"", agent: bytes = b"", ip: str = ""
) -> Judgement:
    """Return who asks.

    Args:
        kind: what it would count as.
        method: HTTP's.
        purpose: the values of `PREFETCH_HEADERS`.
        agent: what the program says of itself.
        ip: where it comes from.

    """
    if method == "HEAD":
        return HEAD_ONLY
    if purpose and said_prefetch(purpose):
        return PREFETCH
    known = _by_agent(agent[:LONGEST_AGENT])
    if ip.startswith("17.") and kind == EventKind.VIEW and known.actor != Actor.MACHINE and _is_apple(ip):
        return APPLE_NETWORK
    return known


def said_prefetch(purpose: bytes) -> bool:
    """Tell by the values of `PREFETCH_HEADERS` whether a program fetches ahead, before anybody asked for it."""
    said = purpose.lower()
    return any(word in said for word in PREFETCH_WORDS)


def looks_ahead(agent: bytes) -> bool:
    """Tell whether a program goes where links lead for a person who may never do so: nothing is to change by it.

    Who calls with a program of their own means it.
    """
    return _by_agent(agent[:LONGEST_AGENT]) in (SCANNER, PREVIEW, CRAWLER)


@lru_cache(maxsize=4096)
def _by_agent(agent: bytes) -> Judgement:
    said = agent.decode("latin-1").strip()
    return next((judgement for words, judgement in _AGENTS if words.search(said)), PERSON)


@lru_cache(maxsize=1024)
def _is_apple(ip: str) -> bool:
    try:
        return ip_address(ip) in APPLE
    except ValueError:
        return False
