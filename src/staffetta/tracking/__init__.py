"""Links in mail: the signed tokens that they carry, and the keys that sign them."""

from staffetta.tracking.keys import load_signer, rotate_key
from staffetta.tracking.links import PATHS, link, sender_link
from staffetta.tracking.tokens import InvalidToken, Purpose, SenderToken, Signer, Token

__all__ = [
    "PATHS",
    "InvalidToken",
    "Purpose",
    "SenderToken",
    "Signer",
    "Token",
    "link",
    "load_signer",
    "rotate_key",
    "sender_link",
]
