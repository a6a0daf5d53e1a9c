"""Where a message leads: to what its author wrote, which is counted, and to pages of ours made for each person."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from staffetta.campaigns.markup import Kind, attributes_of, pieces_of, sound_text, unescape
from staffetta.campaigns.merging import key_of
from staffetta.campaigns.model import Message, Tracking

# What statistics call the links that are made for each person (contract rest.md 7.10, S7).
UNSUBSCRIBE: Final = "Unsubscribe"
ONLINE_VERSION: Final = "Read in web browser"
PREFERENCES: Final = "Preference Center"
LABELS: Final = (UNSUBSCRIBE, ONLINE_VERSION, PREFERENCES)
# Of these the contract attests the first and the last (soap-http-smtp.md 10.1, 10.3). Nobody who has left comes back by
# a link in a campaign, which programs follow as well: only in a confirmation request does `[sub]` lead anywhere.
CONFIRM: Final = ""
SPECIAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unsubscribe": UNSUBSCRIBE,
        "listunsubscribe": UNSUBSCRIBE,
        "online": ONLINE_VERSION,
        "preview": ONLINE_VERSION,
        "profile": PREFERENCES,
        "preferences": PREFERENCES,
        "sub": CONFIRM,
    }
)
SPECIAL_LINK: Final = re.compile(r"(https?://)?(?:\[|%5b)([^\[\]%]{1,40})(?:\]|%5d)/?", re.IGNORECASE)
IN_TEXT: Final = re.compile(r"(https?://)?\[([^\[\]<>\r\n]{1,400})\](/?)", re.IGNORECASE)

# Nobody reads so many; what follows is left as the author wrote it, and not counted.
MOST_LINKS: Final = 2_000
LONGEST_TRACKED: Final = 4_000
# What a redirection can lead to.
TRACKABLE: Final = re.compile(r"(?:https?|ftp)://[^/?#\\\s]", re.IGNORECASE)
# Tags whose address is no link that people follow.
NOT_FOLLOWED: Final = frozenset({"link", "base", "image", "use", "script"})

_TEXT_LINK: Final = re.compile(r"\bhttps?://[^\s<>\"']+", re.IGNORECASE)
_AFTER_LINK: Final = ".,;:!?)"
_NOT_IN_URLS: Final = re.compile(r"[\t\r\n]")


def links_in(message: Message, *, parameters: str = "") -> list[str]:
    """Return what a message leads to, each once and in order: addresses that are counted, and labels of our own pages.

    `Unsubscribe` is always among them: a message without such a link gets one.

    Args:
        message: its links have its own parameters in their query, and placeholders still.
        parameters: those of its list.

    """
    found: dict[str, None] = {}
    for address in _addresses(as_html(message.content)):
        label = special_link(address)
        if label is None:
            link = tracked_link(address, message.tracking, parameters)
            if link and len(found) < MOST_LINKS:
                found[link] = None
        elif label:
            found[label] = None
    found[UNSUBSCRIBE] = None
    return list(found)


def _addresses(html: str) -> Iterator[str]:
    """Yield the addresses of links, and placeholders of links that stand in the text."""
    for piece in pieces_of(html):
        if piece.kind is Kind.TEXT and "[" in html[piece.start : piece.end]:
            for found in IN_TEXT.finditer(html, piece.start, piece.end):
                if key_of(found[2]) in SPECIAL:
                    yield found[0]
        elif piece.kind is Kind.TAG and piece.name not in NOT_FOLLOWED:
            for each in attributes_of(html, piece):
                if each.name == "href":
                    yield address_of(html[each.start : each.end])


def address_of(value: str) -> str:
    """Return the address that the value of an attribute spells."""
    return bare_address(unescape(value))


def bare_address(text: str) -> str:
    """Return an address without the blanks around it and the line breaks in it, which browsers leave out."""
    return _NOT_IN_URLS.sub("", text.strip())


def special_link(address: str) -> str | None:
    """Return the label of the page that stands for an address such as `http://[unsubscribe]/`; None if none does."""
    found = SPECIAL_LINK.fullmatch(address) if len(address) <= LONGEST_SPECIAL else None
    return SPECIAL.get(key_of(found[2])) if found else None


LONGEST_SPECIAL: Final = 100


def tracked_link(address: str, tracking: Tracking, parameters: str = "") -> str | None:
    """Return an address as it is counted, with the parameters of message and list; None if it is not."""
    scheme = address.partition(":")[0].lower()
    if not tracking.enabled or len(address) > LONGEST_TRACKED or not TRACKABLE.match(address):
        return None
    if scheme not in {each.strip().lower().partition(":")[0] for each in tracking.protocols}:
        return None
    return with_parameters(with_parameters(address, tracking.custom_params), parameters)


def with_parameters(url: str, parameters: str) -> str:
    """Return an address with more in its query, before its fragment."""
    more = parameters.strip().lstrip("?&")
    if not more:
        return url
    whole, hash_mark, fragment = url.partition("#")
    joint = "" if whole.endswith(("?", "&")) else "&" if "?" in whole else "?"
    return f"{whole}{joint}{more}{hash_mark}{fragment}"


def as_html(content: str) -> str:
    """Return the content of a message as HTML: one without a single tag is text, whose addresses become links."""
    html = sound_text(content)
    if "<" in html and any(piece.kind is not Kind.TEXT for piece in pieces_of(html)):
        return html
    return _TEXT_LINK.sub(_linked, html).replace("\n", "<br>\n")


def _linked(found: re.Match[str]) -> str:
    url = found[0].rstrip(_AFTER_LINK)
    return f'<a href="{url}">{url}</a>{found[0][len(url) :]}'
