"""What a relay may get on a day of warming up."""

from datetime import UTC, datetime

import pytest

from staffetta.sending.warming import allowance, day_of
from staffetta.settings import Relay

RELAY = Relay("relay.example", warmup=200, warmup_until=1_000)


@pytest.mark.parametrize(
    ("days", "allowed"),
    [
        ([], 200),
        ([(10, 150)], 200),  # today
        ([(9, 200)], 400),
        ([(9, 99)], 200),
        ([(9, 100)], 400),
        ([(3, 200), (9, 400)], 800),  # days between without mail
        ([(9, 400), (3, 200)], 800),
        ([(3, 200), (8, 199), (9, 400)], 400 * 2),
        ([(3, 200), (8, 400), (9, 700)], None),
        ([(3, 200), (8, 400), (9, 700), (10, 5_000)], None),
    ],
)
def test_a_day_that_was_used_doubles_the_next(days, allowed):
    assert allowance(RELAY, days, 10) == allowed


def test_a_relay_without_a_plan_is_warm():
    assert allowance(Relay("relay.example"), [], 10) is None


def test_days_are_those_of_utc():
    assert day_of(datetime(1970, 1, 2, tzinfo=UTC)) == 1
    assert day_of(datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC)) + 1 == day_of(datetime(2026, 6, 2, tzinfo=UTC))
