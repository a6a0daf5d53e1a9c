"""DKIM signatures (RFC 6376): relaxed/relaxed, by RSA and SHA-256 (RFC 8301) or by Ed25519 (RFC 8463).

Pure: a key and a mail in, a header field out. What a signature costs is the private key's operation: 0.7 ms with
RSA-2048, 0.04 ms with Ed25519; all that is done here besides takes about 0.03 ms for a mail of 6 kB.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey


class Algorithm(StrEnum):
    """How a key signs, as the tag `k` of its DNS record names it."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and where its public half is published: `SELECTOR._domainkey.DOMAIN`, both in ASCII."""

    domain: str
    selector: str
    private: PrivateKey


class CannotBeSigned(ValueError):  # noqa: N818 (the mail's state, not a failure of the signer)
    """Not a mail by RFC 5322: there is no From, which every signature covers (RFC 6376 §5.4)."""


# RFC 6376 §5.4.1 and RFC 8058 §4: what people see, what programs act on, what answers go to.
SIGNED: Final = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
    b"reply-to",
    b"sender",
)
NAMES: Final = {
    name: {b"message-id": b"Message-ID", b"mime-version": b"MIME-Version", b"feedback-id": b"Feedback-ID"}.get(
        name, b"-".join(part.capitalize() for part in name.split(b"-"))
    )
    for name in SIGNED
}
_SIGNED_AT: Final = {name: index for index, name in enumerate(SIGNED)}
# RFC 5322 §2.1.1: a line should have no more.
LINE: Final = 78

_BLANKS: Final = re.compile(rb"[ \t]+")
_LINE_ENDS: Final = re.compile(rb"(?:\n\r)*")
_ODD_BLANKS: Final = re.compile(rb"[\v\f\r\n]")
_PADDING: Final = PKCS1v15()
_SHA256: Final = SHA256()


def sign(content: bytes, keys: Sequence[SigningKey], *, now: datetime) -> bytes:
    """Return a mail with one signature of each key before its header.

    The content is a whole mail whose lines end in CRLF; whatever else stands in it is signed as it stands.

    Raises:
        CannotBeSigned: it has no From.

    """
    head, body = _split(content)
    names, header = signed_header(head)
    body_hash = b64encode(sha256(relaxed_body(body)).digest())
    time = int(now.timestamp())
    fields = [_signature(key, names, header, body_hash, time) for key in keys]
    return b"".join([*fields, content])


def signed_header(head: bytes) -> tuple[bytes, bytes]:
    """Return what a signature covers of a header: the names, as in the tag `h`, and the fields, relaxed.

    All fields of a name are covered, from the last to the first (§5.4.2). From is named once more than it stands
    there, so that nobody can add another (§8.15).

    Raises:
        CannotBeSigned: there is no From.

    """
    found: list[list[bytes]] = [[] for _ in SIGNED]
    # Unfolded (§3.4.2): the line break goes, the blanks after it stay, to be made one with the others below.
    fields = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t").split(b"\r\n")
    for field in fields:
        name, colon, value = field.partition(b":")
        index = _SIGNED_AT.get(name.rstrip(b" \t").lower())
        if index is not None and colon:
            found[index].append(relaxed_value(value))
    if not found[0]:
        raise CannotBeSigned("the mail has no From")
    header = b"".join(
        [name + b":" + value + b"\r\n" for name, values in zip(SIGNED, found, strict=True) for value in values[::-1]]
    )
    return _names(tuple(map(len, found))), header


def relaxed_value(value: bytes) -> bytes:
    """Return a field's unfolded value with its blanks relaxed (§3.4.2)."""
    if _ODD_BLANKS.search(value):
        return _BLANKS.sub(b" ", value).strip(b" ")
    return b" ".join(value.split())


def relaxed_body(body: bytes) -> bytes:
    """Return a body with its blanks relaxed and without the empty lines at its end (§3.4.4)."""
    # A tenth of what a regular expression takes; each round halves the longest run.
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    if body.endswith(b" "):
        body = body[:-1]
    if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n"):
        return b"" if body == b"\r\n" else body
    # Found backwards, in one go however many they are.
    line_ends = body[len(body.rstrip(b"\r\n")) :]
    found = _LINE_ENDS.match(line_ends[::-1])
    body = body[: len(body) - found.end()] if found else body
    return body + b"\r\n" if body else b""


def _split(content: bytes) -> tuple[bytes, bytes]:
    if content.startswith(b"\r\n"):
        return b"", content[2:]
    head, _, body = content.partition(b"\r\n\r\n")
    return head, body


def _signature(key: SigningKey, names: bytes, header: bytes, body_hash: bytes, time: int) -> bytes:
    rsa = isinstance(key.private, RSAPrivateKey)
    field = _head_of_signature(key.domain, key.selector, names, rsa) % (time, body_hash)
    # §3.7: the field itself comes last, relaxed, with an empty `b` and without a line end. All blanks that we write
    # in it are single spaces before or behind line ends.
    signed = header + field.replace(b"DKIM-Signature: ", b"dkim-signature:", 1).replace(b"\r\n ", b" ")
    if isinstance(key.private, RSAPrivateKey):
        signature = key.private.sign(signed, _PADDING, _SHA256)
    else:
        signature = key.private.sign(sha256(signed).digest())  # RFC 8463 §3: the hash is what is signed
    return field + _folded(b64encode(signature)) + b"\r\n"


@lru_cache(maxsize=1024)
def _head_of_signature(domain: str, selector: str, names: bytes, rsa: bool) -> bytes:
    """Return the field up to its tag `b`, with holes for the time and the hash of the body."""
    algorithm = b"rsa-sha256" if rsa else b"ed25519-sha256"
    return b"DKIM-Signature: v=1; a=%b; c=relaxed/relaxed; t=%%d;\r\n d=%b;\r\n s=%b;\r\n h=%b;\r\n bh=%%b;\r\n b=" % (
        algorithm,
        domain.encode("ascii"),
        selector.encode("ascii"),
        names,
    )


@lru_cache(maxsize=1024)
def _names(counts: tuple[int, ...]) -> bytes:
    """Return the tag `h` for so many fields of each name, folded before colons."""
    named = [NAMES[name] for name, count in zip(SIGNED, counts, strict=True) for _ in range(count)]
    lines = [b" h=" + NAMES[b"from"]]
    for name in named:
        if len(lines[-1]) + len(name) + len(b":;") > LINE:
            lines.append(b" ")
        lines[-1] += b":" + name
    return b"\r\n".join(lines).removeprefix(b" h=")


def _folded(text: bytes) -> bytes:
    return b"\r\n ".join(_lines(text))


def _lines(text: bytes) -> Iterator[bytes]:
    room = LINE - len(" b=")
    yield text[:room]
    for start in range(room, len(text), LINE - 1):
        yield text[start : start + LINE - 1]
