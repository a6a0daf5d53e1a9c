"""Where a person goes back to after logging on: read from what clients send, compared, and led to with an answer."""

import re
from urllib.parse import quote, unquote, urlencode, urlsplit

from staffetta.errors import InvalidArgument

LONGEST = 2_000
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
# Browsers read a backslash as a slash, and blanks and controls as nothing: a host is not to be hidden behind them.
DECEITFUL = re.compile(r"[\s\x00-\x1f\x7f\\]")

# What an answer adds; clients leave it in the redirect URI that they send with the code.
ANSWERED = frozenset({"code", "token_type", "expires_in", "state"})


class WrongRedirect(InvalidArgument):
    """The redirect URI is missing, is none, or is not the application's."""


def read_redirect_uri(text: str) -> str:
    """Return a redirect URI, which arrives plain, encoded or encoded twice (contract 3.2).

    Raises:
        WrongRedirect: it is none that a browser may be sent to.

    """
    uri = text.strip()
    for _ in range(2):
        if SCHEME.match(uri):
            break
        uri = unquote(uri)
    if not SCHEME.match(uri) or len(uri) > LONGEST or DECEITFUL.search(uri):
        raise WrongRedirect("redirect_uri is not an absolute address")
    try:
        parts = urlsplit(uri)
        named = bool(parts.hostname) and parts.port != 0 and parts.username is None
    except ValueError as error:
        raise WrongRedirect("redirect_uri is not an address") from error
    if is_web(uri) and not named:
        raise WrongRedirect("redirect_uri has no host of its own")
    return uri


def comparable(uri: str) -> str:
    """Return a redirect URI without what an answer adds, in the form that is compared between code and token."""
    address, _, query = uri.partition("#")[0].partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0].lower() not in ANSWERED]
    return f"{address}?{'&'.join(kept)}" if kept else address


def leading_to(uri: str, **answer: str) -> str:
    """Return the redirect URI with an answer in its query."""
    address, mark, fragment = uri.partition("#")
    separator = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{separator}{urlencode(answer, quote_via=quote)}{mark}{fragment}"


def destination_of(uri: str) -> str:
    """Return what a person knows the place by: the host, or the scheme of an application of its own."""
    return urlsplit(uri).netloc if is_web(uri) else uri.partition(":")[0]


def is_web(uri: str) -> bool:
    """Tell whether the URI is a page, and not an application on the person's own machine."""
    return uri.lower().startswith(("http:", "https:"))
