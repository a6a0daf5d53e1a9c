"""How often a user may call a resource: what comes too fast waits for a while before it is refused (contract 4.2)."""

from staffetta.interfaces.limiting import Key, Limiter, LimitReached, counter_of
from staffetta.interfaces.policy import REST_PATIENCE_SECONDS as PATIENCE_SECONDS
from staffetta.interfaces.policy import Family, Rule, by_method, rules
from staffetta.interfaces.rest.errors import TooManyCalls
from staffetta.settings import Settings

__all__ = ["PATIENCE_SECONDS", "Key", "Shaper"]


class Shaper:
    """Lets calls through as fast as is allowed; a key is an application, a user and a resource."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.limited
        self._limiter = Limiter(counter_of(settings.limits_storage))
        self._rules = by_method(rules(settings))

    def admits(self, key: Key) -> bool:
        """Tell whether a call may go ahead at once, and count it if so; those that wait go first."""
        limits = self._rule_of(key).limits
        return not self._on or not limits or self._limiter.admits(key, limits[0])

    async def wait(self, key: Key) -> None:
        """Return when a call that was not admitted may go ahead, those that came first before the others.

        Raises:
            TooManyCalls: it had to wait for too long.

        """
        rule = self._rule_of(key)
        limit = rule.limits[0]
        try:
            await self._limiter.wait(key, limit, patience_seconds=rule.patience_seconds)
        except LimitReached as refusal:
            actual = limit.most + refusal.waiting + 1
            raise TooManyCalls(most=limit.most, actual=actual, seconds=limit.seconds) from refusal

    def _rule_of(self, key: Key) -> Rule:
        return self._rules.get((Family.REST, key[-1].lower())) or self._rules[Family.REST, ""]
