"""How much leaves: by a clock that the tests turn."""

from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

import pytest

from staffetta.sending import smtp
from staffetta.sending.pacing import MOST_QUEUES, Known, News, Pacer
from staffetta.sending.warming import day_of
from staffetta.settings import Relay, Settings

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RELAY = Relay("relay.example")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SLOW_DOWN = smtp.Deferred(smtp.Reply(450, "4.7.1 rate limited"), "RCPT")
NOTHING = Known(senders=1, slow=(), days=())


def pacer(relay: Relay = RELAY, **settings: int) -> Pacer:
    return Pacer(Settings(**settings), [relay])


def test_without_limits_nothing_is_asked_and_everything_goes():
    idle = pacer()

    assert idle.is_idle
    assert idle.take(RELAY, 1, 1_000, NOON) == 1_000
    assert idle.slots(RELAY, ["a.example"] * 3, NOON) == [None] * 3
    assert (idle.news(), idle.heard(RELAY, "a.example", smtp.Accepted(smtp.Reply(250, "ok")), now=NOON)) == (None, None)
    assert (idle._relays, idle._accounts, idle._queues) == ({}, {}, {})


@pytest.mark.parametrize(
    ("relay", "settings"),
    [
        (Relay("r.example", rate=1), {}),
        (Relay("r.example", warmup=1), {}),
        (RELAY, {"account_rate": 1}),
        (RELAY, {"domain_rate": 1}),
    ],
)
def test_any_limit_has_to_be_asked_for(relay, settings):
    assert not pacer(relay, **settings).is_idle


def taken_in(pace: Pacer, relay: Relay, seconds: float, *, account_id: int = 0, most: int = 64) -> int:
    """Take as a sender does, waiting as long as it is told, and return how much that was."""
    now, total = NOON, 0
    while now < NOON + timedelta(seconds=seconds):
        granted = pace.take(relay, account_id, most, now)
        total += granted
        now += timedelta(seconds=0 if granted else pace.wait_for(relay, account_id))
        if granted:
            now += timedelta(milliseconds=1)
    return total


@pytest.mark.parametrize(("rate", "seconds"), [(0.5, 600), (1, 100), (10, 60), (1_000, 10), (20_000, 2)])
def test_a_relay_gets_its_rate_and_one_second_s_worth_more(rate, seconds):
    relay = Relay("r.example", rate=rate)

    taken = taken_in(pacer(relay), relay, seconds)

    assert rate * seconds * 0.97 <= taken <= rate * (seconds + 1) + 1


def test_an_account_has_its_own_rate_and_several_together_have_none():
    pace = pacer(account_rate=10)

    assert pace.take(RELAY, 1, 64, NOON) == 10
    assert pace.take(RELAY, 2, 64, NOON) == 10
    assert pace.take(RELAY, 1, 64, NOON) == 0
    assert pace.wait_for(RELAY, 1) == pytest.approx(0.1, abs=0.001)
    assert pace.take(RELAY, 0, 64, NOON) == 64


def test_the_narrower_limit_holds():
    relay = Relay("r.example", rate=5)
    pace = pacer(relay, account_rate=3)

    assert pace.take(relay, 1, 64, NOON) == 3
    assert pace.take(relay, 2, 64, NOON) == 2
    assert pace.take(relay, 3, 64, NOON) == 0


def test_what_was_not_handed_over_is_given_back():
    relay = Relay("r.example", rate=10)
    pace = pacer(relay)
    pace.take(relay, 0, 64, NOON)

    pace.give_back(relay, 0, 4)

    assert pace.take(relay, 0, 64, NOON) == 4


def test_a_limit_is_for_all_senders_together():
    relay = Relay("r.example", rate=100)
    pace = pacer(relay, account_rate=40)
    pace.learn(NOTHING._replace(senders=4), now=NOON)

    assert pace.take(relay, 0, 64, NOON) == 25
    assert pace.take(relay, 1, 64, NOON + SECOND) == 10


def test_a_clock_that_is_set_back_stops_nothing():
    relay = Relay("r.example", rate=10)
    pace = pacer(relay)
    pace.take(relay, 0, 64, NOON)

    pace.take(relay, 0, 64, NOON - timedelta(hours=1))

    assert pace.take(relay, 0, 64, NOON - timedelta(hours=1) + SECOND) == 10


def test_messages_to_a_domain_get_slots_one_after_the_other():
    pace = pacer(domain_rate=2)

    slots = pace.slots(RELAY, ["a.example"] * 5 + ["b.example"], NOON)

    assert slots == [None, None, NOON + 0.5 * SECOND, NOON + SECOND, NOON + 1.5 * SECOND, None]


def test_each_relay_has_its_own_queue_for_a_domain():
    pace = pacer(domain_rate=1)
    pace.slots(RELAY, ["a.example"], NOON)

    assert pace.slots(Relay("other.example"), ["a.example"], NOON) == [None]


def simulate(pace: Pacer, domains: list[str], *, minutes: int) -> tuple[list[tuple[datetime, str]], int]:
    """Send as the engine does: claim 64 each 10 ms, those that are due first; hand over or put off."""
    fresh = deque(enumerate(domains))
    waiting: list[tuple[datetime, int, str]] = []
    sent, put_off, now = [], 0, NOON
    while now < NOON + minutes * MINUTE and (fresh or waiting):
        batch = []
        while waiting and waiting[0][0] <= now and len(batch) < 64:
            _, number, domain = heappop(waiting)
            batch.append((number, domain))
        while fresh and len(batch) < 64:
            batch.append(fresh.popleft())
        for (number, domain), slot in zip(batch, pace.slots(RELAY, [each for _, each in batch], now), strict=True):
            if slot is None:
                sent.append((now, domain))
            else:
                assert slot > now
                heappush(waiting, (slot, number, domain))
                put_off += 1
        now += timedelta(milliseconds=10)
        if not fresh and waiting and waiting[0][0] > now:
            now = waiting[0][0]
    return sent, put_off


def test_a_domain_gets_its_rate_whatever_else_there_is():
    pace = pacer(domain_rate=10)

    sent, put_off = simulate(pace, ["slow.example", "x1.example", "x2.example", "x3.example"] * 2_000, minutes=10)

    to_slow = [at for at, domain in sent if domain == "slow.example"]
    a_second = Counter(int((at - NOON).total_seconds()) for at in to_slow)
    assert len(sent) == 8_000
    assert timedelta(seconds=195) < to_slow[-1] - NOON < timedelta(seconds=230)
    assert max(a_second.values()) <= 20
    assert put_off < 3 * 8_000


def test_a_long_queue_is_asked_again_every_hour():
    pace = pacer(domain_rate=1)

    slots = pace.slots(RELAY, ["slow.example"] * 5_000, NOON)

    assert max(filter(None, slots)) == NOON + timedelta(hours=1)
    assert slots.count(NOON + timedelta(hours=1)) == pytest.approx(5_000 - 3_600, abs=2)


def test_domains_that_are_not_written_to_are_forgotten():
    pace = pacer(domain_rate=1)

    for number in range(4 * MOST_QUEUES // 1_000):
        now = NOON + 2 * number * MINUTE
        pace.slots(RELAY, [f"d{number}-{each}.example" for each in range(1_000)], now)

    assert len(pace._queues) <= MOST_QUEUES


def test_a_domain_that_asks_for_less_gets_less_and_the_others_do_not():
    pace = pacer()

    slow = pace.heard(RELAY, "slow.example", SLOW_DOWN, now=NOON)

    assert slow
    assert (slow.relay, slow.domain, slow.rate, slow.reply) == (
        "relay.example:25",
        "slow.example",
        60,
        "450 4.7.1 rate limited",
    )
    assert not pace.is_idle
    assert pace.slots(RELAY, ["slow.example"] * 3 + ["b.example"], NOON) == [
        None,
        NOON + SECOND,
        NOON + 2 * SECOND,
        None,
    ]
    assert pace.take(RELAY, 0, 64, NOON) == 64


def test_a_relay_that_asks_for_less_gets_less_for_everybody():
    pace = pacer()

    pace.heard(RELAY, "a.example", smtp.Deferred(smtp.Reply(454, "Throttling failure"), "DATA"), now=NOON)

    assert pace.slots(RELAY, ["a.example"] * 3, NOON) == [None] * 3
    assert taken_in(pace, RELAY, 60) == pytest.approx(600, abs=15)


def test_when_a_domain_has_recovered_nothing_is_limited_any_more():
    pace = pacer()
    slow = pace.heard(RELAY, "slow.example", SLOW_DOWN, now=NOON)
    assert slow
    pace.told(pace.news())

    pace.learn(NOTHING._replace(slow=(slow,)), now=NOON + 39 * MINUTE)
    before = pace.is_idle
    pace.learn(NOTHING._replace(slow=(slow,)), now=NOON + 41 * MINUTE)

    assert (before, pace.is_idle) == (False, True)


def test_mails_are_not_planned_beyond_the_time_that_a_domain_is_spared():
    pace = pacer()
    pace.heard(RELAY, "slow.example", SLOW_DOWN, now=NOON)

    slots = pace.slots(RELAY, ["slow.example"] * 2_000, NOON)

    assert max(filter(None, slots)) == NOON + 10 * MINUTE


def test_news_are_told_until_they_are_known():
    pace = pacer()
    pace.heard(RELAY, "slow.example", SLOW_DOWN, now=NOON)

    first, second = pace.news(), pace.news()
    pace.heard(RELAY, "slow.example", SLOW_DOWN, now=NOON + 5 * MINUTE)
    pace.told(first)
    third = pace.news()
    pace.told(third)

    assert first == second
    assert [[slow.rate for slow in news.slow] for news in (first, third)] == [[60], [30]]
    assert pace.news() is None


def test_what_others_heard_is_heeded_and_what_was_released_is_forgotten():
    one, other = pacer(), pacer()
    slow = one.heard(RELAY, "slow.example", SLOW_DOWN, now=NOON)

    other.learn(NOTHING._replace(slow=(slow,)), now=NOON)
    heeded = other.slots(RELAY, ["slow.example"] * 2, NOON)
    other.learn(NOTHING, now=NOON)

    assert heeded == [None, NOON + SECOND]
    assert other.slots(RELAY, ["slow.example"] * 2, NOON) == [None, None]


WARMING = Relay("relay.example", warmup=200, warmup_until=1_000)
TODAY = day_of(NOON)


def test_a_relay_that_warms_up_gets_nothing_before_its_days_are_known():
    pace = pacer(WARMING)

    assert pace.take(WARMING, 0, 64, NOON) == 0
    assert pace.wait_for(WARMING, 0) == 60


def test_a_relay_that_warms_up_gets_what_is_left_of_its_day():
    pace = pacer(WARMING)
    pace.learn(
        NOTHING._replace(days=(("relay.example:25", TODAY - 1, 200), ("relay.example:25", TODAY, 300))), now=NOON
    )

    taken = [pace.take(WARMING, 0, 64, NOON) for _ in range(3)]

    assert taken == [64, 36, 0]
    assert pace.news() == News((), (("relay.example:25", 100),))


def test_what_is_taken_while_news_are_told_is_counted_once():
    pace = pacer(WARMING)
    pace.learn(NOTHING, now=NOON)
    pace.take(WARMING, 0, 50, NOON)
    news = pace.news()
    pace.take(WARMING, 0, 30, NOON)
    pace.give_back(WARMING, 0, 5)

    pace.told(news)
    pace.learn(NOTHING._replace(days=(("relay.example:25", TODAY, 50),)), now=NOON)

    assert pace.news() == News((), (("relay.example:25", 25),))
    assert pace.take(WARMING, 0, 1_000, NOON) == 200 - 75


def test_the_next_day_has_twice_as_much_and_a_warm_relay_no_limit():
    pace = pacer(WARMING)

    pace.learn(NOTHING._replace(days=(("relay.example:25", TODAY, 200),)), now=NOON + timedelta(days=1))
    second = pace.take(WARMING, 0, 1_000, NOON + timedelta(days=1))
    days = tuple(("relay.example:25", TODAY + number, 200 * 2**number) for number in range(3))
    pace.learn(NOTHING._replace(days=days), now=NOON + timedelta(days=3))

    assert second == 400
    assert pace.is_idle


@pytest.mark.parametrize("senders", [1, 2, 4])
def test_senders_together_hand_over_less_than_twice_what_a_day_allows(senders):
    """They look in turn, and use what they are given at the latest moment: the worst that can happen."""
    told, total = 0, 0
    pacers = [pacer(WARMING) for _ in range(senders)]
    for _ in range(20):
        for pace in pacers:
            news = pace.news()
            if news:
                told += news.sent[0][1]
                pace.told(news)
            pace.learn(Known(senders, (), (("relay.example:25", TODAY, told),)), now=NOON)
        total += sum(pace.take(WARMING, 0, 1_000, NOON) for pace in pacers)

    assert 200 <= total <= 200 + 200 * (senders - 1) / senders
