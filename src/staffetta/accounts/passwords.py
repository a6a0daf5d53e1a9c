"""Passwords, of which only argon2id hashes are kept."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106 §4, second recommendation: 64 MiB of memory, three passes.
_hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)

# No password has this for its hash.
NO_PASSWORD = "!"  # noqa: S105 - the absence of one
# Of a password that nobody knows: checking it for unknown logins takes the time that a known one's takes.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$2bKl7CCwflbSZxPjnC8nkQ$245CgfDESdypT1yQg0AYAl+YwDJecjLeI133qUWap5U"


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password; takes a tenth of a second."""
    return _hasher.hash(_octets(password))


def check_password(password_hash: str, password: str) -> bool:
    """Tell whether a hash is a password's; takes a tenth of a second and 64 MiB, so never in a transaction."""
    try:
        return _hasher.verify(password_hash, _octets(password))
    except (VerificationError, InvalidHashError):
        return False


def _octets(password: str) -> bytes:
    # What a client sent in another encoding than UTF-8 is a wrong password, not a mistake of ours.
    return password.encode("utf-8", "surrogatepass")
