"""Passwords, of which only argon2id hashes are kept."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106 §4, second recommendation: 64 MiB of memory, three passes.
_hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


class PasswordHash(str):
    """The hash of a password: what takes one in clear takes this as well, made before its transaction began."""

    __slots__ = ()


# No password has this for its hash.
NO_PASSWORD = PasswordHash("!")
# Of a password that nobody knows: checking it for unknown logins takes the time that a known one's takes.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$2bKl7CCwflbSZxPjnC8nkQ$245CgfDESdypT1yQg0AYAl+YwDJecjLeI133qUWap5U"


def hash_password(password: str) -> PasswordHash:
    """Return the argon2id hash of a password; takes a tenth of a second, so never in a transaction that others want."""
    return password if isinstance(password, PasswordHash) else PasswordHash(_hasher.hash(_octets(password)))


def check_password(password_hash: str, password: str) -> bool:
    """Tell whether a hash is a password's; takes a tenth of a second and 64 MiB, so never in a transaction."""
    try:
        return _hasher.verify(password_hash, _octets(password))
    except (VerificationError, InvalidHashError):
        return False


def _octets(password: str) -> bytes:
    # What a client sent in another encoding than UTF-8 is a wrong password, not a mistake of ours.
    return password.encode("utf-8", "surrogatepass")
