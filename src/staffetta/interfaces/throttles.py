"""How often who may subscribe, ask for confirmations and try passwords."""

import asyncio
import math

from staffetta.interfaces.limiting import Key, Limit, counter_of
from staffetta.interfaces.policy import HOUR, MINUTE, Family, by_method, key_of, rules
from staffetta.settings import Settings

# A check takes 64 MiB and a tenth of a second of several cores: more at once would starve everything else.
PASSWORDS_AT_ONCE = 2


class Throttles:
    """The throttles in force; with `STAFFETTA_LIMITS=off` none is."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.limited
        self.password_slots = asyncio.Semaphore(PASSWORDS_AT_ONCE)
        self._counter = counter_of(settings.limits_storage)
        self._subscribe = by_method(rules(settings))[Family.FORMS, "subscribe.aspx"].limits
        self._requests = Limit(settings.confirmations_per_network_per_hour, HOUR)
        self._activations = Limit(settings.activations_per_network_per_hour, HOUR)
        window = settings.sign_in_window_minutes * MINUTE
        self._failures_of_login = Limit(settings.sign_in_failures_per_login, window)
        self._failures_of_network = Limit(settings.sign_in_failures_per_network, window)

    def may_subscribe(self, account_id: int, page: str) -> bool:
        """Count a call of a subscribe page; False when the account has used up the page's quota (contract 9.8)."""
        limits = self._subscribe
        return self._count([(key_of(account_id, Family.FORMS, page, limit), limit) for limit in limits])

    def may_ask(self, account_id: int, network: str) -> bool:
        """Count a confirmation request caused by a caller's network; False when that network has caused too many."""
        return self._count([((str(account_id), "ask", network), self._requests)])

    def may_activate(self, network: str) -> bool:
        """Count a request for an account; False when the caller's network has asked for too many."""
        return self._count([(("activate", network), self._activations)])

    def seconds_until_sign_in(self, login: str, network: str) -> int:
        """Return how long nobody may sign in by this login, or from this network; 0 while they may. Counts nothing."""
        if not self._on:
            return 0
        return max(
            math.ceil(self._counter.seconds_until_free(key, limit)) for key, limit in self._sign_ins(login, network)
        )

    def sign_in_failed(self, login: str, network: str) -> None:
        """Count a wrong password; a right one takes nothing back, or whoever logs in often would free the guesser."""
        if self._on:
            for key, limit in self._sign_ins(login, network):
                self._counter.take(key, limit)

    def _sign_ins(self, login: str, network: str) -> list[tuple[Key, Limit]]:
        of_login = (("sign-in", login), self._failures_of_login)
        # A caller whose address nobody knows, as over a Unix socket, shares it with everybody.
        return [of_login, (("sign-in-from", network), self._failures_of_network)] if network else [of_login]

    def _count(self, counted: list[tuple[Key, Limit]]) -> bool:
        if not self._on:
            return True
        # All are tested before any is counted: a refused call uses up nothing.
        return not any(self._counter.seconds_until_free(key, limit) for key, limit in counted) and not any(
            self._counter.take(key, limit) for key, limit in counted
        )
