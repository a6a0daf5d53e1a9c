"""The ledger of consent: every change of status with its proof, chained so that nobody can rewrite it unseen.

Entries are written in the transaction of the change and sealed into the account's chain afterwards, in batches, so
that sign-ups never queue for the head of the chain. An entry's place is the order of its sealing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from staffetta.db import Connection, Transaction, brief
from staffetta.recipients import queries

GENESIS = bytes(32)
MOST_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that is not what was sealed, or a chain that does not hold at it."""

    position: int
    reason: str


@brief
def seal_all(connection: Connection, *, most: int = MOST_AT_ONCE) -> int:
    """Seal up to `most` entries of each account; return how many were sealed.

    A crash between two calls leaves entries unsealed, which the next call seals; it repeats and loses nothing.
    """
    return sum(
        seal(connection.for_account(account_id), most=most) for account_id in queries.accounts_to_seal(connection)
    )


def seal(tx: Transaction, *, most: int = MOST_AT_ONCE) -> int:
    """Give the account's unsealed entries their places in its chain; return how many."""
    entries = queries.unsealed(tx, most=most)
    head = queries.head(tx)
    position, chain = (head.position, bytes(head.chain)) if head else (0, GENESIS)
    seals = []
    for entry in entries:
        position += 1
        digest = digest_of(entry)
        chain = link(chain, position, digest)
        seals.append({"of_id": entry.id, "new_position": position, "new_digest": digest, "new_chain": chain})
    if seals:
        queries.seal(tx, seals)
    return len(seals)


def verify(tx: Transaction) -> Iterator[Fault | int]:
    """Recompute the account's chain; yield the number of entries seen so far after each batch, and every fault."""
    position, chain = 0, GENESIS
    while entries := queries.sealed_after(tx, position, most=MOST_AT_ONCE):
        for entry in entries:
            if entry.position != position + 1:
                yield Fault(position + 1, "the entry is missing")
            if digest_of(entry) != bytes(entry.digest):
                yield Fault(entry.position, "the entry was changed after it was sealed")
            if link(chain, entry.position, bytes(entry.digest)) != bytes(entry.chain):
                yield Fault(entry.position, "the entry does not follow the one before it")
            position, chain = entry.position, bytes(entry.chain)
        yield position


def digest_of(entry: Any) -> bytes:
    """Return the SHA-256 of what an entry says: the JSON array of its columns, instants in microseconds."""
    return hashlib.sha256(msgspec.json.encode(queries.said_by(entry))).digest()


def link(chain: bytes, position: int, digest: bytes) -> bytes:
    """Return the chain's hash after an entry."""
    return hashlib.sha256(chain + position.to_bytes(8, "big") + digest).digest()


def head(tx: Transaction) -> str:
    """Return the chain's last value in hexadecimal: whoever keeps it elsewhere can tell a chain that was made anew."""
    last = queries.head(tx)
    return bytes(last.chain).hex() if last else ""


def history(tx: Transaction, address: str) -> list[Any]:
    """Return what the ledger says of the recipient of an address, oldest first."""
    return queries.consents_of(tx, address)
