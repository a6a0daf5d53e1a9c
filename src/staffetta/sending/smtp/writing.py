"""Many small pieces into few writes, a large content in slices, and neither faster than the peer reads."""

from collections.abc import Sequence

from staffetta.sending.smtp.wire import Wire

# Pieces are joined up to this size: a system call costs more than the copying, and the peer can work on one while the
# next is made. A content longer than this is sliced, not copied.
WRITE_OCTETS = 65_536


class Writer:
    """Collects what is said in one exchange; `handed` counts the contents whose last octet was handed over."""

    def __init__(self, wire: Wire) -> None:
        self.handed = 0
        self._wire = wire
        self._pieces: list[bytes] = []
        self._octets = 0
        self._patience: list[float] = []
        self._contents = 0

    def say(self, octets: bytes, patience: Sequence[float]) -> None:
        """Collect commands; one reply for each of `patience` will be awaited."""
        self._pieces.append(octets)
        self._patience += patience

    async def say_content(self, content: bytes, end: bytes = b"") -> None:
        """Collect a content and the octets that end it; hand over what is enough for a write.

        Raises:
            ConnectionBroken: the connection is lost.

        """
        octets = len(content)
        if octets >= WRITE_OCTETS:
            content = await self._slice(content)
        self._pieces.append(content)
        self._pieces.append(end)
        self._contents += 1
        self._octets += octets
        if self._octets >= WRITE_OCTETS:
            await self.flush()

    async def flush(self) -> None:
        """Hand over what was collected, unless the peer has said that it wants no more.

        Raises:
            ConnectionBroken: the connection is lost, and nothing of this has left.

        """
        await self._wire.writable()
        if self._wire.farewell:
            return
        self._wire.hand_over(b"".join(self._pieces), self._patience)
        self.handed += self._contents
        self._pieces, self._patience, self._octets, self._contents = [], [], 0, 0

    async def _slice(self, content: bytes) -> bytes:
        """Hand over a content in slices; return its end, which goes with what ends it."""
        await self.flush()
        view = memoryview(content)
        kept = len(content) - WRITE_OCTETS // 2
        for start in range(0, kept, WRITE_OCTETS):
            await self._wire.writable()
            if self._wire.farewell:
                break
            self._wire.hand_over(view[start : min(start + WRITE_OCTETS, kept)])
        return content[kept:]
