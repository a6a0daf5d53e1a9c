"""One-time passwords: derived by whoever has the keys, so that none is stored anywhere before its mail is written."""

import secrets
from typing import Final

from staffetta.tracking.tokens import Signer

# Letters and digits that nobody takes for others: no i, l, 1, o, 0. Sixteen of 31 are 79 bits.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 4, 4
NONCE_OCTETS: Final = 16


def new_nonce(signer: Signer) -> str:
    """Return what one password is derived from; it names the key, so that a rotation before the mail harms nothing."""
    return f"{signer.newest_key}.{secrets.token_urlsafe(NONCE_OCTETS)}"


def one_time_password(signer: Signer, login: str, nonce: str) -> str:
    """Return the password that a login and a nonce make, such as `k7mw-x3cq-pz9d-4hru`; a repeat returns the same.

    Raises:
        KeyError: the key that the nonce names is gone.

    """
    key, dot, _ = nonce.partition(".")
    key_id = int(key) if dot and key.isascii() and key.isdigit() else None
    number = int.from_bytes(signer.derive("one-time password", login, nonce, key_id=key_id), "big")
    characters = []
    for _ in range(GROUPS * GROUP_LENGTH):
        number, index = divmod(number, len(ALPHABET))  # of 256 bits, so that no character is likelier
        characters.append(ALPHABET[index])
    spelt = "".join(characters)
    return "-".join(spelt[start : start + GROUP_LENGTH] for start in range(0, len(spelt), GROUP_LENGTH))
