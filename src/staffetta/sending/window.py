"""How much may be in talk at once, and how many connections share it."""

from time import monotonic, thread_time

# How often it is looked whether other numbers of connections would do better.
LOOK_SECONDS = 0.1
# Where the event loop's thread works so much of the time, more connections only mean smaller batches; where it works
# so little, it waits: for relays, of which more can be waited for at once, or for the database, which has less to do
# where batches are larger.
BUSY, IDLE = 0.7, 0.4
# The part of their time for which connections that wait for the relay wait for it, and of those that do not.
FOR_RELAY, FOR_DATABASE = 0.5, 0.3


class Window:
    """The deliveries that a process may have in talk; those who hold some give them back when these are recorded."""

    def __init__(self, size: int) -> None:
        self.free = size

    def reserve(self, held: int, most: int) -> int:
        """Let somebody who records `held` deliveries claim `most` with the same commit; return how many it may be.

        All that is held then, `held` or what was granted if that is more, is given back by `settle`.
        """
        more = min(max(0, most - held), self.free)
        self.free -= more
        return min(most, held + more)

    def settle(self, held: int, granted: int, claimed: int) -> None:
        """Say what was claimed by a commit, and that those held before are recorded."""
        self.free += max(held, granted) - claimed


class Crew:
    """The connections of a relay that send: as few as keep this process busy, as many as wait for the relay.

    A batch costs the same few statements and one commit however large it is, so that fewer and larger batches are
    faster until it is the relay that takes its time.
    """

    def __init__(self, connections: int, share: int) -> None:
        """Begin with all connections of a relay, which may have `share` deliveries in talk, all together."""
        self.wanted = connections
        self.active = 0
        self._leaving = 0
        self._connections = connections
        self._share = share
        self._begin()

    @property
    def batch(self) -> int:
        """How many deliveries each of them takes at once."""
        return -(-self._share // self.wanted)

    @property
    def is_full(self) -> bool:
        """Whether one more would be too many."""
        return self.active >= self.wanted

    def join(self) -> bool:
        """Take part, if one more is wanted; who does leaves at the end."""
        if self.is_full:
            return False
        if not self.active:  # what was before the first one says nothing
            self._begin()
        self.active += 1
        return True

    def gives_up_one(self) -> bool:
        """Tell whoever asks whether to leave: as many are told so as there are too many."""
        if self.active <= self.wanted:
            return False
        self.active -= 1
        self._leaving += 1
        return True

    def leave(self) -> None:
        """Take part no more."""
        if self._leaving:
            self._leaving -= 1
        else:
            self.active -= 1

    def _begin(self) -> None:
        self._since, self._worked, self._talked = monotonic(), thread_time(), 0.0

    def look(self, *, streams: bool, talked: float) -> None:
        """See how busy the event loop's thread was, and let more or fewer connections take part.

        `talked` is for how many seconds a connection has waited for the relay since it looked last.
        `streams` is whether a batch goes to this relay as one stream (RFC 2920 with RFC 3030). Where each command, or
        each message, waits for its reply all of them take part: while one waits another is busy.
        """
        if not streams:
            self.wanted = self._connections
            return
        now = monotonic()
        self._talked += talked
        passed = now - self._since
        if passed < LOOK_SECONDS:
            return
        worked = thread_time()
        works = (worked - self._worked) / passed
        waits = self._talked / (passed * max(1, self.active))
        self._begin()
        if works > BUSY or waits < FOR_DATABASE:
            self.wanted = max(1, self.wanted - 1)
        elif works < IDLE and waits > FOR_RELAY:
            self.wanted = min(self._connections, 2 * self.wanted)
