"""How much may leave now: for a relay, for an account, for a recipient domain, and on a day of warming up.

State and rules, without a database and without a clock: `now` is an argument. What several senders have to know of each
other travels as `News` and `Known` (`sending/pacing_queries.py`). A limit is for all senders together; each takes its
share of it, by how many are alive.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from staffetta.sending import smtp
from staffetta.sending.slowing import Scope, SlowDomain, asks_to_slow, rate_at, slower
from staffetta.sending.warming import allowance, day_of
from staffetta.settings import Relay, Settings

# After a rest, what was not used of so many seconds may leave at once.
BURST_SECONDS: Final = 1.0
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.02, 60.0
# A domain's mails wait at most so long before it is asked again whether things are better.
FARTHEST: Final = timedelta(hours=1)
# Domains with nothing to remember are forgotten when there are so many; about 10 MB.
MOST_QUEUES: Final = 50_000
# What a floating-point sum of waits may lack of a whole message.
TOLERANCE: Final = 1e-6


class News(NamedTuple):
    """What a sender has found out since it last said so."""

    slow: tuple[SlowDomain, ...]
    sent: tuple[tuple[str, int], ...]


class Known(NamedTuple):
    """What the database knows: how many senders are alive, who is spared, what relays got on which days."""

    senders: int
    slow: tuple[SlowDomain, ...]
    days: tuple[tuple[str, int, int], ...]


class Bucket:
    """Messages that may leave at once, refilled at a rate that may change."""

    __slots__ = ("at", "level")

    def __init__(self) -> None:
        self.level = math.inf
        self.at = -math.inf

    def refill(self, rate: float, at: float) -> float:
        """Return how many messages may leave at `at`, in seconds since 1970, at `rate` a second."""
        most = max(1.0, rate * BURST_SECONDS)
        passed = max(0.0, at - self.at) if self.level < most else 0.0
        self.level = min(most, self.level + passed * rate)
        self.at = at
        return self.level


class Queue(Bucket):
    """A domain's messages: those that may leave, and when the next of those that wait is due."""

    __slots__ = ("next_at",)

    def __init__(self) -> None:
        super().__init__()
        self.next_at = -math.inf

    def slot(self, rate: float, at: float, farthest: float) -> float | None:
        """Return None if a message may leave now, else when it is due again; no slot is given twice before `farthest`.

        A message that comes back when it is due asks again, so that a slot that nobody used is not lost.
        """
        if self.refill(rate, at) >= 1.0 - TOLERANCE:
            self.level -= 1.0
            return None
        slot = max(self.next_at, at + (1.0 - self.level) / rate)
        if slot >= farthest:
            return farthest
        self.next_at = slot + 1.0 / rate
        return slot

    def is_idle(self, at: float) -> bool:
        """Whether a new queue would answer the same."""
        return self.next_at <= at and at - self.at > LONGEST_WAIT_SECONDS


class WarmUp:
    """How much of today's allowance is left to this sender, and what it has used that nobody has been told of."""

    __slots__ = ("left", "untold")

    def __init__(self) -> None:
        self.left = 0
        self.untold = 0


class Pacer:
    """What one sender may hand over; until `learn` was called a relay that warms up gets nothing.

    A crash forgets at most what was not told yet, and what the domains' queues were planned for: their mails are due
    when it was said, and queue again.
    """

    def __init__(self, settings: Settings, relays: Sequence[Relay]) -> None:
        self._account_rate, self._domain_rate = float(settings.account_rate), float(settings.domain_rate)
        self._warming_relays = {relay.name: relay for relay in relays if relay.warmup}
        self._warming = {name: WarmUp() for name in self._warming_relays}
        self._limited = bool(settings.account_rate or settings.domain_rate or any(relay.rate for relay in relays))
        self._relays: dict[str, Bucket] = {}
        self._accounts: dict[int, Bucket] = {}
        self._queues: dict[tuple[str, str], Queue] = {}
        self._most_queues = MOST_QUEUES
        self._slow: dict[str, dict[str, SlowDomain]] = {}
        self._untold: dict[tuple[str, str], SlowDomain] = {}
        self._senders = 1
        self._waits: dict[tuple[str, int], float] = {}
        self._set_idle()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is limited, so that nothing of this need be asked."""
        return self._idle

    @property
    def warming_relays(self) -> tuple[str, ...]:
        """The relays whose days have to be known."""
        return tuple(self._warming_relays)

    def take(self, relay: Relay, account_id: int, most: int, now: datetime) -> int:
        """Return how many messages, up to `most`, may be handed over now; they count as handed over.

        An `account_id` of 0 stands for several accounts, whose own limits are not looked at.
        """
        if self._idle:
            return most
        granted, wait, at = most, 0.0, now.timestamp()
        buckets = self._buckets(relay, account_id, now)
        for bucket, rate in buckets:
            level = bucket.refill(rate, at) + TOLERANCE
            granted = min(granted, int(level))
            wait = max(wait, (1.0 - level) / rate)
        warming = self._warming.get(relay.name)
        if warming:
            granted = min(granted, warming.left)
            wait = wait if warming.left else LONGEST_WAIT_SECONDS
        for bucket, _ in buckets:
            bucket.level -= granted
        if warming:
            warming.left -= granted
            warming.untold += granted
        self._waits[relay.name, account_id] = wait
        return granted

    def give_back(self, relay: Relay, account_id: int, count: int) -> None:
        """Say that so many of what was taken were not handed over after all."""
        if self._idle or not count:
            return
        for bucket in (self._relays.get(relay.name), self._accounts.get(account_id)):
            if bucket:
                bucket.level += count
        warming = self._warming.get(relay.name)
        if warming:
            warming.left += count
            warming.untold -= count

    def wait_for(self, relay: Relay, account_id: int) -> float:
        """Return in how many seconds there is something to take again, after `take` gave nothing."""
        wait = self._waits.get((relay.name, account_id), 0.0)
        return min(max(wait, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)

    def slots(self, relay: Relay, domains: Sequence[str], now: datetime) -> list[datetime | None]:
        """Return for a message to each domain None if it may leave now, else when it is due again.

        What is put off should be given back, and counts as no attempt.
        """
        slow = self._slow.get(relay.name, {})
        if not self._domain_rate and not slow:
            return [None] * len(domains)
        at = now.timestamp()
        plans: dict[str, tuple[float, float]] = {}
        found: list[datetime | None] = []
        for domain in domains:
            rate, farthest = plans.get(domain) or plans.setdefault(domain, self._plan(slow.get(domain), now))
            slot = self._queue(relay.name, domain, at).slot(rate, at, farthest) if rate else None
            found.append(None if slot is None else now + timedelta(seconds=slot - at))
        return found

    def heard(self, relay: Relay, domain: str, outcome: smtp.Outcome, *, now: datetime) -> SlowDomain | None:
        """Heed what a relay answered for a recipient of a domain; return what is spared more from now on, if anything.

        Only a 4xx can ask for it (`sending/slowing.py`); to call it with every outcome does no harm.
        """
        scope = asks_to_slow(outcome) if isinstance(outcome, smtp.Deferred) else None
        if scope is None or not isinstance(outcome, smtp.Deferred):
            return None
        about = domain if scope is Scope.DOMAIN else ""
        usual = (self._domain_rate if about else relay.rate) * 60
        known = self._slow.get(relay.name, {}).get(about)
        slow = slower(known, relay.name, about, reply=str(outcome.reply), usual=usual, now=now)
        if slow:
            self._slow.setdefault(relay.name, {})[about] = slow
            self._untold[relay.name, about] = slow
            self._set_idle()
        return slow

    def news(self) -> News | None:
        """Return what other senders and operators have to be told, if there is anything; `told` when they know."""
        sent = tuple((name, warming.untold) for name, warming in self._warming.items() if warming.untold)
        return News(tuple(self._untold.values()), sent) if self._untold or sent else None

    def told(self, news: News) -> None:
        """Say that news were committed."""
        for name, count in news.sent:
            if name in self._warming:
                self._warming[name].untold -= count
        for slow in news.slow:
            if self._untold.get((slow.relay, slow.domain)) == slow:
                del self._untold[slow.relay, slow.domain]

    def learn(self, known: Known, *, now: datetime) -> None:
        """Take over what the database knows; what it has not been told yet stays.

        To be called at the start and every few seconds. Of a day's allowance each sender gets its share of what is
        left. Together they can hand over more than that by what the others still had when one of them looked: at
        worst nearly as much again, where they look in turn and use it all at once; never with one sender.
        """
        self._senders = max(1, known.senders)
        self._slow = {}
        for slow in (*known.slow, *self._untold.values()):
            if rate_at(slow, now) is not None:
                self._slow.setdefault(slow.relay, {})[slow.domain] = slow
        today = day_of(now)
        for name, relay in self._warming_relays.items():
            days = [(day, messages) for of, day, messages in known.days if of == name]
            allowed = allowance(relay, days, today)
            if allowed is None:
                self._warming.pop(name, None)
                continue
            warming = self._warming.setdefault(name, WarmUp())
            left = allowed - sum(messages for day, messages in days if day == today) - warming.untold
            warming.left = max(0, math.ceil(left / self._senders))
        self._set_idle()

    def _buckets(self, relay: Relay, account_id: int, now: datetime) -> list[tuple[Bucket, float]]:
        spared = self._slow.get(relay.name, {}).get("")
        found = []
        rate = _least(relay.rate / self._senders, self._spared_rate(spared, now))
        if rate:
            found.append((self._relays.setdefault(relay.name, Bucket()), rate))
        if self._account_rate and account_id:
            found.append((self._accounts.setdefault(account_id, Bucket()), self._account_rate / self._senders))
        return found

    def _spared_rate(self, spared: SlowDomain | None, now: datetime) -> float:
        """Return the messages a second that this sender may hand over to one that is spared; 0 for any number."""
        a_minute = rate_at(spared, now) if spared else None
        return a_minute / 60 / self._senders if a_minute else 0.0

    def _plan(self, spared: SlowDomain | None, now: datetime) -> tuple[float, float]:
        """Return the messages a second to a domain, 0 for any number, and until when they are planned."""
        usual = self._domain_rate / self._senders
        farthest = now + FARTHEST
        if spared and not usual:
            # When its time is over it is faster: it is not planned beyond.
            farthest = min(farthest, max(spared.until, now + timedelta(minutes=1)))
        return _least(usual, self._spared_rate(spared, now)), farthest.timestamp()

    def _queue(self, relay: str, domain: str, at: float) -> Queue:
        queue = self._queues.get((relay, domain))
        if queue is None:
            if len(self._queues) >= self._most_queues:
                self._queues = {key: each for key, each in self._queues.items() if not each.is_idle(at)}
                self._most_queues = max(MOST_QUEUES, 2 * len(self._queues))
            queue = self._queues[relay, domain] = Queue()
        return queue

    def _set_idle(self) -> None:
        self._idle = not (self._limited or self._warming or any(self._slow.values()))


def _least(usual: float, spared: float) -> float:
    """Return the lower of two rates, of which 0 is none."""
    return min(usual or spared, spared or usual)
