"""What a list's template has in `List-Unsubscribe` (RFC 2369 §3.2): placeholders of ours, and links of its owner's."""

import re
from typing import Final

from staffetta.messages.wire import clean_url

# What `unsubscribe_links` returns for the link and the address that the platform makes for each recipient.
BY_LINK: Final = "[listunsubscribe]"
BY_MAIL: Final = "[mailto_uns]"

LONGEST_TEMPLATE: Final = 1_000
_LINK: Final = re.compile(r"<(\[[^<>\s]{1,40}|(?:mailto|https?):[^<>\s]{1,300})>", re.IGNORECASE)
# As it is written in messages too (contract soap-http-smtp.md 10.3).
_BY_LINK: Final = re.compile(r"(?:https?://)?(?:\[|%5b)(?:list)?unsubscribe(?:\]|%5d)/?", re.IGNORECASE)
_BRACKET: Final = re.compile(r"[\[\]]|%5[bd]", re.IGNORECASE)


def unsubscribe_links(template: str) -> list[str]:
    """Return the links of a template, each once and in order, fit for a header: BY_LINK, BY_MAIL and whole addresses.

    An address with any other bracket in it, which nobody fills in, is left out.
    """
    return list(dict.fromkeys(filter(None, map(_link_of, _LINK.findall(template[:LONGEST_TEMPLATE])))))


def _link_of(written: str) -> str:
    if _BY_LINK.fullmatch(written):
        return BY_LINK
    if written.lower() == BY_MAIL:
        return BY_MAIL
    return "" if _BRACKET.search(written) else clean_url(written)
