"""The ledger of consent: every change of status with its proof, chained so that nobody can rewrite it unseen.

Entries are written in the transaction of the change and sealed into the account's chain afterwards, in batches, so
that sign-ups never queue for the head of the chain. An entry's place is the order of its sealing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from staffetta.db import Connection, Transaction, brief, to_microseconds
from staffetta.recipients import ledger_queries as queries
from staffetta.recipients.counting import count_changes
from staffetta.recipients.model import Cause, Channel, Evidence, Status

GENESIS = bytes(32)
MOST_AT_ONCE = 2_000
_encode = msgspec.json.Encoder().encode


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
    """Give the account's unsealed entries their places in its chain, and count who stands where; return how many."""
    head = queries.lock_head(tx)
    position, chain = (head.position, bytes(head.chain)) if head else (0, GENESIS)
    entries = queries.unsealed(tx, most=most)
    seals = [
        {
            "of_recipient": entry.recipient_id,
            "of_id": entry.id,
            "new_position": position,
            "new_digest": digest,
            "new_chain": chain,
        }
        for entry, (position, digest, chain) in zip(
            entries, _seals(map(queries.said_by, entries), position, chain), strict=True
        )
    ]
    if seals:
        queries.seal(tx, seals)
        queries.move_head(tx, position + len(seals), seals[-1]["new_chain"], is_first=head is None)
        changed = defaultdict(list)
        for each in entries:
            changed[each.list_id, each.channel, each.old_status, each.new_status].append(each.recipient_id)
        count_changes(tx, changed.items())
    return len(seals)


class Move(NamedTuple):
    """A change of status on one list and channel, which many people can have in common."""

    list_id: int
    channel: Channel
    old_status: Status
    new_status: Status
    cause: Cause | None = None


def append(
    tx: Transaction, moves: Mapping[Move, Sequence[tuple[int, str]]], *, evidence: Evidence, now: datetime
) -> None:
    """Write down moves of one origin, each with id and address of whom it is about, sealed at once.

    For imports, which move thousands in one transaction. Holds the head of the chain until the transaction ends.
    """
    total = sum(map(len, moves.values()))
    if not total:
        return
    head = queries.lock_head(tx)
    position, chain = (head.position, bytes(head.chain)) if head else (0, GENESIS)
    proof = (int(evidence.source), evidence.ip, evidence.user_agent, evidence.wording, to_microseconds(now))
    entry_ids = iter(tx.take_ids("consent", total))
    for move, people in moves.items():
        shared = (*(None if each is None else int(each) for each in move), *proof)
        said = [
            (tx.account_id, entry_id, *person, *shared) for person, entry_id in zip(people, entry_ids, strict=False)
        ]
        seals = list(_seals(said, position, chain))
        queries.insert_sealed(tx, [(*entry[1:4], *seal) for entry, seal in zip(said, seals, strict=True)], shared)
        position, _, chain = seals[-1]
    queries.move_head(tx, position, chain, is_first=head is None)
    count_changes(tx, ((move[:4], [recipient_id for recipient_id, _ in people]) for move, people in moves.items()))


def forget(tx: Transaction, recipient_id: int, *, evidence: Evidence, now: datetime) -> None:
    """Take a person out of the ledger: its entries keep their digests and places, and lose address and proof.

    That it was done, when and by whose call, is an entry itself; without one an empty entry is a fault.
    """
    while seal(tx):
        pass
    queries.blank(tx, recipient_id)
    erasure = Move(0, Channel.EMAIL, Status.NOT_REGISTERED, Status.NOT_REGISTERED, Cause.ERASURE)
    append(tx, {erasure: [(recipient_id, "")]}, evidence=evidence, now=now)


def verify(tx: Transaction) -> Iterator[Fault | int]:
    """Recompute the account's chain; yield the number of entries seen so far after each batch, and every fault.

    What an erased person's entries said cannot be recomputed; their digests hold the chain together all the same.
    """
    head = queries.head(tx)
    erased = queries.erased(tx)
    position, chain = 0, GENESIS
    while entries := queries.sealed_after(tx, position, most=MOST_AT_ONCE):
        for entry in entries:
            if entry.position != position + 1:
                yield Fault(position + 1, "the entry is missing")
            blank = entry.recipient_id in erased and not (entry.address or entry.wording)
            if not blank and digest_of(queries.said_by(entry)) != bytes(entry.digest):
                yield Fault(entry.position, "the entry was changed after it was sealed")
            if link(chain, entry.position, bytes(entry.digest)) != bytes(entry.chain):
                yield Fault(entry.position, "the entry does not follow the one before it")
            position, chain = entry.position, bytes(entry.chain)
        yield position
    if head and position < head.position:
        yield Fault(position + 1, "the entry is missing")


def _seals(said: Iterable[tuple[Any, ...]], position: int, chain: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield place, digest and chain of each entry after one, by what they say."""
    for entry in said:
        position += 1
        digest = digest_of(entry)
        chain = link(chain, position, digest)
        yield position, digest, chain


def digest_of(said: tuple[Any, ...]) -> bytes:
    """Return the SHA-256 of what an entry says: the JSON array of its columns, instants in microseconds."""
    return sha256(_encode(said)).digest()


def link(chain: bytes, position: int, digest: bytes) -> bytes:
    """Return the chain's hash after an entry."""
    return sha256(chain + position.to_bytes(8, "big") + digest).digest()


def head(tx: Transaction) -> str:
    """Return the chain's last value in hexadecimal: whoever keeps it elsewhere can tell a chain that was made anew."""
    last = queries.head(tx)
    return bytes(last.chain).hex() if last else ""


def history(tx: Transaction, address: str) -> list[Any]:
    """Return what the ledger says of the recipient of an address, oldest first."""
    return queries.consents_of(tx, address)
