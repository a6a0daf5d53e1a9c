"""Warming up: a relay that nobody knows yet gets little mail on its first day, then twice as much every day."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from staffetta.settings import Relay

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(now: datetime) -> int:
    """Return the day, in UTC, as it is counted."""
    return (now - EPOCH).days


def allowance(relay: Relay, days: Iterable[tuple[int, int]], today: int) -> int | None:
    """Return how many messages a relay may get today, given what it got on which days. None: it is warm.

    Only a day that used half of what it was allowed counts: what nobody has seen makes nobody known.
    """
    if not relay.warmup:
        return None
    allowed = relay.warmup
    for day, messages in sorted(days):
        if day < today and messages * 2 >= allowed:
            allowed *= 2
    return allowed if allowed <= relay.warmup_until else None
