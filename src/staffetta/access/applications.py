"""Registering applications, recognizing them, and blocking them."""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import urlsplit
from uuid import uuid4

from staffetta.access import queries
from staffetta.access.model import (
    Application,
    ApplicationBlocked,
    ApplicationExists,
    NewApplication,
    UnknownApplication,
)
from staffetta.accounts import get_account
from staffetta.db import Connection
from staffetta.errors import InvalidArgument

DEMO_NAME = "Demo"
LONGEST_TEXT = 100
# A secret that we make is a GUID of 122 random bits; this is the least that keeps a chosen one from being guessed.
SHORTEST_SECRET = 8
LONGEST_URI = 2_000
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE | re.ASCII)
# What a browser runs or reads itself instead of leading somewhere.
FORBIDDEN_SCHEMES = frozenset({"about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"})
WEB_SCHEMES = frozenset({"http", "https"})


def add_application(
    connection: Connection,
    name: str,
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    redirect_uris: tuple[str, ...] = (),
    features: tuple[str, ...] = (),
    now: datetime,
) -> NewApplication:
    """Register an application, with random GUIDs for what is not given. Its secret is not to be had again.

    Raises:
        ApplicationExists: the client id is taken.
        InvalidArgument: a name, an id, a secret or a redirect URI that cannot be one.

    """
    new = NewApplication(
        application=Application(
            client_id=_credential(client_id, "client id"),
            name=_name(name),
            redirect_uris=tuple(map(_redirect_uri, redirect_uris)),
            features=features,
        ),
        client_secret=_credential(client_secret, "client secret", shortest=SHORTEST_SECRET),
    )
    if queries.find_application(connection, new.application.client_id):
        raise ApplicationExists(f"there is an application {new.application.client_id}")
    queries.insert_application(connection, new.application, _digest(new.client_secret), created_at=now)
    return new


def add_demo_application(connection: Connection, *, now: datetime) -> NewApplication | None:
    """Register an application for a newcomer to try; None where one of its name was registered before."""
    if queries.is_name_taken(connection, DEMO_NAME):
        return None
    return add_application(connection, DEMO_NAME, client_id=None, client_secret=None, now=now)


def get_application(connection: Connection, client_id: str) -> Application:
    """Return an application, blocked or not.

    Raises:
        UnknownApplication: there is none of this client id.

    """
    row = queries.find_application(connection, client_id) if _is_credential(client_id) else None
    if row is None:
        raise UnknownApplication("there is no application of this client id")
    return queries.application_of(row)


def named_application(connection: Connection, name: str) -> Application:
    """Return the application of a client id, or of a name that no other one has.

    Raises:
        UnknownApplication: there is none of this client id or name.
        InvalidArgument: several have the name.

    """
    row = queries.find_application(connection, name) if _is_credential(name) else None
    if row is not None:
        return queries.application_of(row)
    found = queries.applications_named(connection, name.strip())
    if not found:
        raise UnknownApplication("there is no application of this client id or name")
    if len(found) > 1:
        raise InvalidArgument(f"several applications are called {name.strip()}: say which by its client id")
    return found[0]


def authenticate_application(connection: Connection, client_id: str, client_secret: str) -> Application:
    """Return the application whose id and secret these are.

    Raises:
        UnknownApplication: there is none, or it has another secret.
        ApplicationBlocked: it is blocked for everybody.

    """
    row = queries.find_application(connection, client_id) if _is_credential(client_id) else None
    if row is None or not compare_digest(bytes(row.secret_hash), _digest(client_secret)):
        raise UnknownApplication("client id and secret are not those of an application")
    if row.blocked_at is not None:
        raise ApplicationBlocked("the application is blocked")
    return queries.application_of(row)


def list_applications(connection: Connection) -> list[Application]:
    """Return every application by name."""
    return queries.all_applications(connection)


def blocked_accounts(connection: Connection) -> Mapping[str, tuple[int, ...]]:
    """Return, by client id, the accounts that an application is blocked for one by one."""
    found: dict[str, tuple[int, ...]] = {}
    for row in queries.all_blocks(connection):
        found[row.client_id] = (*found.get(row.client_id, ()), row.account_id)
    return found


def block_application(connection: Connection, client_id: str, *, account_id: int | None, now: datetime) -> None:
    """Block an application for one account, or for everybody; its tokens are good for nothing as long as it lasts.

    A repeat changes nothing.

    Raises:
        UnknownApplication: there is none of this client id.
        UnknownAccount: there is none of this id.

    """
    application = get_application(connection, client_id)
    if account_id is None:
        queries.set_blocked_at(connection, client_id, application.blocked_at or now)
        return
    tx = connection.for_account(get_account(connection, account_id).id)
    if not queries.is_blocked(tx, client_id):
        queries.insert_block(tx, client_id, now)


def unblock_application(connection: Connection, client_id: str, *, account_id: int | None) -> None:
    """End the block for one account, or the one for everybody; tokens that have not expired are good again.

    Raises:
        UnknownApplication: there is none of this client id.

    """
    get_application(connection, client_id)
    if account_id is None:
        queries.set_blocked_at(connection, client_id, None)
    else:
        queries.delete_block(connection.for_account(account_id), client_id)


def is_blocked(connection: Connection, application: Application, account_id: int) -> bool:
    """Tell whether an application may not act for users of an account."""
    return application.blocked_at is not None or queries.is_blocked(
        connection.for_account(account_id), application.client_id
    )


def accepts_redirect(application: Application, uri: str) -> bool:
    """Tell whether people may be led to an address with a code.

    One that was registered without a query may come with any. Real clients register none: then every address will do
    that leads out of the browser's own schemes.
    """
    if not _leads_somewhere(uri):
        return False
    if not application.redirect_uris:
        return True
    return uri in application.redirect_uris or uri.partition("?")[0] in application.redirect_uris


def _leads_somewhere(uri: str) -> bool:
    scheme = SCHEME.match(uri)
    # RFC 6749 §3.1.2: no fragment. Browsers take a backslash for a slash.
    if scheme is None or len(uri) > LONGEST_URI or not uri.isprintable() or any(each in uri for each in " #\\"):
        return False
    try:
        host = urlsplit(uri).hostname
    except ValueError:
        return False
    name = scheme[1].lower()
    return bool(host) if name in WEB_SCHEMES else name not in FORBIDDEN_SCHEMES


def _redirect_uri(uri: str) -> str:
    if not _leads_somewhere(uri):
        raise InvalidArgument(f"{uri!r} is not an address such as https://shop.example/callback")
    return uri


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_TEXT or not name.isprintable():
        raise InvalidArgument(f"an application's name has 1 to {LONGEST_TEXT} characters, all of them printable")
    return name


def _credential(given: str | None, noun: str, *, shortest: int = 1) -> str:
    if given is None:
        return str(uuid4())
    if not _is_credential(given) or len(given) < shortest:
        raise InvalidArgument(f"a {noun} has {shortest} to {LONGEST_TEXT} printable characters and no blank")
    return given


def _is_credential(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TEXT and text.isprintable() and " " not in text


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
