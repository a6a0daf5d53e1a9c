"""Rows as they are kept until their turn: packed in chunks, each small enough for a short transaction."""

from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from staffetta.recipients import ImportRow

# About ten milliseconds of work: the least that sign-ups have to wait behind.
ROWS_IN_CHUNK = 500

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, str, str, str, dict[str, str | None] | None]]).decode


class Packed(msgspec.Struct, frozen=True):
    """Rows in chunks, ready to be stored, and how many they are."""

    chunks: Sequence[bytes]
    rows: int


def pack(rows: Iterable[ImportRow]) -> Packed:
    """Pack rows; for large imports in a thread, before the transaction that stores them."""
    chunks: list[bytes] = []
    count = 0
    left = iter(rows)
    while part := list(islice(left, ROWS_IN_CHUNK)):
        chunks.append(_encode(part))
        count += len(part)
    return Packed(chunks, count)


def unpack(chunk: bytes) -> list[ImportRow]:
    """Return the rows of a chunk; they are plain tuples, which is all that the work on them needs."""
    return _decode(chunk)  # type: ignore[return-value]
