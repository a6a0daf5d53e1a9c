"""Where the links in mail lead."""

from staffetta.tracking.tokens import Purpose, Signer, Token

PATHS = {Purpose.CONFIRM: "/c/", Purpose.UNSUBSCRIBE: "/u/", Purpose.PROFILE: "/p/"}


def link(signer: Signer, base_url: str, purpose: Purpose, token: Token) -> str:
    """Return the address of a page for one recipient."""
    return f"{base_url}{PATHS[purpose]}{signer.sign(purpose, token)}"
