"""The keys that sign mail, by the domain of its author: made, published by the operator, used, retired."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

import idna
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import bindparam, insert, select, update

from staffetta.db import Connection, Statement
from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound
from staffetta.kit.addresses import EmailAddress
from staffetta.sending.dkim import Algorithm, PrivateKey
from staffetta.sending.tables import dkim_keys

# RFC 8301 §3.2: what every verifier must be able to check. 2,048 is what signers should use; more does not fit into
# one string of a TXT record either, and takes six times as long to sign by.
RSA_BITS: Final = 2048
LEAST_BITS, MOST_BITS = 1024, 4096
LONGEST_SELECTOR: Final = 63
# RFC 1035 §3.3: a string of a TXT record has at most 255 octets.
LONGEST_STRING: Final = 255

_KEY = dkim_keys.c
ALL = Statement(select(dkim_keys).order_by(_KEY.domain, _KEY.created_at, _KEY.selector))
ONE = Statement(select(dkim_keys).where(_KEY.domain == bindparam("domain"), _KEY.selector == bindparam("selector")))
INSERT = Statement(insert(dkim_keys).values(**{each.name: bindparam(each.name) for each in dkim_keys.columns}))
SET_SIGNS = Statement(
    update(dkim_keys)
    .where(_KEY.domain == bindparam("of_domain"), _KEY.selector == bindparam("of_selector"))
    .values(signs=bindparam("new_signs", type_=_KEY.signs.type))
)


class DkimKey(NamedTuple):
    """A key as it is kept; `signs` as long as it is not retired."""

    domain: str
    selector: str
    algorithm: str
    private_key: str
    signs: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TxtRecord:
    """What DNS has to say of a key."""

    name: str
    value: str

    @property
    def zone_line(self) -> str:
        """The record as zone files have it: in strings that are short enough."""
        parts = [self.value[at : at + LONGEST_STRING] for at in range(0, len(self.value), LONGEST_STRING)]
        return f"{self.name}. IN TXT ( " + " ".join(f'"{part}"' for part in parts) + " )"


class UnreadableKey(InvalidArgument):
    """Not the PEM of a private key by which DKIM signs."""


def add_key(
    connection: Connection, domain: str, selector: str, private: PrivateKey, *, signs: bool = True, now: datetime
) -> DkimKey:
    """Keep a key for the mail of a domain; the newest that signs, of each algorithm, is the one in use.

    Raises:
        InvalidArgument: no such domain or selector can be, or the key is too short or too long.
        FailedPrecondition: the domain has a key of this selector.

    """
    name = ascii_domain(domain)
    label = selector.strip().lower()
    if not _is_selector(label):
        raise InvalidArgument(f"{selector!r} is no selector: letters, digits, hyphens and dots, such as s2026")
    if isinstance(private, RSAPrivateKey) and not LEAST_BITS <= private.key_size <= MOST_BITS:
        raise InvalidArgument(f"a key of {private.key_size} bits: receivers check those of {LEAST_BITS} to {MOST_BITS}")
    if connection.first(ONE, domain=name, selector=label):
        raise FailedPrecondition(f"{name} has a key with selector {label}: choose another by --selector")
    key = DkimKey(name, label, _algorithm_of(private), _pem(private), signs, now)
    connection.run(INSERT, **key._asdict())
    connection.configuration_changed()
    return key


def generate(algorithm: Algorithm) -> PrivateKey:
    """Return a fresh private key; an RSA key takes some tenths of a second."""
    if algorithm is Algorithm.RSA:
        return generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return Ed25519PrivateKey.generate()


def all_keys(connection: Connection) -> list[DkimKey]:
    """Return every key by domain, the oldest of each first."""
    return [DkimKey(*row) for row in connection.all(ALL)]


def keys_of(connection: Connection, domain: str, selector: str = "") -> list[DkimKey]:
    """Return a domain's keys, or the one of a selector.

    Raises:
        NotFound: there are none.

    """
    name = ascii_domain(domain)
    found = [key for key in all_keys(connection) if key.domain == name and selector.lower() in ("", key.selector)]
    if not found:
        raise NotFound(f"there is no key {selector + ' ' if selector else ''}for {name}: see `staffetta dkim list`")
    return found


def set_signs(connection: Connection, domain: str, selector: str = "", *, signs: bool) -> list[DkimKey]:
    """Let a domain's keys sign, or retire them: all, or the one of a selector. Returns them; a repeat does nothing.

    Raises:
        NotFound: there are none.

    """
    found = keys_of(connection, domain, selector)
    for key in found:
        connection.run(SET_SIGNS, of_domain=key.domain, of_selector=key.selector, new_signs=signs)
    connection.configuration_changed()
    return [key._replace(signs=signs) for key in found]


def keys_in_use(connection: Connection) -> Mapping[str, tuple[DkimKey, ...]]:
    """Return by domain the keys that its mail is signed with: the newest of each algorithm, RSA first."""
    newest = {(key.domain, key.algorithm): key for key in all_keys(connection) if key.signs}
    domains: dict[str, tuple[DkimKey, ...]] = {}
    for (domain, _), key in sorted(newest.items(), key=lambda item: item[0], reverse=True):
        domains[domain] = (*domains.get(domain, ()), key)
    return domains


def txt_record(key: DkimKey) -> TxtRecord:
    """Return the record to publish (RFC 6376 §3.6.1, RFC 8463 §4).

    Raises:
        UnreadableKey: the key cannot be read.

    """
    public = load_key(key.private_key).public_key()
    if key.algorithm == Algorithm.RSA:
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    value = f"v=DKIM1; k={key.algorithm}; p={b64encode(octets).decode()}"
    return TxtRecord(f"{key.selector}._domainkey.{key.domain}", value)


@lru_cache(maxsize=1024)
def load_key(pem: str) -> PrivateKey:
    """Return the private key that a PEM holds; a repeat costs nothing.

    Raises:
        UnreadableKey: it holds none, or one of another kind.

    """
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnreadableKey("not a private key in PEM without a password") from error
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise UnreadableKey("DKIM signs by RSA and Ed25519 keys only")
    return private


@lru_cache(maxsize=4096)
def ascii_domain(text: str) -> str:
    """Return a mail domain as DNS knows it.

    Raises:
        InvalidArgument: not a domain that mail can come from.

    """
    try:
        domain = EmailAddress.parse(f"dkim@{text.strip().rstrip('.')}").domain
        return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except (InvalidArgument, idna.IDNAError) as error:
        raise InvalidArgument(f"{text!r} is no domain that mail can come from") from error


def _is_selector(label: str) -> bool:
    """Tell whether DNS can have the selector, which may have several labels (RFC 6376 §3.1)."""
    parts = label.split(".")
    return len(label) <= LONGEST_SELECTOR and all(
        part.isascii() and part.replace("-", "").replace("_", "").isalnum() and part.strip("-") == part
        for part in parts
    )


def _algorithm_of(private: PrivateKey) -> Algorithm:
    return Algorithm.RSA if isinstance(private, RSAPrivateKey) else Algorithm.ED25519


def _pem(private: PrivateKey) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
