"""How often links to choose another password are asked for."""

from staffetta.errors import ResourceExhausted
from staffetta.interfaces.limiting import Limit, counter_of
from staffetta.interfaces.policy import HOUR
from staffetta.settings import Settings

# More people than this behind one network do not forget their passwords in an hour.
RESETS_OF_NETWORK = Limit(30, HOUR)


class TooManyResets(ResourceExhausted):
    """A caller's network has asked for too many links."""


class ResetThrottle:
    """How often links are asked for from one network."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.limited
        self._counter = counter_of(settings.limits_storage)

    def count(self, network: str) -> None:
        """Count a request; raises TooManyResets."""
        if self._on and network and self._counter.take(("reset", network), RESETS_OF_NETWORK) > 0:
            raise TooManyResets("too many links were asked for from this network")
