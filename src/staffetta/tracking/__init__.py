"""Links in mail: the signed tokens that they carry, and the keys that sign them."""

from staffetta.tracking.keys import load_signer, rotate_key
from staffetta.tracking.links import PATHS, link
from staffetta.tracking.tokens import InvalidToken, Purpose, Signer, Token

__all__ = ["PATHS", "InvalidToken", "Purpose", "Signer", "Token", "link", "load_signer", "rotate_key"]
