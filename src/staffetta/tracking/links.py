"""Where the links in mail lead."""

from staffetta.tracking.tokens import Purpose, SenderToken, Signer, Token

PATHS = {Purpose.CONFIRM: "/c/", Purpose.UNSUBSCRIBE: "/u/", Purpose.PROFILE: "/p/", Purpose.SENDER: "/v/"}


def link(signer: Signer, base_url: str, purpose: Purpose, token: Token) -> str:
    """Return the address of a page for one recipient."""
    return f"{base_url}{PATHS[purpose]}{signer.sign(purpose, token)}"


def sender_link(signer: Signer, base_url: str, token: SenderToken) -> str:
    """Return the address of the page where the owner of an address allows an account to send from it."""
    return f"{base_url}{PATHS[Purpose.SENDER]}{signer.sign_sender(token)}"
