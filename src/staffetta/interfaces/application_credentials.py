"""Which application calls: its id and secret, in all the shapes in which real clients send them (contract 3.3)."""

from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from urllib.parse import unquote

from starlette.types import Scope

from staffetta.access import Application, UnknownApplication, authenticate_application
from staffetta.db import Connection

SCHEME = b"basic"
LONGEST_HEADER = 1_000
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Which application says that it calls: by id alone, or by pairs of id and secret of which one has to be right."""

    client_id: str = ""
    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def read_credentials(scope: Scope, *, client_id: str = "", client_secret: str = "") -> Credentials:
    """Return the credentials of the Basic header and those named beside it; a malformed header counts for nothing."""
    basic = _basic(scope)
    named = (client_id.strip(), client_secret.strip())
    # RFC 6749 §2.3.1 has both halves percent-encoded in the header; most clients send them as they are.
    pairs = [named, basic, (unquote(basic[0]), unquote(basic[1]))]
    return Credentials(
        client_id=named[0] or basic[0],
        pairs=tuple(dict.fromkeys((name, secret) for name, secret in pairs if name and secret)),
    )


def authenticated(connection: Connection, credentials: Credentials) -> Application:
    """Return the application that has proved who it is.

    Raises:
        UnknownApplication: none of the pairs is right.
        ApplicationBlocked: it is blocked for everybody.

    """
    for client_id, client_secret in credentials.pairs:
        try:
            return authenticate_application(connection, client_id, client_secret)
        except UnknownApplication:
            continue
    raise UnknownApplication("client_id and client_secret are not those of an application")


def _basic(scope: Scope) -> tuple[str, str]:
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"").strip()
    scheme, _, text = header[:LONGEST_HEADER].partition(b" ")
    if not text:  # one sample leaves the word Basic out (contract 3.3)
        scheme, text = SCHEME, scheme
    if scheme.lower() != SCHEME:
        return "", ""
    name, _, secret = _decoded(text).partition(":")
    return name.strip(), secret.strip()


def _decoded(text: bytes) -> str:
    """Return what Base64 says of either alphabet, with its padding or without; "" where it says nothing."""
    bare = text.strip().rstrip(b"=").translate(_URL_SAFE)
    try:
        octets = urlsafe_b64decode(bare + b"=" * (-len(bare) % 4))
    except ValueError:
        return ""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
