"""Host names: which of them mail can name."""

import re
from functools import lru_cache
from typing import Final

from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import EmailAddress

# For a host that is no domain: an address must have one, and this one can never be somebody else's.
LOCAL_DOMAIN: Final = "localhost.localdomain"


@lru_cache(maxsize=1024)
def mail_domain(host: str) -> str:
    """Return the domain, in ASCII, that a host with or without a port lends to addresses and message identifiers."""
    without_port = re.sub(r":[0-9]*$", "", host.strip())
    try:
        domain = EmailAddress.parse(f"noreply@{without_port}").domain
    except InvalidArgument:
        return LOCAL_DOMAIN
    return domain.encode("idna").decode("ascii") if not domain.isascii() else domain
