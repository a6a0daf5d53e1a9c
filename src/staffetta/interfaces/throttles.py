"""How often who may call: moving windows, in memory or in Redis/Valkey when several processes serve."""

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from staffetta.settings import Settings


class Throttles:
    """The throttles in force; with `STAFFETTA_LIMITS=off` none is."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.limited
        self._limiter = MovingWindowRateLimiter(storage_from_string(settings.limits_storage))
        self._subscribe = (
            RateLimitItemPerMinute(settings.subscribe_per_minute),
            RateLimitItemPerHour(settings.subscribe_per_hour),
            RateLimitItemPerDay(settings.subscribe_per_day),
        )
        self._requests = (RateLimitItemPerHour(settings.confirmations_per_network_per_hour),)

    def may_subscribe(self, account_id: int, page: str) -> bool:
        """Count a call of a subscribe page; False when the account has used up the page's quota (contract 9.8)."""
        return self._count(self._subscribe, str(account_id), page)

    def may_ask(self, account_id: int, network: str) -> bool:
        """Count a confirmation request caused by a caller's network; False when that network has caused too many."""
        return self._count(self._requests, str(account_id), "ask", network)

    def _count(self, limits: tuple[RateLimitItem, ...], *who: str) -> bool:
        if not self._on:
            return True
        # All are tested before any is counted: a refused call uses up nothing.
        return all(self._limiter.test(limit, *who) for limit in limits) and all(
            self._limiter.hit(limit, *who) for limit in limits
        )
