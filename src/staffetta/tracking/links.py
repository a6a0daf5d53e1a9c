"""Where the links in mail lead."""

from staffetta.tracking.tokens import Purpose, ResetToken, SenderToken, Signer, Token

PATHS = {
    Purpose.CONFIRM: "/c/",
    Purpose.UNSUBSCRIBE: "/u/",
    Purpose.PROFILE: "/p/",
    Purpose.SENDER: "/v/",
    Purpose.RESET: "/console/reset?t=",
}


def link(signer: Signer, base_url: str, purpose: Purpose, token: Token) -> str:
    """Return the address of a page for one recipient."""
    return f"{base_url}{PATHS[purpose]}{signer.sign(purpose, token)}"


def sender_link(signer: Signer, base_url: str, token: SenderToken) -> str:
    """Return the address of the page where the owner of an address allows an account to send from it."""
    return f"{base_url}{PATHS[Purpose.SENDER]}{signer.sign_sender(token)}"


def reset_link(signer: Signer, base_url: str, token: ResetToken) -> str:
    """Return the address of the page where a person who forgot their password chooses another."""
    return f"{base_url}{PATHS[Purpose.RESET]}{signer.sign_reset(token)}"
