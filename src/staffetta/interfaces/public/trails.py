"""Where the links of sendings lead, kept in memory: a click asks the database nothing."""

from typing import NamedTuple

from staffetta.accounts import account_of_id, require_open
from staffetta.campaigns import Trail, UnknownLink, location, trail_of
from staffetta.db import Database, DatabaseUnavailable

# For so long an account that was closed, or a message that was deleted, still leads people on.
GOOD_SECONDS = 10.0
# Sendings and links, of some hundred octets each: messages without links are sent as well.
MOST_KEPT = 50_000


class Known(NamedTuple):
    """What is known of a sending: its trail, where each link leads that is the same for everybody, until when."""

    trail: Trail
    locations: dict[str, bytes]
    good_until: float


class Trails:
    """The trails of the sendings that were asked for last, each good for some seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[tuple[int, int], Known] = {}
        self._size = 0

    def peek(self, account_id: int, sending_id: int, now: float) -> Known | None:
        """Return what is known of a sending, if it is good; never touches the database."""
        known = self._kept.get((account_id, sending_id))
        return known if known is not None and known.good_until > now else None

    async def find(self, account_id: int, sending_id: int, now: float) -> Known:
        """Return what is known of a sending, read anew; what was known of it while the database is away.

        Raises:
            UnknownLink, UnknownAccount: there is no such sending or account.
            AccountClosed: the account is not active.
            DatabaseUnavailable: the database is away, and nothing was known.

        """
        key = (account_id, sending_id)
        try:
            account = await account_of_id(self._database, account_id)
            require_open(account)
            trail = await self._database.read(account_id, trail_of, sending_id)
        except DatabaseUnavailable:
            known = self._kept.get(key)
            if known is None:
                raise
            return known
        known = Known(trail, dict(_located(trail)), now + GOOD_SECONDS)
        self._keep(key, known)
        return known

    def _keep(self, key: tuple[int, int], known: Known) -> None:
        before = self._kept.pop(key, None)
        self._size += _size(known) - (_size(before) if before else 0)
        self._kept[key] = known
        while self._size > MOST_KEPT and len(self._kept) > 1:
            self._size -= _size(self._kept.pop(next(iter(self._kept))))


def _size(known: Known) -> int:
    return 1 + len(known.trail.destinations)


def _located(trail: Trail) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for number, (url, personal) in trail.destinations.items():
        if not personal:
            try:
                found.append((str(number), location(url).encode("ascii")))
            except UnknownLink:
                continue
    return found
