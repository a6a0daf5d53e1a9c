"""Host names: which of them mail can name, and which are never ours."""

import re
from functools import lru_cache
from typing import Final

from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import EmailAddress

# For a host that is no domain: an address must have one, and this one can never be somebody else's.
LOCAL_DOMAIN: Final = "localhost.localdomain"

# The domains that clients of the protocol have built in. One machine may be told that they lead here; to every other
# they are somebody else's.
BUILT_IN: Final = ("mailup.com", "mailup.it", "mailupnet.it")


@lru_cache(maxsize=1024)
def mail_domain(host: str) -> str:
    """Return the domain, in ASCII, that a host with or without a port lends to addresses and message identifiers."""
    without_port = re.sub(r":[0-9]*$", "", host.strip())
    try:
        domain = EmailAddress.parse(f"noreply@{without_port}").domain
    except InvalidArgument:
        return LOCAL_DOMAIN
    return domain.encode("idna").decode("ascii") if not domain.isascii() else domain


def is_built_in(host: str) -> bool:
    """Tell whether clients have a host, in lower case and without port, built in as the original's."""
    return host.endswith(tuple(f".{each}" for each in BUILT_IN)) or host in BUILT_IN
