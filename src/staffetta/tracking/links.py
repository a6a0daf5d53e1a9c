"""Where the links in mail lead."""

from urllib.parse import quote

from staffetta.tracking.tokens import AttachmentToken, Purpose, ResetToken, SenderToken, Signer, Token

PATHS = {
    Purpose.CONFIRM: "/c/",
    Purpose.UNSUBSCRIBE: "/u/",
    Purpose.PROFILE: "/p/",
    Purpose.SENDER: "/v/",
    Purpose.RESET: "/console/reset?t=",
    Purpose.ATTACHMENT: "/a/",
    Purpose.LEAVE: "/u/",
    Purpose.PREFERENCES: "/p/",
}
# What a token of a campaign leads to: the message online, the picture that says it was opened, and its links by number.
ONLINE, PIXEL, FOLLOW = "/w/", "/o/", "/k/"


def link(signer: Signer, base_url: str, purpose: Purpose, token: Token) -> str:
    """Return the address of a page for one recipient."""
    return f"{base_url}{PATHS[purpose]}{signer.sign(purpose, token)}"


def sender_link(signer: Signer, base_url: str, token: SenderToken) -> str:
    """Return the address of the page where the owner of an address allows an account to send from it."""
    return f"{base_url}{PATHS[Purpose.SENDER]}{signer.sign_sender(token)}"


def reset_link(signer: Signer, base_url: str, token: ResetToken) -> str:
    """Return the address of the page where a person who forgot their password chooses another."""
    return f"{base_url}{PATHS[Purpose.RESET]}{signer.sign_reset(token)}"


def attachment_link(signer: Signer, base_url: str, token: AttachmentToken, name: str) -> str:
    """Return the address of an attached file; its name is there for people to see."""
    return f"{base_url}{PATHS[Purpose.ATTACHMENT]}{signer.sign_attachment(token)}/{quote(name, safe='')}"
