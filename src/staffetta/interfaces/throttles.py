"""How often who may call: moving windows, in memory or in Redis/Valkey when several processes serve."""

import math
import time

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
        window = settings.sign_in_window_minutes
        self._failures_of_login = RateLimitItemPerMinute(settings.sign_in_failures_per_login, window)
        self._failures_of_network = RateLimitItemPerMinute(settings.sign_in_failures_per_network, window)

    def may_subscribe(self, account_id: int, page: str) -> bool:
        """Count a call of a subscribe page; False when the account has used up the page's quota (contract 9.8)."""
        return self._count(self._subscribe, str(account_id), page)

    def may_ask(self, account_id: int, network: str) -> bool:
        """Count a confirmation request caused by a caller's network; False when that network has caused too many."""
        return self._count(self._requests, str(account_id), "ask", network)

    def seconds_until_sign_in(self, login: str, network: str) -> int:
        """Return how long nobody may sign in by this login, or from this network; 0 while they may. Counts nothing."""
        if not self._on:
            return 0
        return max(self._seconds_until_free(limit, *who) for limit, *who in self._sign_ins(login, network))

    def sign_in_failed(self, login: str, network: str) -> None:
        """Count a wrong password; a right one takes nothing back, or whoever logs in often would free the guesser."""
        if self._on:
            for limit, *who in self._sign_ins(login, network):
                self._limiter.hit(limit, *who)

    def _sign_ins(self, login: str, network: str) -> list[tuple[RateLimitItem, str, str]]:
        of_login = (self._failures_of_login, "sign-in", login)
        # A caller whose address nobody knows, as over a Unix socket, shares it with everybody.
        return [of_login, (self._failures_of_network, "sign-in-from", network)] if network else [of_login]

    def _seconds_until_free(self, limit: RateLimitItem, *who: str) -> int:
        window = self._limiter.get_window_stats(limit, *who)
        return max(1, math.ceil(window.reset_time - time.time())) if window.remaining <= 0 else 0

    def _count(self, limits: tuple[RateLimitItem, ...], *who: str) -> bool:
        if not self._on:
            return True
        # All are tested before any is counted: a refused call uses up nothing.
        return all(self._limiter.test(limit, *who) for limit in limits) and all(
            self._limiter.hit(limit, *who) for limit in limits
        )
